"""One device, one thread: takes the next job from the line, cooks its recipes, saves the pictures.

Joins the job store, the kitchen and the picture archive. Torch is imported in the background when
the lane starts; a job that comes before that waits in "loading".
"""

import logging
import secrets
import sqlite3
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from ..archive import pictures
from ..archive.job import Job, Wish
from ..archive.jobs import JobStore
from ..errors import DiskError, FooocusLiteError, OutOfMemory, WeightsError
from ..events import JobError, JobState, Loading, Picture, Step
from ..recipe import Recipe
from ..settings import Settings
from ..supplies.stock import Stock
from ..weights import verify
from ..weights.catalogue import Model
from .board import Board
from .forecasts import Forecasts

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..engine.kitchen import Kitchen
    from ..engine.progress import CookStep

IDLE_S = 0.5
"""How long a command line's job, put in the line by another process, may go unnoticed."""

log = logging.getLogger(__name__)

_Files = tuple[Model, dict[str, Path], dict[str, Path]]
"""A recipe's model, and the files of its LoRAs and embeddings by name."""


class _Stopped(Exception):
    """The person ended the job."""


class _Skipped(Exception):
    """The person gave up this picture only."""


class _Closing(Exception):
    """The program ends; the job goes back to the line."""


class _Called(Exception):
    """Something came that is more than loading a model ahead of its first job."""


