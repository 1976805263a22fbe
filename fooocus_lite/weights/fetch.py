"""One file from the Hub to the disk: it goes on where it broke off, and is checked at the end."""

import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
from huggingface_hub import get_session

from ..errors import WeightsError
from .digest import Digest
from .disk import writing_to
from .hub import Hub
from .patience import Hiccup, stop_if
from .progress import Doing
from .refusals import REFUSALS, explain, raise_for_status
from .repository import RemoteFile, Repository

log = logging.getLogger(__name__)
CHUNK_BYTES = 2**20
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")


@dataclass(frozen=True)
class Follower:
    """Who is told how many bytes of the file are here or why none come, and may stop it."""

    tell: Callable[[int], None] = lambda _bytes: None
    is_cancelled: Callable[[], bool] = lambda: False
    pause: Callable[[Doing], None] = lambda _doing: None


def fetch(
    hub: Hub, repository: Repository, file: RemoteFile, blobs: Path, follower: Follower
) -> str:
    """sha256 of the file, which lies whole and checked under `blobs/<its hash>` afterwards.

    What is there already is checked, not fetched. Bytes on the way lie in `<its hash>.part`, and
    stay there when the download breaks off or is cancelled. A body that is not what the Hub
    promised is thrown away and fetched once more. Raises WeightsError, Cancelled.
    """
    target = blobs / file.blob
    with writing_to(blobs):
        blobs.mkdir(parents=True, exist_ok=True)
    if target.is_file():
        digest = _digest_of(target, file, follower)
        if digest.is_right:
            follower.tell(file.size)
            return digest.sha256
        log.warning("%s of %s was damaged on disk", file.path, repository.repo_id)
    for _ in range(2):
        part = _Part(blobs / f"{file.blob}.part", file, follower)
        try:
            receive = partial(_receive, hub, repository, part)
            retry = partial(follower.pause, "retrying")
            hub.patience.keep_trying(receive, follower.is_cancelled, retry)
        finally:
            part.close()
        if part.digest.is_right:
            with writing_to(blobs):
                part.path.replace(target)
            return part.digest.sha256
        part.path.unlink()
        follower.tell(0)
        log.warning("%s of %s came damaged", file.path, repository.repo_id)
    raise WeightsError(
        f"{file.path} of {repository.repo_id} came damaged twice: its hash is not what the Hub "
        "promised. Try again later, or without the mirror or proxy in between.",
        field="model",
    )


def present_bytes(file: RemoteFile, blobs: Path) -> int:
    """How many bytes of the file are on disk already."""
    for path in (blobs / file.blob, blobs / f"{file.blob}.part"):
        if path.is_file():
            return min(path.stat().st_size, file.size)
    return 0


def sweep(repository: Repository, blobs: Path) -> None:
    """Deletes what came of files that the repository no longer has: nothing goes on there."""
    known = {f"{file.blob}.part" for file in repository.files}
    with writing_to(blobs):
        for part in blobs.glob("*.part"):
            if part.name not in known:
                part.unlink(missing_ok=True)


class _Part:
    """A file on its way: the bytes so far, and their hash."""

    def __init__(self, path: Path, file: RemoteFile, follower: Follower) -> None:
        self.path = path
        self.file = file
        self.follower = follower
        with writing_to(path.parent):
            if path.is_file() and path.stat().st_size > file.size:
                path.unlink()
            path.touch()
        self.digest = _digest_of(path, file, follower)
        with writing_to(path.parent):
            self._stream = path.open("ab", buffering=CHUNK_BYTES)
        self.size = path.stat().st_size
        follower.tell(self.size)

    @property
    def missing_bytes(self) -> int:
        return self.file.size - self.size

    def append(self, data: bytes) -> None:
        """Adds bytes; more than the Hub promised are cut off."""
        data = data[: self.missing_bytes]
        with writing_to(self.path.parent):
            self._stream.write(data)
        self.digest.update(data)
        self.size += len(data)
        self.follower.tell(self.size)

    def restart(self) -> None:
        """Throws away what is there."""
        with writing_to(self.path.parent):
            self._stream.seek(0)
            self._stream.truncate()
        self.digest = Digest(self.file.blob, self.file.size)
        self.size = 0
        self.follower.tell(0)

    def close(self) -> None:
        """Ends the writing; a whole file is on the disk itself afterwards, not only in memory."""
        with writing_to(self.path.parent), self._stream:
            if not self.missing_bytes:
                self._stream.flush()
                os.fsync(self._stream.fileno())


def _receive(hub: Hub, repository: Repository, part: _Part) -> None:
    """Adds what is missing to the part. Raises Hiccup when the connection ends before that."""
    file, before = part.file, part.size
    if not part.missing_bytes:
        return
    headers = hub.headers()
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
    timeout = httpx2.Timeout(hub.patience.answer_s)
    url = hub.url(repository, file)
    try:
        with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
            if response.status_code == 416:
                part.restart()
                raise Hiccup(_unfit(file, repository))
            raise_for_status(response)
            _line_up(response, part, repository)
            for data in response.iter_raw():
                stop_if(part.follower.is_cancelled)
                part.append(data)
                if not part.missing_bytes:
                    return
            raise Hiccup(_unfit(file, repository), has_moved=part.size > before)
    except REFUSALS as error:
        asked = hub.asked(repository.repo_id, repository.revision, file.path)
        explain(error, asked, has_moved=part.size > before)


def _line_up(response: httpx2.Response, part: _Part, repository: Repository) -> None:
    """Makes sure that the body's first byte is the next one of the part."""
    if response.status_code != 206:
        if part.size:
            part.restart()
        return
    said = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    total = str(part.file.size)
    if said is None or int(said[1]) != part.size or said[3] not in (total, "*"):
        part.restart()
        raise Hiccup(_unfit(part.file, repository))


def _digest_of(path: Path, file: RemoteFile, follower: Follower) -> Digest:
    digest = Digest(file.blob, file.size)
    try:
        if path.stat().st_size:
            follower.pause("checking")
        with path.open("rb") as stream:
            while data := stream.read(CHUNK_BYTES):
                stop_if(follower.is_cancelled)
                digest.update(data)
    except OSError as error:
        raise WeightsError(
            f"{file.path} cannot be read where it lies ({error.strerror or error}). Check the "
            "permissions of the models folder."
        ) from None
    return digest


def _unfit(file: RemoteFile, repository: Repository) -> WeightsError:
    return WeightsError(
        f"The server sends other bytes of {file.path} of {repository.repo_id} than it was asked "
        f"for, or fewer than the {file.size:,} that the Hub promised. Try again later, or without "
        "the mirror or proxy in between.",
        field="model",
    )
