"""The sha256 of files read in earlier runs, so that a start does not read gigabytes again."""

import logging
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from ..whole_file import write_whole
from . import verify
from .verify import State

log = logging.getLogger(__name__)


class _Hashed(NamedTuple):
    path: str
    size: int
    mtime_ns: int
    sha256: str


_FILES = TypeAdapter(list[_Hashed])


class Hashed:
    """The memory in a file; without it, or with a damaged one, files are only read once more."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._written: frozenset[State] = frozenset()

    def recall(self) -> None:
        """Takes over what was read before, of files that are still as they were."""
        try:
            files = _FILES.validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, ValidationError) as error:
            log.warning("%s is not used: %s", self._file.name, error)
            return
        known = {(each.path, each.size, each.mtime_ns): each.sha256 for each in files}
        verify.remember(known)
        self._written = frozenset(known)

    def keep(self) -> None:
        """Writes down what was read since. A disk in trouble loses only this."""
        known = verify.remembered()
        if known.keys() <= self._written:
            return
        files = [_Hashed(*state, sha256) for state, sha256 in known.items()]
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, _FILES.dump_json(files))
        # A path may have bytes that are no letters.
        except (OSError, PydanticSerializationError) as error:
            log.warning("%s cannot be written: %s", self._file.name, error)
        self._written = frozenset(known)
