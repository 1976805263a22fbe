"""One job's cooking: its recipes from the first without a picture to the last, each saved.

Joins the job store and the kitchen. Knows no line and no thread.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from ..archive.inputs import Inputs
from ..archive.job import Job, Wish
from ..archive.jobs import JobStore
from ..errors import DiskError, FooocusLiteError, OutOfMemory, WeightsError
from ..events import Loading, Step
from ..recipe import Recipe
from ..settings import Settings
from ..supplies.stock import Stock
from ..weights import catalogue, verify
from ..weights.catalogue import Model
from ..weights.first_use import FirstUse
from ..weights.hashed import Hashed
from ..weights.ingredients import Ingredients
from ..weights.verify import OnBytes
from . import patience
from .board import Board
from .forecasts import Forecasts
from .saving import Saving

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..engine.kitchen import Kitchen
    from ..engine.progress import CookStep

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The person ended the job."""


class Closing(Exception):
    """The program ends; the job is back in the line."""


class _Skipped(Exception):
    """The person gave up this picture only."""


class TimedOut(FooocusLiteError):
    code = "timeout"


class Cooking:
    """The work of one lane, a job at a time. `closing` is set when the program ends."""

    def __init__(
        self,
        settings: Settings,
        store: JobStore,
        board: Board,
        stock: Stock,
        forecasts: Forecasts,
        inputs: Inputs,
        closing: Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._store = store
        self._board = board
        self._stock = stock
        self._forecasts = forecasts
        self._inputs = inputs
        self._saving = Saving(settings, store, board, closing)
        self._hashed = Hashed(settings.state / "hashed.json")
        self._hashed.recall()
        self._first_use = FirstUse(settings.models)
        self._closing = closing
        self._clock = clock
        self._deadline: float | None = None

    def cook(self, kitchen: "Kitchen", job: Job) -> None:
        """Makes every picture that the job still lacks; what may pass is tried again.

        Raises Stopped, Closing, TimedOut, or what went wrong, with DeviceError for the device.
        """
        limit_s = self._settings.time_limit_s
        self._deadline = None if limit_s is None else self._clock() + limit_s
        try:
            self._cook_all(kitchen, job)
        finally:
            self._deadline = None

    def show_stage(self, job: Job, stage: str, index: int | None = None) -> None:
        """Tells what is being done before the steps begin, and obeys what people want.

        `index` is the picture it is done for; None for the whole job, which nobody can skip.
        """
        self._board.show(job.id, Loading(stage))
        self._obey(self._heartbeat(job, index, stage=stage))

    def load_ahead(
        self, kitchen: "Kitchen", recipe: Recipe, on_stage: Callable[[str], None]
    ) -> None:
        """Loads what the recipe needs, for no job; raising from `on_stage` stops that."""
        completed, files = self.completed(recipe, on_stage)
        kitchen.load(completed, files, on_stage)
        self._forecasts.note(kitchen, completed)

    def completed(
        self, recipe: Recipe, on_stage: Callable[[str], None]
    ) -> tuple[Recipe, Ingredients]:
        """The recipe with the hashes of the files it is about to use, and those files.

        A large file takes seconds to read when it is used for the first time; raising from
        `on_stage` stops that. Raises WeightsError when a file is not the one that was used first.
        """
        files = self._files(recipe)
        hashes = self._checked(files.model, on_stage)
        for folder, found in (("loras", files.loras), ("embeddings", files.embeddings)):
            for name, file in found.items():
                hashes[f"{folder}/{name}"] = verify.sha256(file, _reading(name, on_stage))
                self._first_use.check_file(file, hashes[f"{folder}/{name}"])
        if files.refiner is not None:
            own = self._checked(files.refiner, on_stage)
            hashes |= {f"refiner/{name}": each for name, each in own.items()}
        self._hashed.keep()
        seen = {"model_hashes": hashes, "model_revision": files.model.revision}
        return recipe.model_copy(update=seen), files

    def _checked(self, model: Model, on_stage: Callable[[str], None]) -> dict[str, str]:
        """sha256 of the model's weights by path, which are those that were used first."""
        hashes = verify.hashes(catalogue.weight_files(model), _reading(model.title, on_stage))
        self._first_use.check_model(model, hashes)
        return hashes

    def _cook_all(self, kitchen: "Kitchen", job: Job) -> None:
        while (index := self._store.next_index(job.id)) is not None:
            try:
                self._cook_one(kitchen, job, index)
            except _Skipped:
                self._store.mark_skipped(job.id, index)
            except (Stopped, Closing, TimedOut):
                raise
            except Exception as error:
                self._pause_or_raise(kitchen, job, error)

    def _pause_or_raise(self, kitchen: "Kitchen", job: Job, error: Exception) -> None:
        """Waits until the job may be tried again. Raises the error when it may not."""
        told: Exception = kitchen.fault_of(error) or error
        can_pass = patience.may_pass(told)
        if isinstance(told, OSError):
            told = DiskError(f"A file cannot be read or written: {told}. Check the disk.")
        tries = self._store.try_again(job.id) if can_pass else None
        if tries is None and told is error:
            raise error
        if tries is None:
            raise told from error
        pause_s = patience.pause_s(tries - 1)
        log.warning("job %s is tried again in %.0f s: %s", job.id, pause_s, told)
        self.show_stage(job, f"{told} Trying again in {pause_s:.0f} s")
        if self._closing.wait(pause_s):
            raise Closing

    def _cook_one(self, kitchen: "Kitchen", job: Job, index: int) -> None:
        started = time.monotonic()
        recipe, files = self.completed(
            job.recipes[index], lambda stage: self.show_stage(job, stage, index)
        )
        self._store.set_recipe(job.id, index, recipe)
        image = self._cooked(kitchen, job, index, recipe, files)
        cooked = time.monotonic()
        made_with = kitchen.made_with()
        self._board.note(job.id, made_with.notices)
        self._saving.save(job, index, recipe, image, made_with, cooked - started)
        self._forecasts.note(kitchen, recipe, time.monotonic() - cooked)

    def _cooked(
        self, kitchen: "Kitchen", job: Job, index: int, recipe: Recipe, files: Ingredients
    ) -> "Image":
        """The recipe's picture, by the best plan that memory is enough for.

        Raises OutOfMemory when the thriftiest one was not thrifty enough, NotFound when the picture
        it starts from is gone.
        """
        start = None if recipe.image is None else self._inputs.open(recipe.image)
        while True:
            try:
                kitchen.load(recipe, files, lambda stage: self.show_stage(job, stage, index))
                return kitchen.cook(
                    recipe,
                    on_step=lambda step: self._on_step(job, index, step),
                    wants_preview=lambda: self._board.is_watched(job.id),
                    image=start,
                )
            except OutOfMemory:
                plan = kitchen.thriftier_plan(recipe, files)
                if plan is None:
                    raise
            # The failed try is let go of by now; the recipe, and so the seed, is the same.
            self.show_stage(job, f"Not enough memory. Once more: {plan.place}", index)

    def _files(self, recipe: Recipe) -> Ingredients:
        """What the recipe names. Raises WeightsError when some of it is no longer there."""
        listing = self._stock.listing()
        model = listing.model(recipe.model)
        loras = [lora.name for lora in recipe.loras]
        return Ingredients(
            model=model,
            refiner=listing.refiner_of(recipe),
            loras=_chosen("LoRA", loras, listing.lora_files(model)),
            embeddings=_chosen("embedding", recipe.embeddings, listing.embedding_files(model)),
        )

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
        self._obey(self._heartbeat(job, index, step))

    def _heartbeat(
        self, job: Job, index: int | None, step: "CookStep | None" = None, stage: str | None = None
    ) -> Wish:
        """Notes progress and learns what people want; a disk in trouble loses only this note."""
        done = (step.step, step.total_steps, step.seconds_per_step) if step else (0, 0, None)
        try:
            return self._store.heartbeat(job.id, index, *done, stage)
        except DiskError as error:
            log.warning("progress could not be noted: %s", error.message)
            return Wish(stop=False, skip=False)

    def _obey(self, wish: Wish) -> None:
        # First: the job is back in the line then, which reads as a wish to stop.
        if self._closing.is_set():
            raise Closing
        if wish.stop:
            raise Stopped
        if wish.skip:
            raise _Skipped
        if self._deadline is not None and self._clock() > self._deadline:
            raise TimedOut(
                f"The job was ended after {self._settings.time_limit_s:,.0f} seconds, the most one "
                "may take here. Finished pictures are kept. Ask for fewer or smaller ones; the "
                "host can change the setting job_timeout_s."
            )


def _reading(title: str, on_stage: Callable[[str], None]) -> OnBytes:
    """Tells how much of a file is checked."""
    from ..engine.progress import BytesRead  # torch is there by now, not when this is imported

    return BytesRead("Checking", title, on_stage)


def _chosen(kind: str, names: Sequence[str], known: Mapping[str, Path]) -> dict[str, Path]:
    """The files of these names. Raises WeightsError when one is gone since it was asked for."""
    for name in names:
        if name not in known:
            raise WeightsError(f"The {kind} “{name}” is no longer there. Put it back.")
    return {name: known[name] for name in names}
