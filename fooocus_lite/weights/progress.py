"""How far a download is, and how fast. Knows nothing of network and disk."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

TELL_EVERY_S = 0.2
SPEED_WINDOW_S = 10.0
Doing = Literal["receiving", "checking", "retrying", "waiting"]
"""`checking` reads again what an earlier try brought; `retrying` waits for a connection that broke
or was refused; `waiting`: another process downloads this model just now."""


@dataclass(frozen=True)
class Progress:
    """How far a download is; only while it is `receiving` has it a speed."""

    file: str
    done_bytes: int
    total_bytes: int
    bytes_per_s: float = 0.0
    eta_s: float | None = None
    doing: Doing = "receiving"


class Meter:
    """Adds up the bytes of all files; the speed is that of the last seconds.

    `sizes`: of each file, how many bytes it has and how many are here already.
    """

    def __init__(
        self,
        sizes: Mapping[str, tuple[int, int]],
        clock: Callable[[], float],
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._total = sum(size for size, _here in sizes.values())
        self._here = {path: here for path, (_size, here) in sizes.items()}
        self._clock = clock
        self._on_progress = on_progress
        self._seen: deque[tuple[float, int]] = deque()
        self._came = 0
        self._told = float("-inf")
        self._doing: Doing = "receiving"

    def of(self, path: str) -> Callable[[int], None]:
        """What to call with the number of bytes of this file that are here."""

        def tell(here: int) -> None:
            self._came += max(0, here - self._here[path])
            self._here[path] = here
            now = self._clock()
            if now - self._told >= TELL_EVERY_S or self._doing != "receiving":
                self._tell(path, now)

        return tell

    def pause(self, path: str, doing: Doing) -> None:
        """Tells at once that no bytes of this file come, and why; the next byte ends it."""
        self._tell(path, self._clock(), doing)

    def finish(self) -> None:
        """Tells the end, however short ago the last word was."""
        self._tell(next(reversed(self._here), ""), self._clock())

    def _tell(self, path: str, now: float, doing: Doing = "receiving") -> None:
        self._told, self._doing = now, doing
        self._seen.append((now, self._came))
        while now - self._seen[0][0] > SPEED_WINDOW_S:
            self._seen.popleft()
        since, came = self._seen[0]
        is_fast = doing == "receiving" and now > since
        speed = (self._came - came) / (now - since) if is_fast else 0.0
        done = sum(self._here.values())
        eta = (self._total - done) / speed if speed > 0 else None
        self._on_progress(Progress(path, done, self._total, speed, eta, doing))
