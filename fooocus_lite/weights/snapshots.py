"""The Hub's cache layout below models/hub, so that diffusers and other tools find what is there.

models--owner--name/blobs/<hash>, snapshots/<revision>/<path> -> the blob, refs/main = revision.
"""

import errno
import os
import re
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..whole_file import write_whole
from .address import COMMIT
from .disk import writing_to

_SEPARATOR = "--"
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EXDEV}
_WINDOWS_NO_PRIVILEGE = 1314
_BLOB = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Place:
    """Where in a snapshot a file or folder lies; `path` is "." for the whole of it."""

    models_dir: Path
    repo_id: str
    revision: str
    path: str


def folder_of(models_dir: Path, repo_id: str) -> Path:
    """Where a repository's blobs, snapshots and refs lie."""
    name = _SEPARATOR.join(["models", *repo_id.split("/")])
    return models_dir / "hub" / name


def repo_id_of(folder: Path) -> str | None:
    """The repository of such a folder, or None when it is none of a model."""
    kind, *names = folder.name.split(_SEPARATOR)
    return "/".join(names) if kind == "models" and len(names) == 2 else None


def snapshot_of(models_dir: Path, repo_id: str, revision: str) -> Path:
    return folder_of(models_dir, repo_id) / "snapshots" / revision


def place_of(path: Path) -> Place | None:
    """None for what lies in no snapshot. A link counts as what it points to."""
    for snapshot in (path, *path.parents):
        repository = snapshot.parent.parent
        repo_id = repo_id_of(repository)
        is_snapshot = snapshot.parent.name == "snapshots" and COMMIT.fullmatch(snapshot.name)
        if repo_id and is_snapshot and repository.parent.name == "hub":
            inside = path.relative_to(snapshot).as_posix()
            return Place(repository.parent.parent, repo_id, snapshot.name, inside)
    return place_of(led_to(path)) if path.is_symlink() and path.exists() else None


def origin(path: Path) -> str:
    """The name by which the Hub has a model or file that lies in a snapshot; empty for others.

    Such as "owner/name" or "owner/name/a.safetensors".
    """
    place = place_of(path)
    if place is None:
        return ""
    return place.repo_id if place.path == "." else f"{place.repo_id}/{place.path}"


def led_to(link: Path) -> Path:
    """Where a link leads in one step, whether there is anything or not."""
    return Path(os.path.normpath(link.parent.resolve() / link.readlink()))


def model_name(folder: Path) -> str:
    """What people call the model of a folder or file: its repository, where it is a snapshot."""
    place = place_of(folder)
    return place.repo_id if place and place.path == "." else folder.name


def promised_sha256(path: Path) -> str | None:
    """What the Hub said a file's sha256 is, as tools name its blob; None where no name tells."""
    blob = path.resolve()
    is_told = blob.parent.name == "blobs" and _BLOB.fullmatch(blob.name)
    return blob.name if is_told else None


def repositories(models_dir: Path) -> set[str]:
    """The names of all that lie below models/hub, whole or not."""
    return {name for each in (models_dir / "hub").glob("models--*") if (name := repo_id_of(each))}


def in_use(models_dir: Path) -> dict[str, Path]:
    """The snapshot that main means, of each repository below models/hub, by its name."""
    found = {}
    for folder in sorted((models_dir / "hub").glob("models--*")):
        repo_id = repo_id_of(folder)
        ref = folder / "refs" / "main"
        if repo_id is None or not ref.is_file():
            continue
        revision = ref.read_text(encoding="utf-8", errors="replace").strip()
        if COMMIT.fullmatch(revision) and (folder / "snapshots" / revision).is_dir():
            found[repo_id] = folder / "snapshots" / revision
    return found


def register(
    models_dir: Path, repo_id: str, revision: str, blobs: Mapping[str, str], ref: str
) -> Path:
    """The snapshot folder, with a link to the blob of each path. All blobs must lie there whole.

    A new snapshot appears in one step; to one that is there, files are added. `ref` and main point
    to it afterwards.
    """
    folder = folder_of(models_dir, repo_id)
    snapshot = snapshot_of(models_dir, repo_id, revision)
    with writing_to(folder):
        if snapshot.is_dir():
            for path, blob in blobs.items():
                _put(folder / "blobs" / blob, snapshot / path)
        else:
            fresh = folder / f"snapshot-{revision}.part"
            shutil.rmtree(fresh, ignore_errors=True)
            # As deep as the real place, so that relative links are right after the renaming.
            staged = fresh / revision
            for path, blob in blobs.items():
                link(folder / "blobs" / blob, staged / path)
            snapshot.parent.mkdir(exist_ok=True)
            staged.replace(snapshot)
            fresh.rmdir()
    point(models_dir, repo_id, revision, ref)
    return snapshot


def point(models_dir: Path, repo_id: str, revision: str, ref: str = "main") -> None:
    """Makes `ref` and main mean this revision."""
    folder = folder_of(models_dir, repo_id)
    with writing_to(folder):
        for name in {ref, "main"}:
            _point(folder / "refs" / name, revision)


def link(source: Path, target: Path) -> None:
    """Makes `target` the same file as `source`: a relative link, else a hard link, else a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    way = os.path.relpath(source, target.parent)
    if not os.path.lexists(target.parent.resolve() / way):  # the folder is a link to another place
        way = os.path.relpath(source, target.parent.resolve())
    try:
        target.symlink_to(way)
        return
    except OSError as error:
        if error.errno not in _NO_LINKS and getattr(error, "winerror", 0) != _WINDOWS_NO_PRIVILEGE:
            raise
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _put(blob: Path, target: Path) -> None:
    """Links the blob at a place where another file may be."""
    if target.is_file() and target.samefile(blob):
        return
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex[:8]}.part")
    link(blob, part)
    part.replace(target)


def _point(ref: Path, revision: str) -> None:
    ref.parent.mkdir(parents=True, exist_ok=True)
    write_whole(ref, revision.encode())