class Lane:
    """Runs until closed. `only` limits it to some jobs (a command line cooks its own)."""

    def __init__(
        self,
        settings: Settings,
        store: JobStore,
        board: Board,
        stock: Stock,
        forecasts: Forecasts,
        only: Collection[str] | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._board = board
        self._stock = stock
        self._forecasts = forecasts
        self._only = only
        self._wake = Event()
        self._closing = Event()
        self._kitchen: Future[Kitchen] = Future()
        self._ahead: Recipe | None = None
        self.loading_ahead = ""
        """What is being loaded though no job asks for it, in words; empty mostly."""
        self._thread = Thread(target=self._run, name="lane", daemon=True)

    def start(self) -> None:
        Thread(target=self._open_kitchen, name="import torch", daemon=True).start()
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def warm(self, recipe: Recipe) -> None:
        """Loads the recipe's model when there is nothing else to do; the last wish counts."""
        self._ahead = recipe
        self._wake.set()

    def close(self) -> None:
        """Stops after the running step; an unfinished job goes back to the line, no try counted."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=60)

    @property
    def trouble(self) -> str | None:
        """Why nothing can be cooked yet, or at all; None when the kitchen is open."""
        if not self._kitchen.done():
            return "Starting the engine …"
        if error := self._kitchen.exception():
            return f"The engine could not start: {error}"
        return None

    def _open_kitchen(self) -> None:
        try:
            from ..engine.kitchen import Kitchen

            kitchen = Kitchen(state=self._settings.state)
            self._forecasts.open(kitchen)
            self._kitchen.set_result(kitchen)
        except BaseException as error:  # handed to whoever asks for the kitchen
            self._kitchen.set_exception(error)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            try:
                job = self._store.claim(self._only)
            except (sqlite3.Error, DiskError) as error:
                log.error("the line cannot be read: %s", error)
                job = None
            if job is not None:
                self._serve(job)
            elif self._ahead is not None and self._kitchen.done():
                self._load_ahead()
            else:
                self._wake.wait(IDLE_S)

    def _load_ahead(self) -> None:
        """Loads what somebody is likely to ask for next. What fails is for that job to tell."""
        recipe, self._ahead = self._ahead, None
        if recipe is None:
            return
        try:
            model, lora_files, embedding_files = self._files(recipe)
            self._kitchen.result().load(
                recipe,
                model.folder,
                lora_files,
                on_stage=self._unless_called,
                embedding_files=embedding_files,
                config=model.config,
                refiner=self._stock.refiner_of(recipe),
            )
        except _Called:
            log.debug("loading %s ahead gave way", recipe.model)
        except Exception as error:
            log.info("%s was not loaded ahead: %s", recipe.model, error)
        finally:
            self.loading_ahead = ""

    def _unless_called(self, stage: str) -> None:
        if self._wake.is_set():
            raise _Called
        self.loading_ahead = f"{stage} …"

    def _serve(self, job: Job) -> None:
        """Brings one job to its end, whatever happens, and lives on."""
        try:
            self._cook_all(job)
            self._finish(job, "completed")
        except _Stopped:
            self._finish(job, "cancelled")
        except _Closing:
            self._store.release(job.id)
        except FooocusLiteError as error:
            log.warning("job %s failed: %s", job.id, error.message)
            self._finish(job, "failed", JobError(error.code, error.message, error.field))
        except Exception as error:  # the one broad catch: the job fails, the lane lives
            log.exception("job %s broke", job.id)
            message = (
                f"Something unexpected broke while making this picture ({type(error).__name__})."
            )
            self._finish(job, "failed", JobError("internal", f"{message} The log has the details."))
        finally:
            self._board.clear(job.id)

    def _finish(self, job: Job, state: JobState, error: JobError | None = None) -> None:
        try:
            self._store.finish(job.id, state, error)
        except (sqlite3.Error, DiskError) as broken:
            log.error("the end of job %s could not be written: %s", job.id, broken)
            self._board.fail(job.id, error or JobError("disk", f"The disk is full: {broken}"))

    def _cook_all(self, job: Job) -> None:
        self._show_stage(job, "Starting the engine")
        kitchen = self._wait_for_kitchen()
        while (index := self._store.next_index(job.id)) is not None:
            try:
                self._cook_one(kitchen, job, index)
            except _Skipped:
                self._store.mark_skipped(job.id, index)

    def _wait_for_kitchen(self) -> "Kitchen":
        while not self._kitchen.done():
            if self._closing.wait(0.05):
                raise _Closing
        return self._kitchen.result()

    def _cook_one(self, kitchen: "Kitchen", job: Job, index: int) -> None:
        started = time.monotonic()
        recipe, files = self._completed(job.recipes[index])
        self._store.set_recipe(job.id, index, recipe)
        image = self._cooked(kitchen, job, index, recipe, files)
        cooked = time.monotonic()
        self._keep(kitchen, job, index, recipe, image, cooked - started)
        self._forecasts.note(kitchen, recipe, time.monotonic() - cooked)

    def _cooked(
        self, kitchen: "Kitchen", job: Job, index: int, recipe: Recipe, files: _Files
    ) -> "Image":
        """The recipe's picture, by the best plan that memory is enough for.

        Raises OutOfMemory when the thriftiest one was not thrifty enough.
        """
        model, lora_files, embedding_files = files
        refiner = self._stock.refiner_of(recipe)
        while True:
            try:
                kitchen.load(
                    recipe,
                    model.folder,
                    lora_files,
                    on_stage=lambda stage: self._show_stage(job, stage),
                    embedding_files=embedding_files,
                    config=model.config,
                    refiner=refiner,
                )
                return kitchen.cook(
                    recipe,
                    on_step=lambda step: self._on_step(job, index, step),
                    wants_preview=lambda: self._board.is_watched(job.id),
                )
            except OutOfMemory:
                plan = kitchen.thriftier_plan(recipe, model.folder, model.config, refiner)
                if plan is None:
                    raise
            # The failed try is let go of by now; the recipe, and so the seed, is the same.
            self._show_stage(job, f"Not enough memory. Once more: {plan.place}")

    def _completed(self, recipe: Recipe) -> tuple[Recipe, _Files]:
        """The recipe with the hashes of the files it is about to use, and those files."""
        found = model, lora_files, embedding_files = self._files(recipe)
        hashes = verify.hashes(model.folder)
        for folder, files in (("loras", lora_files), ("embeddings", embedding_files)):
            hashes |= {f"{folder}/{name}": verify.sha256(file) for name, file in files.items()}
        if (refiner := self._stock.refiner_of(recipe)) is not None:
            own = verify.hashes(refiner.folder)
            hashes |= {f"refiner/{name}": each for name, each in own.items()}
        return recipe.model_copy(update={"model_hashes": hashes}), found

    def _files(self, recipe: Recipe) -> _Files:
        """The model, and the files of the LoRAs and embeddings that the recipe names."""
        model = self._stock.model(recipe.model)
        loras = [lora.name for lora in recipe.loras]
        lora_files = _chosen("LoRA", loras, self._stock.lora_files(model))
        known = self._stock.embedding_files(model)
        return model, lora_files, _chosen("embedding", recipe.embeddings, known)

    def _show_stage(self, job: Job, stage: str) -> None:
        self._board.show(job.id, Loading(stage))
        self._obey(self._heartbeat(job.id, 0, 0, 0, None, stage))

    def _on_step(self, job: Job, index: int, step: "CookStep") -> None:
        eta_s = None
        if step.seconds_per_step is not None:
            pictures_after = len(job.recipes) - index - 1
            steps = step.total_steps - step.step + pictures_after * step.total_steps
            eta_s = steps * step.seconds_per_step
        self._board.show(
            job.id,
            Step(
                picture=index + 1,
                pictures=len(job.recipes),
                step=step.step,
                total_steps=step.total_steps,
                seconds_per_step=step.seconds_per_step,
                eta_s=eta_s,
                preview=step.preview,
            ),
        )
        self._obey(
            self._heartbeat(job.id, index, step.step, step.total_steps, step.seconds_per_step, None)
        )

    def _heartbeat(self, *progress: Any) -> Wish:
        """Notes progress and learns what people want; a disk in trouble loses only this note."""
        try:
            return self._store.heartbeat(*progress)
        except DiskError as error:
            log.warning("progress could not be noted: %s", error.message)
            return Wish(stop=False, skip=False)

    def _obey(self, wish: Wish) -> None:
        if wish.stop:
            raise _Stopped
        if self._closing.is_set():
            raise _Closing
        if wish.skip:
            raise _Skipped

    def _keep(
        self,
        kitchen: "Kitchen",
        job: Job,
        index: int,
        recipe: Recipe,
        image: "Image",
        cook_s: float,
    ) -> None:
        """Saves the picture, then records it; one that cannot be saved stays in memory."""
        image_format = job.request.image_format or self._settings.image_format
        wants_metadata = job.request.save_metadata
        save_metadata = self._settings.save_metadata if wants_metadata is None else wants_metadata
        made_with = kitchen.made_with()
        self._board.note(job.id, made_with.notices)
        now = time.time()
        picture = Picture(
            id=secrets.token_hex(16),
            job_id=job.id,
            index=index,
            owner=job.owner,
            path=self._settings.output_path,
            recipe=recipe,
            created=now,
            width=image.width,
            height=image.height,
        )
        try:
            path = pictures.save(
                image,
                recipe,
                made_with,
                self._settings.output_path,
                image_format,
                save_metadata,
                now,
            )
            self._store.add_picture(Picture(**{**vars(picture), "path": path}), cook_s)
        except (DiskError, sqlite3.Error):
            content = pictures.encode(image, recipe, made_with, image_format, save_metadata)
            unsaved = Picture(
                **{**vars(picture), "path": Path(f"unsaved.{image_format}"), "is_saved": False}
            )
            self._board.keep(unsaved, content)
            raise


def _chosen(kind: str, names: Sequence[str], known: Mapping[str, Path]) -> dict[str, Path]:
    """The files of these names. Raises WeightsError when one is gone since it was asked for."""
    for name in names:
        if name not in known:
            raise WeightsError(f"The {kind} “{name}” is no longer there. Put it back.")
    return {name: known[name] for name in names}
