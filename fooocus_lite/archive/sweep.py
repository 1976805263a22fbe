"""What a dead program left lying about, taken away at the next start.

Only our own: the temporary folder below the state folder, and half-written pictures by their names.
"""

import logging
import shutil
from pathlib import Path

from .pictures import PART

log = logging.getLogger(__name__)


def sweep(temporary: Path, outputs: Path) -> int:
    """Empties our temporary folder and removes half-written pictures; returns how many things went.

    For whoever holds the device's lock, so that no save is under way. What cannot be removed stays,
    with a line in the log. A link is removed, never followed.
    """
    return _empty(temporary) + _remove_parts(outputs)


def _empty(folder: Path) -> int:
    if folder.is_symlink() or not folder.is_dir():
        return 0
    return sum(_removed(each) for each in folder.iterdir())


def _remove_parts(outputs: Path) -> int:
    """Saves write into one folder a day, so one level down is everywhere."""
    parts = [each for each in outputs.glob("*/*.part") if PART.fullmatch(each.name)]
    return sum(_removed(each) for each in parts)


def _removed(path: Path) -> bool:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        log.warning("%s cannot be removed: %s", path, error)
        return False
    return True
