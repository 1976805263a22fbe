"""What is worth another try, after which pause, and when it is over. Knows no job and no clock."""

import errno
import sqlite3
from collections import deque

from ..errors import DeviceError, DiskBusy, causes

PAUSES_S = (1.0, 4.0)
"""After the first try and after the second; there are three."""

PASSING = frozenset(
    {
        errno.EAGAIN,
        errno.EBUSY,
        errno.EINTR,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)
"""What a network folder, a busy disk or too many open files answer now and not a moment later."""

SHARING_VIOLATIONS = (32, 33)
"""Windows: another program, often a virus scanner, has the file open."""

RESTARTS = 3
RESTART_WINDOW_S = 600.0


def may_pass(error: BaseException) -> bool:
    """Whether the same thing may work in a moment: a fault of the machine, not of what was asked.

    An error that was put into words counts as what caused it. Out of memory has steps of its own.
    """
    for cause in causes(error):
        match cause:
            case DeviceError():
                return not cause.is_lost
            case DiskBusy():
                return True
            case sqlite3.OperationalError():
                return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            case OSError():
                violation = getattr(cause, "winerror", None)
                return cause.errno in PASSING or violation in SHARING_VIOLATIONS
    return False


def pause_s(tries: int) -> float:
    """Seconds to wait after so many tries."""
    return PAUSES_S[min(tries, len(PAUSES_S)) - 1]


class Restarts:
    """Allows 3 of them within 10 minutes."""

    def __init__(self) -> None:
        self._latest: deque[float] = deque(maxlen=RESTARTS)

    def allow(self, now: float) -> bool:
        """Whether another one is all right at `now`, in seconds of any clock that nobody sets."""
        is_full = len(self._latest) == RESTARTS
        if is_full and now - self._latest[0] < RESTART_WINDOW_S:
            return False
        self._latest.append(now)
        return True
