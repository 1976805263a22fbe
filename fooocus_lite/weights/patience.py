"""When to try again: pauses that grow, and an end when no byte has come for too long."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..errors import Cancelled, FooocusLiteError

T = TypeVar("T")
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
SLICE_S = 0.2


class Hiccup(Exception):
    """Something that may pass by itself. `error` is what to say if it does not.

    `wait_s` is how long the server asks to wait; `has_moved` whether bytes came before it.
    """

    def __init__(
        self, error: FooocusLiteError, wait_s: float = 0.0, has_moved: bool = False
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait_s = wait_s
        self.has_moved = has_moved


@dataclass(frozen=True)
class Patience:
    """How long a download waits for its next byte (`give_up_s`), and one answer (`answer_s`)."""

    give_up_s: float = 60.0
    answer_s: float = 10.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def keep_trying(
        self,
        action: Callable[[], T],
        is_cancelled: Callable[[], bool],
        on_pause: Callable[[], None] = lambda: None,
    ) -> T:
        """What the action returns; after each Hiccup it is tried again, until patience ends.

        `on_pause` is called before each wait.
        Raises the Hiccup's error when no byte has come for `give_up_s`, or when the server asks
        to wait longer than that; Cancelled when somebody asked to stop.
        """
        last_byte = self.clock()
        tries = 0
        while True:
            try:
                return action()
            except Hiccup as hiccup:
                now = self.clock()
                if hiccup.has_moved:
                    last_byte, tries = now, 0
                pause = max(hiccup.wait_s, PAUSES_S[min(tries, len(PAUSES_S) - 1)])
                if now + pause - last_byte > self.give_up_s:
                    raise hiccup.error from None
            on_pause()
            self._wait(pause, is_cancelled)
            tries += 1

    def _wait(self, pause_s: float, is_cancelled: Callable[[], bool]) -> None:
        """Sleeps in slices, so that a wish to stop is heard soon."""
        end = self.clock() + pause_s
        while (left := end - self.clock()) > 0:
            stop_if(is_cancelled)
            self.sleep(min(left, SLICE_S))


def stop_if(is_cancelled: Callable[[], bool]) -> None:
    """Raises Cancelled when somebody asked to stop."""
    if is_cancelled():
        raise Cancelled(
            "The download was stopped. What has come is kept, and the next download goes on there."
        )
