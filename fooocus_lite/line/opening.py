"""The kitchen, opened in the background: torch takes seconds to import, and a GPU may not be there.

With the setting `cpu_fallback` a GPU that fails is left alone from then on.
"""

import logging
from concurrent.futures import Future
from threading import Event, Thread
from typing import TYPE_CHECKING

from ..settings import Settings
from .forecasts import Forecasts

if TYPE_CHECKING:
    from ..engine.kitchen import Kitchen

STARTING = "Starting the engine"
ON_CPU = "The GPU failed; pictures are made on the CPU until the program is started again."

log = logging.getLogger(__name__)


class Opening:
    """Of one process's kitchen. `notice` is a sentence that people should see, empty mostly."""

    def __init__(self, settings: Settings, forecasts: Forecasts) -> None:
        self._settings = settings
        self._forecasts = forecasts
        self._kitchen: Future[Kitchen] = Future()
        self.notice = ""

    def start(self) -> None:
        Thread(target=self._open, name="import torch", daemon=True).start()

    @property
    def is_done(self) -> bool:
        """Whether `kitchen` answers at once: with one, or with why there is none."""
        return self._kitchen.done()

    @property
    def trouble(self) -> str | None:
        """Why there is no kitchen yet, or at all."""
        if not self._kitchen.done():
            return f"{STARTING} …"
        if error := self._kitchen.exception():
            return f"The engine could not start: {error}"
        return None

    def kitchen(self, timeout_s: float | None = None) -> "Kitchen":
        """Waits for it. Raises what opening it raised, TimeoutError after the time."""
        return self._kitchen.result(timeout_s)

    def kitchen_unless(self, closing: Event) -> "Kitchen | None":
        """Waits for it too; None as soon as the program ends."""
        while not self._kitchen.done():
            if closing.wait(0.05):
                return None
        return self._kitchen.result()

    def reopen_on_cpu(self) -> "Kitchen":
        """Another kitchen, without the GPU, from now on."""
        self.notice = ON_CPU
        self._kitchen = Future()
        self._open(is_cpu_only=True)
        return self._kitchen.result()

    def _open(self, is_cpu_only: bool = False) -> None:
        try:
            from ..engine.kitchen import Kitchen

            kitchen = Kitchen(state=self._settings.state, is_cpu_only=is_cpu_only)
            self._forecasts.open(kitchen)
            self._kitchen.set_result(kitchen)
        except BaseException as error:
            if self._settings.cpu_fallback and not is_cpu_only and isinstance(error, RuntimeError):
                log.error("the GPU cannot be used: %s", error)
                self.notice = ON_CPU
                self._open(is_cpu_only=True)
            else:  # handed to whoever asks for the kitchen
                self._kitchen.set_exception(error)
