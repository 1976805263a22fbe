"""Slows down guessing: after a few wrong passwords each further try has to wait twice as long."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FREE_TRIES = 5
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 900.0
FORGOTTEN_AFTER_S = 3600.0
MAX_REMEMBERED = 10_000


class Throttle:
    """Counts failures by name and address. Remembers a bounded number of them, newest first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, *keys: str) -> float:
        """Seconds until the next try is heard; 0 when it may come now."""
        now = self._clock()
        with self._lock:
            return max((self._wait_of(key, now) for key in keys), default=0.0)

    def failed(self, *keys: str) -> None:
        """Notes a wrong try."""
        now = self._clock()
        with self._lock:
            for key in keys:
                count, last = self._failures.pop(key, (0, now))
                count = 0 if now - last > FORGOTTEN_AFTER_S else count
                self._failures[key] = (count + 1, now)
            while len(self._failures) > MAX_REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        """Forgets the failures of these."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def _wait_of(self, key: str, now: float) -> float:
        count, last = self._failures.get(key, (0, now))
        if count < FREE_TRIES:
            return 0.0
        # The exponent is bounded, so that no count overflows it.
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(count - FREE_TRIES, 20))
        return max(0.0, last + wait_s - now)
