"""models/lock.json: which revision of each repository is in use, and the sha256 of its files."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import WeightsError
from ..whole_file import write_whole
from . import snapshots, verify
from .address import COMMIT
from .disk import writing_to

NAME = "lock.json"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Locked(BaseModel):
    """What came of one revision: sha256 by path; the variants a whole pipeline was asked for in.

    "" are plain files, "configs" all but the weights.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    variants: tuple[str, ...] = ()
    files: Mapping[str, str] = Field(default_factory=dict)

    def plus(self, files: Mapping[str, str], variant: str | None) -> "Locked":
        """With these files too, which count before those of the same path."""
        return Locked(
            variants=tuple(sorted({*self.variants, *([] if variant is None else [variant])})),
            files=dict(sorted({**self.files, **files}.items())),
        )


class Entry(BaseModel):
    """A repository: the revision in use, and every one that was."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    revision: str
    revisions: Mapping[str, Locked]

    @property
    def files(self) -> Mapping[str, str]:
        """The files of the revision in use."""
        return self.revisions[self.revision].files


class _LockFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(default=1, ge=1, le=1)
    repositories: Mapping[str, Entry] = Field(default_factory=dict)


def read(models_dir: Path) -> dict[str, Entry]:
    """The repositories of lock.json by name; none when there is no such file.

    Raises WeightsError when it is damaged: what it held would be lost if it were ignored.
    """
    path = models_dir / NAME
    try:
        found = _LockFile.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WeightsError(
            f"models/{NAME} cannot be read ({error.strerror or error}). Check its permissions."
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise _damaged(f"{where}: {first['msg']}" if where else first["msg"]) from None
    for name, entry in found.repositories.items():
        _check(name, entry)
    return dict(found.repositories)


def in_use(models_dir: Path) -> dict[str, Path]:
    """The snapshot of each repository below models/hub, by its name: exactly the one in use.

    Of a repository that is not in lock.json, or of all while that is damaged, what main means:
    other tools may move that.
    """
    found = snapshots.in_use(models_dir)
    try:
        entries = read(models_dir)
    except WeightsError:  # the Models page and `models verify` tell
        return found
    for repo_id, entry in entries.items():
        folder = snapshots.snapshot_of(models_dir, repo_id, entry.revision)
        found.pop(repo_id, None)
        if folder.is_dir():
            found[repo_id] = folder
    return found


def record(
    models_dir: Path,
    repo_id: str,
    revision: str,
    files: Mapping[str, str] | None = None,
    variant: str | None = None,
) -> None:
    """Puts the revision into use, with these files (sha256 by path) beside those it has already.

    `variant`: what a pipeline was asked for in, as in Locked; None for single files. Safe against
    other processes; the file is replaced in one step. Raises WeightsError.
    """
    with _alone(models_dir):
        entries = read(models_dir)
        old = entries.get(repo_id)
        revisions = dict(old.revisions) if old else {}
        revisions[revision] = revisions.get(revision, Locked()).plus(files or {}, variant)
        entries[repo_id] = Entry(revision=revision, revisions=revisions)
        _write(models_dir, entries)


def record_use(
    models_dir: Path,
    repo_id: str,
    revision: str,
    files: Mapping[str, str],
    variant: str | None = None,
) -> None:
    """Adds what was used of a revision; what is recorded stays, and so does the one in use.

    Arguments and safety are those of `record`. Raises WeightsError.
    """
    with _alone(models_dir):
        entries = read(models_dir)
        old = entries.get(repo_id)
        revisions = dict(old.revisions) if old else {}
        known = revisions.get(revision, Locked())
        revisions[revision] = known.plus({**files, **known.files}, variant)
        entries[repo_id] = Entry(revision=old.revision if old else revision, revisions=revisions)
        _write(models_dir, entries)


def forget(models_dir: Path, repo_id: str) -> None:
    """Takes the repository out of the file. Raises WeightsError."""
    with _alone(models_dir):
        entries = read(models_dir)
        if entries.pop(repo_id, None) is not None:
            _write(models_dir, entries)


def forget_file(models_dir: Path, repo_id: str, file: str) -> None:
    """Takes one file of the repository out of every revision. Raises WeightsError."""
    with _alone(models_dir):
        entries = read(models_dir)
        if (entry := entries.get(repo_id)) is None:
            return
        revisions = {
            name: Locked(
                variants=locked.variants,
                files={path: digest for path, digest in locked.files.items() if path != file},
            )
            for name, locked in entry.revisions.items()
        }
        entries[repo_id] = Entry(revision=entry.revision, revisions=revisions)
        _write(models_dir, entries)


def problem(
    models_dir: Path,
    repo_id: str,
    entry: Entry,
    on_reading: Callable[[str, int, int], None] | None = None,
) -> str | None:
    """What is wrong with the files of the revision in use, every byte read again; or None.

    `on_reading` hears of each file, how many of its bytes are read, and how many it has.
    """
    folder = snapshots.snapshot_of(models_dir, repo_id, entry.revision)
    for path, recorded in entry.files.items():
        told = partial(on_reading, f"{repo_id}/{path}") if on_reading else _unheard
        try:
            found = verify.fresh_sha256(folder / path, told)
        except WeightsError as error:
            return error.message
        if found != recorded:
            return changed(repo_id, path)
    return None


def changed(repo_id: str, path: str) -> str:
    """The sentence about a file whose bytes are others than those that were recorded."""
    return (
        f"{path} is not the file of {repo_id} that is recorded in models/{NAME}: its sha256 is "
        f"another. Remove {repo_id} and download it again."
    )


def _unheard(_done: int, _total: int) -> None:
    """For whoever does not ask how far the reading is."""


@contextmanager
def _alone(models_dir: Path) -> Iterator[None]:
    """Nobody else writes the file meanwhile."""
    with writing_to(models_dir):
        locks = models_dir / "hub" / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        guard = FileLock(locks / f"{NAME}.lock")
        guard.acquire()
    try:
        yield
    finally:
        guard.release()


def _write(models_dir: Path, entries: Mapping[str, Entry]) -> None:
    values = _LockFile(repositories=dict(sorted(entries.items()))).model_dump(mode="json")
    with writing_to(models_dir):
        write_whole(models_dir / NAME, f"{json.dumps(values, indent=1)}\n".encode())


def _check(name: str, entry: Entry) -> None:
    if entry.revision not in entry.revisions:
        raise _damaged(f"{name} uses a revision it does not list")
    for revision, locked in entry.revisions.items():
        if not COMMIT.fullmatch(revision):
            raise _damaged(f"{name} has a revision “{revision[:60]}”")
        for file, digest in locked.files.items():
            if not _SHA256.fullmatch(digest) or ".." in file.split("/") or file.startswith("/"):
                raise _damaged(f"{name} lists “{file[:200]}” in a way that cannot be")


def _damaged(why: str) -> WeightsError:
    return WeightsError(
        f"models/{NAME} is damaged ({why}). Correct it, or take it from a backup. Without it, "
        "models are downloaded anew, at the newest revision."
    )
