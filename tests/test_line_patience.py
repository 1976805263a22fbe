"""Which faults are worth another try, and how often a lane is started again."""

import errno
import sqlite3

import pytest

from fooocus_lite.errors import (
    BadRequest,
    DeviceError,
    DiskBusy,
    DiskError,
    OutOfMemory,
    WeightsError,
)
from fooocus_lite.line.patience import PAUSES_S, RESTART_WINDOW_S, Restarts, may_pass, pause_s


def because_of(cause: Exception) -> WeightsError:
    error = WeightsError("The model does not load.")
    error.__cause__ = cause
    return error


def again(error: Exception) -> Exception:
    """As `raise error from error` leaves it."""
    error.__cause__ = error
    return error


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("an error")
    error.sqlite_errorcode = code
    return error


def windows_error(code: int) -> OSError:
    error = PermissionError(errno.EACCES, "in use")
    error.winerror = code  # type: ignore[attr-defined]  # there on Windows only
    return error


@pytest.mark.parametrize(
    "error",
    [
        DeviceError("The GPU failed for a moment.", is_lost=False),
        DiskBusy("The database is busy."),
        OSError(errno.EIO, "Input/output error"),
        OSError(errno.ESTALE, "Stale file handle"),
        TimeoutError(errno.ETIMEDOUT, "Connection timed out"),
        because_of(OSError(errno.EMFILE, "Too many open files")),
        because_of(because_of(OSError(errno.EIO, "Input/output error"))),
        sqlite_error(sqlite3.SQLITE_BUSY),
        windows_error(32),
    ],
)
def test_what_may_be_gone_in_a_moment_is_tried_again(error: Exception) -> None:
    assert may_pass(error)


@pytest.mark.parametrize(
    "error",
    [
        DeviceError("The GPU no longer answers.", is_lost=True),
        DiskError("The disk is full."),
        OSError(errno.ENOSPC, "No space left on device"),
        FileNotFoundError(errno.ENOENT, "No such file"),
        PermissionError(errno.EACCES, "Permission denied"),
        OSError("no number"),
        because_of(ValueError("a wrong header")),
        WeightsError("Of another family."),
        BadRequest("No."),
        OutOfMemory("Too large."),
        RuntimeError("shapes do not match"),
        again(RuntimeError("shapes do not match")),
        sqlite_error(sqlite3.SQLITE_FULL),
    ],
)
def test_what_stays_as_it_is_fails_at_once(error: Exception) -> None:
    assert not may_pass(error)


def test_pauses_grow_with_the_tries() -> None:
    assert [pause_s(tries) for tries in (1, 2, 3)] == [*PAUSES_S, PAUSES_S[-1]]
    assert PAUSES_S[0] < PAUSES_S[1]


def test_three_restarts_in_ten_minutes_and_no_more() -> None:
    restarts = Restarts()
    assert [restarts.allow(now) for now in (0.0, 1.0, 2.0, 3.0, 599.0)] == [True] * 3 + [False] * 2
    assert restarts.allow(RESTART_WINDOW_S)
    assert not restarts.allow(RESTART_WINDOW_S + 0.5)
