"""One device, one thread: takes the next job from the line and has it cooked, until closed.

Torch is imported in the background when the lane starts; a job that comes before that waits in
"loading".
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Collection
from threading import Event, Lock, Thread

from ..archive.inputs import Inputs
from ..archive.job import Job
from ..archive.jobs import JobStore
from ..errors import DeviceError, DiskError, FooocusLiteError
from ..events import JobError, JobState
from ..recipe import Recipe
from ..settings import Settings
from ..supplies.stock import Stock
from .board import Board
from .cooking import Closing, Cooking, Stopped
from .forecasts import Forecasts
from .opening import ON_CPU, STARTING, Opening
from .patience import Restarts

IDLE_S = 0.5
"""How long a command line's job, put in the line by another process, may go unnoticed."""

NOT_NOTED = "How the job ended could not be written down. Is the disk full?"

log = logging.getLogger(__name__)


class _Called(Exception):
    """Something came that is more than loading this model ahead of its first job."""


class Lane:
    """Runs until closed. `only` limits it to some jobs (a command line cooks its own)."""

    def __init__(
        self,
        settings: Settings,
        store: JobStore,
        board: Board,
        stock: Stock,
        forecasts: Forecasts,
        inputs: Inputs,
        only: Collection[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._store = store
        self._board = board
        self._only = only
        self._clock = clock
        self._wake = Event()
        self._closing = Event()
        self._taking = Lock()
        self._job: Job | None = None
        self._cooking = Cooking(
            settings=settings,
            store=store,
            board=board,
            stock=stock,
            forecasts=forecasts,
            inputs=inputs,
            closing=self._closing,
            clock=clock,
        )
        self._opening = Opening(settings, forecasts)
        self._ahead: Recipe | None = None
        self._broken = ""
        self.is_device_lost = False
        """Whether the device will answer no more until the program is started again."""
        self.loading_ahead = ""
        """What is being loaded though no job asks for it, in words; empty mostly."""
        self._thread = Thread(target=self._run, name="lane", daemon=True)

    def start(self) -> None:
        self._opening.start()
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def warm(self, recipe: Recipe) -> None:
        """Loads the recipe's model when there is nothing else to do; the last wish counts."""
        self._ahead = recipe
        self._wake.set()

    def let_go(self) -> None:
        """Puts the job being made back into the line at once, in mid-step, no try counted.

        Nothing is taken any more; the thread ends after its step, which nobody has to wait for.
        """
        with self._taking:
            self._closing.set()
            job = self._job
        self._wake.set()
        if job is not None:
            self._release(job)

    def close(self, timeout_s: float) -> bool:
        """`let_go`, and whether the thread has ended within the time."""
        self.let_go()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def is_settled(self) -> bool:
        """Whether the engine is there, or will not come, and loads nothing ahead."""
        return self._opening.is_done and not self.loading_ahead

    @property
    def trouble(self) -> str | None:
        """Why nothing can be cooked yet, or at all; None when the kitchen is open."""
        return self._broken or self._opening.trouble

    @property
    def notice(self) -> str:
        """A sentence that people should see, empty mostly."""
        return self._opening.notice

    def _run(self) -> None:
        """Serves the line, and begins again when that broke; but not for ever."""
        restarts = Restarts()
        while not self._is_over():
            try:
                self._serve_next()
            except Exception:
                log.exception("the lane broke")
                self._put_back()
                if not restarts.allow(self._clock()):
                    self._broken = (
                        "The line has stopped: it broke again and again. Start the program again; "
                        "its log has the details."
                    )

    def _is_over(self) -> bool:
        return self._closing.is_set() or bool(self._broken)

    def _serve_next(self) -> None:
        """A job, or a model that was wished for, or a moment of rest."""
        self._wake.clear()
        job = self._take()
        if job is not None:
            self._serve(job)
        elif self._ahead is not None and self._opening.is_done:
            self._load_ahead()
            if self._job is not None:
                self._serve(self._job)
        else:
            self._wake.wait(IDLE_S)

    def _take(self) -> Job | None:
        """The next job, unless the program is about to end."""
        with self._taking:
            if self._closing.is_set():
                return None
            try:
                self._job = self._store.claim(self._only)
            except (sqlite3.Error, DiskError) as error:
                log.error("the line cannot be read: %s", error)
                self._job = None
            return self._job

    def _load_ahead(self) -> None:
        """Loads what somebody is likely to ask for next. What fails is for that job to tell.

        A job that comes meanwhile is taken: for this model it waits until that is loaded, for
        another one the loading ends.
        """
        recipe, self._ahead = self._ahead, None
        if recipe is None:
            return

        def on_stage(stage: str) -> None:
            self._show_ahead(recipe, stage)

        try:
            kitchen = self._opening.kitchen()
            self._cooking.load_ahead(kitchen, recipe, on_stage)
        except (_Called, Stopped, Closing):
            log.debug("loading %s ahead gave way", recipe.model)
        except Exception as error:
            log.info("%s was not loaded ahead: %s", recipe.model, error)
        finally:
            self.loading_ahead = ""

    def _show_ahead(self, recipe: Recipe, stage: str) -> None:
        """Raises when there is something else to do than to load the recipe's model."""
        if self._job is None and self._wake.is_set():
            self._wake.clear()
            job = self._take()
            if job is None and (self._closing.is_set() or self._ahead is not None):
                raise _Called
            if job is not None and job.recipes[0].models != recipe.models:
                raise _Called
        if self._job is None:
            self.loading_ahead = f"{stage} …"
        else:
            self._cooking.show_stage(self._job, stage)

    def _serve(self, job: Job) -> None:
        """Brings one job to its end, whatever happens to it."""
        try:
            self._cook(job)
            self._finish(job, "completed")
        except Stopped:
            self._finish(job, "cancelled")
        except Closing:
            log.debug("job %s was let go of", job.id)
        except FooocusLiteError as error:
            log.warning("job %s failed: %s", job.id, error.message)
            self._finish(job, "failed", JobError(error.code, error.message, error.field))
        except Exception as error:  # the one broad catch of a job: it fails, the lane lives
            log.exception("job %s broke", job.id)
            message = (
                f"Something unexpected broke while making this picture ({type(error).__name__})."
            )
            self._finish(job, "failed", JobError("internal", f"{message} The log has the details."))
        finally:
            self._job = None
            self._board.clear(job.id)

    def _cook(self, job: Job) -> None:
        """The whole job; on the CPU instead of a GPU that is lost, where the setting says so."""
        if not self._opening.is_done:
            self._cooking.show_stage(job, STARTING)
        kitchen = self._opening.kitchen_unless(self._closing)
        if kitchen is None:
            raise Closing
        try:
            self._cooking.cook(kitchen, job)
        except DeviceError as error:
            if not error.is_lost:
                raise
            log.error("the device is lost: %s", error.message)
            if self._settings.cpu_fallback:
                self._cooking.show_stage(job, ON_CPU)
                self._cooking.cook(self._opening.reopen_on_cpu(), job)
            elif self._only is None:
                self._give_up(error)
            else:
                raise
        if self.notice:
            self._board.note(job.id, [self.notice])

    def _give_up(self, error: DeviceError) -> None:
        """Only a new process can use the device again: the job waits for it, its try counted."""
        self._broken = error.message
        self._put_back()
        self.is_device_lost = True
        raise Closing

    def _finish(self, job: Job, state: JobState, error: JobError | None = None) -> None:
        if self._closing.is_set() and state != "completed":
            # It was let go of: what goes wrong while the program ends is no end of it.
            return
        try:
            self._store.finish(job.id, state, error)
        except (sqlite3.Error, DiskError) as broken:
            log.error("the end of job %s could not be written: %s", job.id, broken)
            self._board.fail(job.id, error or JobError("disk", f"{NOT_NOTED} {broken}"))

    def _release(self, job: Job) -> None:
        try:
            self._store.release(job.id)
            log.info("job %s is back in the line", job.id)
        except (sqlite3.Error, DiskError) as broken:
            log.error("job %s goes on at the next start, a try counted: %s", job.id, broken)

    def _put_back(self) -> None:
        """What was being made goes back into the line; after three tries it fails."""
        try:
            self._store.recover()
        except (sqlite3.Error, DiskError) as error:
            log.error("the line cannot be put in order: %s", error)
