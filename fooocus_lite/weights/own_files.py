"""The single files people have: what each is for, and why some cannot be used as they are."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..errors import BadRequest, UnknownName, WeightsError
from . import configs, folders
from .inspect import Inspection, inspect
from .kinds import Architecture
from .selection import PICKLES

FOLDER_OF = {
    "checkpoint": folders.CHECKPOINTS,
    "refiner": folders.CHECKPOINTS,
    "diffusion model": folders.CHECKPOINTS,
    "lora": folders.LORAS,
    "vae": folders.VAES,
    "embedding": folders.EMBEDDINGS,
    "controlnet": folders.CONTROLNETS,
    "upscaler": folders.UPSCALERS,
}
"""Where each kind of file belongs."""
USED = ("checkpoint", "refiner", "diffusion model", "lora", "embedding")
"""The kinds that pictures are made with today; others are found and described only."""


@dataclass(frozen=True)
class OwnFile:
    """A file in one of the folders of `folders.SPELLINGS`; `folder` is empty for one elsewhere.

    `problem` is a sentence, or empty when the file can be used; `inspection` is None when the file
    could not be read. `config` has the settings that a checkpoint lacks. Where a `download` helps,
    `lacks` is the problem without its way out.
    """

    name: str
    path: Path
    folder: str
    size_bytes: int
    inspection: Inspection | None
    problem: str = ""
    config: Path | None = None
    lacks: str = ""
    download: str = ""

    @property
    def whole_name(self) -> str:
        """The name with the kind of file it is, such as "loras/ink"."""
        return f"{self.folder}/{self.name}"

    @property
    def is_damaged(self) -> bool:
        """Whether it should be readable and is not. A pickle is never read."""
        return self.inspection is None and self.path.suffix.lower() not in PICKLES

    @property
    def note(self) -> str:
        """A few words about a file that is in order and of a kind that is not used; else empty."""
        is_unused = self.inspection is not None and self.inspection.kind not in USED
        return "listed, not used yet" if is_unused and not self.problem else ""


def found(models_dirs: Sequence[Path], kinds: Sequence[str] = ()) -> list[OwnFile]:
    """Every file in these of the folders (all, when none are named), by folder and name.

    A header is read once and remembered until its file changes.
    """
    listed: list[OwnFile] = []
    config_of = lru_cache(lambda architecture: configs.folder_for(architecture, models_dirs))
    for kind in kinds or folders.SPELLINGS:
        usable, pickles = folders.find(models_dirs, kind)
        listed += [_described(name, path, kind, config_of) for name, path in usable.items()]
        for name, path in sorted(pickles.items()):
            # One that was converted lies beside its original, and says it all.
            if Path(name).with_suffix("").as_posix() not in usable:
                listed.append(_unread(name, path, kind, unusable(path)))
    return listed


def look_at(path: Path, models_dirs: Sequence[Path]) -> OwnFile:
    """What a file is, wherever it lies."""
    if path.suffix.lower() in PICKLES:
        return _unread(path.name, path, "", unusable(path))
    return _described(
        path.stem, path, "", lambda architecture: configs.folder_for(architecture, models_dirs)
    )


def named(name: str, files: Sequence[OwnFile], others: Iterable[str] = ()) -> OwnFile:
    """The one file of this name: "ink", or "loras/ink" where there are several.

    Raises UnknownName, which tells of `others` too; BadRequest when it could be several.
    """
    found = [each for each in files if name in (each.name, each.whole_name)]
    if not found:
        known = {*others, *(each.name for each in files)}
        raise UnknownName.among("model or file", name, known)
    if len(found) > 1:
        several = ", ".join(each.whole_name for each in found)
        raise BadRequest(
            f"{name} could be one of several files. Write which: {several}.", field="name"
        )
    return found[0]


def misfit(name: str, inspection: Inspection, family: str, title: str) -> str:
    """Why a LoRA or embedding is not for models of this family; empty when it may be.

    A sentence that says what the file is, and what would fit.
    """
    if not inspection.architecture.is_known or family in inspection.families:
        return ""
    kind = inspection.noun
    made_for = inspection.architecture.title
    return (
        f"The {kind} “{name}” is made for {made_for}, and the model is {title}. Choose {_a(kind)} "
        f"for {title}, or a model of {made_for}."
    )


def unusable(path: Path) -> str:
    """The sentence about a file that can run code when it is opened."""
    return (
        f"{path.name} can carry code that runs when it is opened, so it is not used as it is. "
        f"Convert it: fooocus-lite models convert {path.name}"
    )


def _described(
    name: str, path: Path, kind: str, config_of: Callable[[Architecture], Path | None]
) -> OwnFile:
    try:
        inspection = inspect(path)
    except WeightsError as error:
        return _unread(name, path, kind, error.message)
    config = config_of(inspection.architecture)
    lacking = _lacking(name, inspection, config)
    return OwnFile(
        name=name,
        path=path,
        folder=kind,
        size_bytes=_size(path),
        inspection=inspection,
        problem=lacking.message if lacking else _misplaced(name, kind, inspection),
        config=config,
        lacks=(lacking and lacking.problem) or "",
        download=(lacking and lacking.download) or "",
    )


def _unread(name: str, path: Path, kind: str, problem: str) -> OwnFile:
    """A file of which nothing is known but why it cannot be used."""
    return OwnFile(name, path, kind, _size(path), inspection=None, problem=problem)


def _lacking(name: str, inspection: Inspection, config: Path | None) -> WeightsError | None:
    """Why a model cannot be used as it is."""
    try:
        if inspection.needs_settings:
            configs.checked(name, inspection, config)
    except WeightsError as error:
        return error
    return None


def _misplaced(name: str, kind: str, inspection: Inspection) -> str:
    belongs = FOLDER_OF.get(inspection.kind)
    if kind and belongs and belongs != kind:
        return (
            f"{name} is {_a(inspection.noun)}, and lies among the {kind}. Move it to "
            f"models/{belongs}."
        )
    return ""


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
