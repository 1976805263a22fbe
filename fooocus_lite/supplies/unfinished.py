"""The note about downloads that are not complete, by which the next run knows them."""

import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, field_validator

from ..weights.repository import BLOB, RemoteFile
from ..whole_file import write_whole
from .wishes import Wish

log = logging.getLogger(__name__)


class Unfinished(BaseModel):
    """One of them: its files, once they are known, and how it ended, if it did."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wish: Wish
    files: tuple[RemoteFile, ...] = ()
    ended: Literal["failed", "cancelled"] | None = None
    message: str = ""
    link: str | None = None

    @field_validator("files")
    @classmethod
    def _lies_among_blobs(cls, files: tuple[RemoteFile, ...]) -> tuple[RemoteFile, ...]:
        if not all(BLOB.fullmatch(file.blob) for file in files):
            raise ValueError("a blob goes by its hash")
        return files


_NOTE = TypeAdapter(list[Unfinished])


def read(note: Path) -> list[Unfinished]:
    """What an earlier run did not complete; nothing when its note is not there or is damaged."""
    try:
        return _NOTE.validate_json(note.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValidationError) as error:
        log.warning("%s is not used: %s", note.name, error)
        return []


def write(note: Path, unfinished: Iterable[Unfinished]) -> None:
    """Without room for it only the wishes are lost, not the bytes that have come."""
    said = [each.model_dump(mode="json") for each in unfinished]
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        write_whole(note, f"{json.dumps(said, indent=1)}\n".encode())
    except OSError as error:
        log.warning("%s cannot be written: %s", note.name, error)
