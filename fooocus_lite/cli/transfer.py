"""How a download shows on the command line: a bar on a terminal, or JSON lines for programs."""

import time
from typing import TextIO

from ..supplies.model_store import Progress
from ..thinking.amounts import in_bytes, time_left
from .json_line import print_json
from .progress import BAR_WIDTH
from .status_line import StatusLine

DRAW_EVERY_S = 0.1
LINE_EVERY_S = 0.5
QUIET_EVERY_S = 10.0
DOING = {"checking": "checking what has come", "retrying": "trying again"}


class TransferBar:
    """A bar on stderr where that is a terminal, else a line now and then."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._line = StatusLine(stream)
        self._every_s = DRAW_EVERY_S if self._line.is_terminal else QUIET_EVERY_S
        self._drawn = float("-inf")

    def tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._drawn < self._every_s and progress.done_bytes < progress.total_bytes:
            return
        self._drawn = now
        if self._line.is_terminal:
            self._line.draw(bar(progress))
        else:
            print(bar(progress), file=self._line.stream, flush=True)

    def end(self) -> None:
        self._line.clear()


class TransferLines:
    """One JSON object a line on stdout, twice a second."""

    def __init__(self) -> None:
        self._told = float("-inf")

    def tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told >= LINE_EVERY_S or progress.done_bytes == progress.total_bytes:
            self._told = now
            line = {"event": "downloading", **vars(progress)}
            print_json(line)

    def end(self) -> None:
        """The last object is the caller's."""


def bar(progress: Progress) -> str:
    """Such as `██████░░░░  61%  4.0 GiB of 6.5 GiB  84 MiB/s  about 30 s left  unet/…`."""
    if progress.doing == "waiting":
        return "Another program downloads this model. Waiting for it."
    share = progress.done_bytes / progress.total_bytes if progress.total_bytes else 1.0
    filled = round(BAR_WIDTH * share)
    parts = [
        "█" * filled + "░" * (BAR_WIDTH - filled),
        f"{int(share * 100):>3}%",
        f"{in_bytes(progress.done_bytes)} of {in_bytes(progress.total_bytes)}",
        DOING.get(progress.doing) or f"{in_bytes(progress.bytes_per_s)}/s",
    ]
    if progress.eta_s:
        parts.append(f"about {time_left(progress.eta_s)} left")
    return "  ".join([*parts, progress.file])
