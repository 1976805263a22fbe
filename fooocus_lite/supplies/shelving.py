"""Where a single file of the Hub or of a person lies, and what it is called from then on."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from ..weights import inspect, snapshots, verify
from ..weights.disk import writing_to
from ..weights.download import Snapshot
from ..weights.folders import CHECKPOINTS, LORAS, SAFETENSORS
from .uploads import FOLDERS

NAMELESS = ("pytorch_lora_weights", "diffusion_pytorch_model", "model")
"""What files are called whose repository says what they are."""


def shelve(snapshot: Snapshot, file: str, models_dir: Path, lora: str | None = None) -> str | None:
    """Links a file into the folder of its kind; another of its name stays as it is.

    `lora`: the name under which a performance looks for it. Its name from now on, as in `Told`;
    None for a file that is not used by itself. Raises WeightsError.
    """
    path = snapshot.folder / file
    if path.suffix.lower() != SAFETENSORS:
        return None
    folder = LORAS if lora else FOLDERS.get(inspect.inspect(path).kind)
    if folder is None:
        return None
    name = snapshot.repo_id.split("/")[1]
    stem = name if path.stem in NAMELESS else path.stem
    for called in [lora] if lora else _names(stem, name):
        target = models_dir / folder / f"{called}{path.suffix}"
        if not _is_taken(target, path):
            with writing_to(target.parent):
                target.unlink(missing_ok=True)
                snapshots.link(path, target)
            break
        if _has_same_bytes(target, path):
            break
    return name_of(target)


def _names(stem: str, repository: str) -> Iterator[str]:
    """What a file may be called, as long as others have the names before."""
    yield stem
    longer = f"{repository[:40]}-{stem}"
    yield longer
    yield from (f"{longer} {number}" for number in itertools.count(2))


def _is_taken(target: Path, file: Path) -> bool:
    """Whether the name is another file's: not of this one, at whatever revision."""
    ours = snapshots.place_of(file)
    if ours is None or not os.path.lexists(target):
        return False
    if target.is_symlink():
        place = snapshots.place_of(snapshots.led_to(target))
        return place is None or (place.repo_id, place.path) != (ours.repo_id, ours.path)
    # Where links are impossible, hard links are ours.
    revisions = snapshots.folder_of(ours.models_dir, ours.repo_id) / "snapshots"
    others = [each / ours.path for each in revisions.glob("*")]
    return not any(each.is_file() and target.samefile(each) for each in others)


def _has_same_bytes(target: Path, file: Path) -> bool:
    return (
        target.is_file()
        and target.stat().st_size == file.stat().st_size
        and verify.sha256(target) == verify.sha256(file)
    )


def name_of(path: Path) -> str:
    """A checkpoint goes by its name alone, any other file with its kind: "loras/ink"."""
    folder = path.parent.name
    return path.stem if folder == CHECKPOINTS else f"{folder}/{path.stem}"
