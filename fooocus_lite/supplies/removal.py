"""Files of models that leave this computer: only ours, and no rest of them stays."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from ..errors import BadRequest, WeightsError
from ..thinking.families import STARTER
from ..thinking.presets import Preset
from ..weights import lock, snapshots
from ..weights.alone import untouched
from ..weights.repository import RemoteFile


def is_ours(path: Path, models_dir: Path) -> bool:
    """Whether a model or file lies in our own folder, not in one that is only linked there."""
    return path.parent.resolve().is_relative_to(models_dir.resolve())


def is_recorded(models_dir: Path, name: str) -> bool:
    """Whether lock.json has a download of this name. It has none while it is damaged: own files
    can be removed all the same, and `delete_download` says it.
    """
    try:
        return name in lock.read(models_dir)
    except WeightsError:
        return False


def check_ours(title: str, path: Path, models_dir: Path) -> None:
    """Raises BadRequest for what came with the program, or lies in another program's folder."""
    if path.name == STARTER.name:
        raise BadRequest(f"{title} came with the program, so it stays.", field="name")
    if not is_ours(path, models_dir):
        raise BadRequest(
            f"{title} lies in {path.parent}, a folder that is only looked into from here, so it "
            "is not deleted. Remove it there.",
            field="name",
        )


def preset_error(preset: Preset) -> BadRequest:
    """To somebody who names a preset: what it needs may be another's too, so nobody guesses."""
    return BadRequest(
        f"{preset.shown_name} is a preset. Name what it needs: {' or '.join(preset.needs)}.",
        field="name",
        allowed=preset.needs,
    )


def delete_download(models_dir: Path, repo_id: str) -> None:
    """All revisions of a repository, and the links to its files.

    Raises BadRequest while it is being downloaded, or where it is not ours; WeightsError.
    """
    folder = snapshots.folder_of(models_dir, repo_id)
    check_ours(repo_id, folder, models_dir)
    place = folder.parent.resolve() / folder.name
    with untouched(models_dir, repo_id):
        lock.forget(models_dir, repo_id)
        delete(folder)
        for link in models_dir.glob("*/*"):
            # Others may lead to a disk that is not plugged in just now.
            if link.is_symlink() and snapshots.led_to(link).is_relative_to(place):
                delete(link)


def delete_from_download(models_dir: Path, repo_id: str, file: str) -> None:
    """One file of a repository, in all revisions. Raises WeightsError."""
    lock.forget_file(models_dir, repo_id, file)
    folder = snapshots.folder_of(models_dir, repo_id)
    for path in folder.glob(f"snapshots/*/{file}"):
        blob = path.resolve()
        delete(path)
        is_used = any(other.resolve() == blob for other in folder.glob("snapshots/*/**/*"))
        if not is_used and blob.is_relative_to(folder.resolve()):
            delete(blob)


def delete_loose(models_dir: Path, repo_id: str, files: Iterable[RemoteFile]) -> None:
    """What came of a download that is given up, but for what a revision here has too."""
    folder = snapshots.folder_of(models_dir, repo_id)
    used = {path.resolve() for path in folder.glob("snapshots/*/**/*")}
    for file in files:
        for path in (folder / "blobs" / file.blob, folder / "blobs" / f"{file.blob}.part"):
            if path.resolve() not in used:
                delete(path)


def delete(path: Path) -> None:
    """Raises WeightsError when something holds on to it."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise WeightsError(
            f"{path.name} cannot be deleted ({error.strerror or error}). Close what uses it, "
            "check its permissions, and try again."
        ) from None


def only_in(link: Path, models_dir: Path) -> str | None:
    """The download of which this is a link to the only file; None for any other file.

    What other tools put beside it counts too, recorded or not.
    """
    hub = (models_dir / "hub").resolve()
    is_download = link.is_symlink() and link.resolve().is_relative_to(hub)
    if not is_download or not hub.is_relative_to(models_dir.resolve()):
        return None
    repo_id = snapshots.repo_id_of(hub / link.resolve().relative_to(hub).parts[0])
    entry = lock.read(models_dir).get(repo_id or "")
    if repo_id is None or entry is None or len(entry.files) > 1:
        return None
    snapshot_files = {
        file.relative_to(snapshot)
        for snapshot in (snapshots.folder_of(models_dir, repo_id) / "snapshots").glob("*")
        for file in snapshot.rglob("*")
        if file.is_file()
    }
    return repo_id if len(snapshot_files) == 1 else None
