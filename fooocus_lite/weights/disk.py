"""What a disk can refuse, in plain words: no room, no permission."""

import errno
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import WeightsError
from ..thinking.amounts import in_bytes

SLACK = 1.05
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def check_room(needed_bytes: int, folder: Path) -> None:
    """Raises WeightsError unless the disk has that much room and 5 % more."""
    free = free_bytes(folder)
    if needed_bytes and free < needed_bytes * SLACK:
        raise WeightsError(
            f"This needs {in_bytes(needed_bytes * SLACK)} of free disk space, and there is "
            f"{in_bytes(free)}. Make room, or set FOOOCUS_LITE_HOME to a folder on a larger disk."
        )


def free_bytes(folder: Path) -> int:
    """The room on the disk where the folder is, or will be."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return shutil.disk_usage(there).free


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turns what a disk can refuse into a WeightsError that says what to do."""
    try:
        yield
    except OSError as error:
        raise _refused(folder, error) from None


def move(part: Path, target: Path) -> None:
    """Renames in one step, also onto another disk, where it is copied first. Raises OSError."""
    try:
        part.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(f".{secrets.token_hex(4)}.part")
        try:
            shutil.copyfile(part, beside)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        part.unlink(missing_ok=True)


def _refused(folder: Path, error: OSError) -> WeightsError:
    """Why something could not be written there. The folder's last two parts tell which it is."""
    if error.errno in _FULL:
        free = in_bytes(free_bytes(folder))
        return WeightsError(f"The disk is full ({free} free). Make room and try again.")
    return WeightsError(
        f"The folder {'/'.join(folder.parts[-2:])} cannot be written ({error.strerror or error}). "
        "Check its permissions."
    )
