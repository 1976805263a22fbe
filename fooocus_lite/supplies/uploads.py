"""A model file that a person brings: streamed to the disk, looked into, and only then a model here.

Memory holds one piece of it at a time. Knows nothing of HTTP.
"""

import contextlib
import hashlib
import itertools
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadRequest, WeightsError
from ..thinking.amounts import in_bytes
from ..weights import header, inspect, own_files, verify
from ..weights.disk import check_room, move, writing_to
from ..weights.inspect import Inspection
from ..weights.selection import PICKLES

INCOMING = ".incoming"
SUFFIX = ".safetensors"
FOLDERS = {kind: own_files.FOLDER_OF[kind] for kind in own_files.USED}
MAX_STEM_CHARACTERS, MAX_STEM_BYTES = 120, 200
_SAFE = frozenset(" .+()-_")
# Names that Windows keeps for devices, whatever the ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Added:
    """The file as it lies here now. `is_new` is False when the same bytes were here before."""

    name: str
    path: Path
    inspection: Inspection
    is_new: bool = True


class Upload:
    """A file on its way in. Used by one thread at a time; ends with `keep` or `forget`.

    `size` is what the sender says it has. Raises BadRequest for a file that cannot be one of ours
    by its name or size, and WeightsError when the disk has no room for it or cannot be written.
    """

    def __init__(self, file_name: str, size: int, models_dir: Path, limit_bytes: int) -> None:
        self._stem = checked_stem(file_name)
        self.file_name = f"{self._stem}{SUFFIX}"
        _check_size(size, limit_bytes)
        self._size = size
        self._models_dir = models_dir
        self._came = 0
        self._sha256 = hashlib.sha256()
        with writing_to(models_dir):
            incoming = models_dir / INCOMING
            incoming.mkdir(parents=True, exist_ok=True)
            check_room(size, incoming)
            self._part = incoming / f"{secrets.token_hex(8)}{SUFFIX}"
            self._stream = self._part.open("xb")

    def write(self, data: bytes) -> None:
        """Adds a piece. Raises BadRequest when there is more than was said, WeightsError."""
        self._came += len(data)
        if self._came > self._size:
            raise BadRequest("The file is longer than its sender said. Send it once more.")
        with writing_to(self._models_dir):
            self._stream.write(data)
        self._sha256.update(data)

    def keep(self) -> Added:
        """Looks into the file and puts it where its kind belongs; nothing is overwritten.

        Raises BadRequest when it did not come whole or is of a kind that is not used here,
        WeightsError when it is damaged. Nothing of it stays then.
        """
        try:
            with writing_to(self._models_dir):
                self._stream.close()
            if self._came != self._size:
                raise BadRequest(
                    f"Only {self._came:,} of {self._size:,} bytes came. Send the file once more."
                )
            found = self._inspected()
            same = self._same(self._models_dir.rglob(f"*{SUFFIX}"))
            if same is not None:
                return Added(same.stem, same, found, is_new=False)
            path = self._placed(self._models_dir / FOLDERS[found.kind])
            return Added(path.stem, path, found)
        finally:
            self.forget()

    def forget(self) -> None:
        """Throws away what has come; nothing when it was kept."""
        with contextlib.suppress(OSError):
            self._stream.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _inspected(self) -> Inspection:
        try:
            found = inspect.of_header(header.read(self._part))
        except WeightsError as error:
            named = error.message.replace(header.shown(self._part), self.file_name)
            raise WeightsError(named, field="file") from None
        _check_kind(self.file_name, found)
        return found

    def _same(self, files: Iterable[Path]) -> Path | None:
        """A file with the same bytes; only those of the same size are read."""
        digest = self._sha256.hexdigest()
        for file in files:
            if file.parent.name == INCOMING or not file.is_file():
                continue
            with contextlib.suppress(OSError, WeightsError):  # it left, or may not be read
                if file.stat().st_size == self._size and verify.sha256(file) == digest:
                    return file
        return None

    def _placed(self, folder: Path) -> Path:
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            target = _free(folder, self._stem)
            try:
                move(self._part, target)
            except OSError:
                target.unlink(missing_ok=True)
                raise
            return target


def checked_stem(file_name: str) -> str:
    """A name for the file that every disk takes, without folders and ending. Raises BadRequest."""
    name = re.split(r"[/\\]", file_name.strip())[-1]
    shown = name[:MAX_STEM_CHARACTERS]
    if name.lower().endswith(PICKLES):
        raise BadRequest(
            f"{shown} is a pickle, which can run code when it is opened, so it is not taken. "
            f"`fooocus-lite models convert {shown}` makes a safetensors file of it.",
            field="file",
        )
    if not name.lower().endswith(SUFFIX):
        raise BadRequest(
            f"{shown or 'That'} is no model file; those end in {SUFFIX}.", field="file"
        )
    stem = _storable(name[: -len(SUFFIX)]).strip(" .-")[:MAX_STEM_CHARACTERS]
    stem = stem.encode()[:MAX_STEM_BYTES].decode(errors="ignore").strip(" .-")
    if not stem or _DEVICES.fullmatch(stem):
        stem = f"model-{stem}".rstrip("-")
    return stem


def _storable(name: str) -> str:
    """Letters of every script with their marks, digits and a few signs; a dash for what is left."""
    letters = unicodedata.normalize("NFC", name)
    kept = (each if _is_kept(each) else "\0" for each in letters)
    return re.sub("\0+", "-", "".join(kept))


def _is_kept(letter: str) -> bool:
    return letter.isalnum() or letter in _SAFE or unicodedata.category(letter).startswith("M")


def sweep(models_dir: Path) -> None:
    """Deletes what broke off in an earlier run of the program."""
    shutil.rmtree(models_dir / INCOMING, ignore_errors=True)


def _check_kind(name: str, found: Inspection) -> None:
    if found.problem:
        raise BadRequest(f"{name} is not kept: {found.problem}.", field="file")
    if found.kind not in FOLDERS:
        kind = "nothing known" if found.kind == "unknown" else f"a {found.kind}"
        raise BadRequest(
            f"{name} is not kept: it looks like {kind}. What can be added here: "
            f"{', '.join(FOLDERS)}.",
            field="file",
        )


def _free(folder: Path, stem: str) -> Path:
    """An empty file of a name that nobody had; a renaming onto one would replace it."""
    for number in itertools.count(1):
        target = folder / f"{stem if number == 1 else f'{stem} {number}'}{SUFFIX}"
        with contextlib.suppress(FileExistsError):
            target.touch(exist_ok=False)
            break
    return target


def _check_size(size: int, limit_bytes: int) -> None:
    if size < 1:
        raise BadRequest("The file is empty. Choose another.", field="file")
    if size > limit_bytes:
        raise BadRequest(
            f"The file has {in_bytes(size)}; at most {in_bytes(limit_bytes)} are taken. Copy it "
            "into the models folder by hand, or raise the setting upload_limit_gib.",
            field="file",
        )
