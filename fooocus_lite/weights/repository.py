"""A repository of the Hub and its files, as the Hub promises them."""

import re
from dataclasses import dataclass

BLOB = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class RemoteFile:
    """A file as the Hub promises it. `blob` is its sha256 (64 hex) or git's sha1 (40 hex)."""

    path: str
    size: int
    blob: str

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Repository:
    """What the Hub says of one revision (40 hex). `licence` is the card's name for it."""

    repo_id: str
    revision: str
    files: tuple[RemoteFile, ...]
    licence: str
    is_gated: bool
    link: str

    def file(self, path: str) -> RemoteFile | None:
        return next((each for each in self.files if each.path == path), None)
