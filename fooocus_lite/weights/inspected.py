"""What headers said in earlier runs, so that a start does not read hundreds of files again."""

import hashlib
import logging
import threading
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from ..whole_file import write_whole
from . import inspect
from .inspect import Inspection, State

log = logging.getLogger(__name__)
READERS = ("header", "inspect", "kinds", "lora_kinds")
"""The modules that tell from a header what a file is."""


class _Read(NamedTuple):
    path: str
    size: int
    mtime_ns: int
    said: Inspection


class _Memory(NamedTuple):
    """`readers` tells the code that read it: another version may see more in the same file."""

    readers: str
    files: list[_Read]


class Inspected:
    """The memory in a file; without it, or with a damaged one, files are only read once more."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._written: frozenset[State] = frozenset()

    def recall(self) -> None:
        """Takes over what was read before; for the start, before the first look at files."""
        try:
            memory = TypeAdapter(_Memory).validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, ValidationError) as error:
            log.warning("%s is not used: %s", self._file.name, error)
            return
        if memory.readers == _readers():
            known = {(each.path, each.size, each.mtime_ns): each.said for each in memory.files}
            inspect.remember(known)
            self._written = frozenset(known)

    def keep(self) -> None:
        """Writes down what was read since. A disk in trouble loses only this."""
        with self._lock:
            known = inspect.remembered()
            if known.keys() <= self._written:
                return
            files = [_Read(*state, said) for state, said in known.items()]
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                write_whole(self._file, TypeAdapter(_Memory).dump_json(_Memory(_readers(), files)))
            # A path may have bytes that are no letters.
            except (OSError, PydanticSerializationError) as error:
                log.warning("%s cannot be written: %s", self._file.name, error)
            self._written = frozenset(known)


def _readers() -> str:
    """Changes with the code that reads headers."""
    digest = hashlib.sha256()
    for name in READERS:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()[:16]
