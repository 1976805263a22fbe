"""Where a single file of the Hub or of a person lies, and what it is called from then on."""

from pathlib import Path

from ..weights import inspect, snapshots
from ..weights.disk import writing_to
from ..weights.download import Snapshot
from ..weights.folders import CHECKPOINTS, LORAS
from .uploads import FOLDERS

NAMELESS = ("pytorch_lora_weights", "diffusion_pytorch_model", "model")
"""What files are called whose repository says what they are."""


def shelve(snapshot: Snapshot, file: str, models_dir: Path, lora: str | None = None) -> str | None:
    """Links a file into the folder of its kind; one of the person's own stays as it is.

    `lora`: the name under which a performance looks for it. Its name from now on, as in `Told`;
    None for a file that is not used by itself. Raises WeightsError.
    """
    path = snapshot.folder / file
    folder = LORAS if lora else FOLDERS.get(inspect.inspect(path).kind)
    if folder is None:
        return None
    stem = snapshot.repo_id.split("/")[1] if path.stem in NAMELESS else path.stem
    target = models_dir / folder / f"{lora or stem}{path.suffix}"
    if target.is_symlink() or not target.exists():
        with writing_to(target.parent):
            target.unlink(missing_ok=True)
            snapshots.link(path, target)
    return name_of(target)


def name_of(path: Path) -> str:
    """A checkpoint goes by its name alone, any other file with its kind: "loras/ink"."""
    folder = path.parent.name
    return path.stem if folder == CHECKPOINTS else f"{folder}/{path.stem}"
