"""Which models and LoRAs are on this disk. A name is looked up; it never becomes a path."""

import contextlib
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..errors import WeightsError
from ..thinking.families import FAMILIES, STARTER
from ..thinking.labels import is_printable, label
from ..thinking.model_size import role_of
from . import configs, folders, lock, own_files, verify
from .inspect import Inspection
from .own_files import OwnFile

log = logging.getLogger(__name__)
# models/<name>, models/<owner>/<name>
_DEPTHS = ("*/model_index.json", "*/*/model_index.json")
MAX_NAME = 100
# Beside "license: other" stands the name of the makers' own.
_LICENCE = re.compile(r"^(license|license_name):\s*[\"']?([^\s\"']+)", re.MULTILINE)


@dataclass(frozen=True)
class Model:
    """What this program can run: a diffusers folder, or a single file with all weights.

    `folder` is the file itself for the latter, and `config` the folder with the settings it lacks,
    None as long as that is not here. `revision` (40 hex) is that of a model downloaded from the
    Hub, None for any other. `preview` is its latent map, if any.
    """

    name: str
    folder: Path
    family: str
    title: str
    licence: str
    size_bytes: int
    preview: Path | None = None
    revision: str | None = None
    kind: Literal["folder", "file"] = "folder"
    config: Path | None = None
    inspection: Inspection | None = None

    @property
    def settings(self) -> Path:
        """The folder with its configs and tokenizers; of a file without one, the file."""
        return self.config or self.folder

    @property
    def is_denoiser_only(self) -> bool:
        """Whether it is a file that takes its other parts from a whole model beside it."""
        return self.inspection is not None and self.inspection.kind == "diffusion model"


@dataclass(frozen=True)
class Pipeline:
    """A diffusers folder, whatever its kind. `revision` is as in Model.

    `index` is its model_index.json; empty where that cannot be read, and `problem` says why.
    """

    name: str
    folder: Path
    revision: str | None
    index: Mapping[str, Any]
    problem: str = ""

    @property
    def class_name(self) -> str:
        return label(self.index.get("_class_name"), MAX_NAME)


class Unsorted(NamedTuple):
    """What may be a model or a refiner: diffusers folders, and single files."""

    pipelines: Sequence[Pipeline]
    files: Sequence[OwnFile]


def unsorted(models_dirs: Sequence[Path]) -> Unsorted:
    """Found once, for all who sort it; the earlier folder's first."""
    return Unsorted(
        [_read(*place) for models_dir in models_dirs for place in _folders(models_dir)],
        own_files.found(models_dirs, [folders.CHECKPOINTS]),
    )


def find(models_dirs: Sequence[Path], lying: Unsorted | None = None) -> dict[str, Model]:
    """The models below these folders by name; of two with one name the earlier folder's counts.

    A model downloaded from the Hub goes by its repository, at the revision that is in use; a single
    file by its path below the checkpoints. Models of a kind that is not run here, or whose
    model_index.json is broken, are left out. `lying` is what lies there, if that is known already.
    """
    found: dict[str, Model] = {}
    lying = lying or unsorted(models_dirs)
    for each in lying.pipelines:
        family = _family_of(each)
        if family is None:
            _tell(each)
        elif each.name not in found:
            found[each.name] = of_folder(each.name, each.folder, family, each.revision)
    for file in lying.files:
        said = file.inspection
        if said and said.is_model and said.family and not said.problem:
            found.setdefault(file.name, of_file(file, said, said.family))
    return dict(sorted(found.items()))


def unusable(lying: Unsorted) -> dict[str, str]:
    """Why a diffusers folder is no model that runs here, by its name. Refiners are among them."""
    return {
        each.name: each.problem
        or f"The model {each.name} is a {each.class_name}, which is not run here. Choose another "
        "model."
        for each in reversed(lying.pipelines)
        if _family_of(each) is None
    }


def weight_files(model: Model) -> dict[str, Path]:
    """The files that the model's numbers are read from, by their path inside its folder.

    Of a file without text encoders all but its denoiser is in `config`. Raises WeightsError when a
    part is missing.
    """
    base = model.folder if model.kind == "folder" else model.folder.parent
    files = {(base, file) for file in verify.weight_files(model.folder)}
    if model.is_denoiser_only and model.config is not None:
        whole = verify.weight_files(model.config)
        others = [file for file in whole if role_of(file.parent.name) != "denoiser"]
        files |= {(model.config, file) for file in others}
    return {file.relative_to(inside).as_posix(): file for inside, file in sorted(files)}


def by_file_name(found: dict[str, Path]) -> dict[str, Path]:
    """Textual inversions as a prompt names them, without a folder: `embedding:name`."""
    named = {name.rpartition("/")[2]: path for name, path in reversed(found.items())}
    return dict(sorted(named.items()))


def of_folder(name: str, folder: Path, family: str, revision: str | None = None) -> Model:
    """What a diffusers folder of this family is, as far as its files say."""
    is_starter = name == STARTER.name
    preview = folder / "preview.json"
    return Model(
        name=name,
        folder=folder,
        family=family,
        title=FAMILIES[family].title if is_starter else name,
        licence=_licence(folder),
        size_bytes=_size(str(folder)),
        preview=preview if preview.is_file() else None,
        revision=revision,
    )


def of_file(file: OwnFile, inspection: Inspection, family: str) -> Model:
    """What a single file of this family is, as its header says."""
    return Model(
        name=file.name,
        folder=file.path,
        family=family,
        title=inspection.title or file.name,
        licence=inspection.licence or "unknown",
        size_bytes=file.size_bytes,
        kind="file",
        config=file.config,
        inspection=inspection,
    )


def _folders(models_dir: Path) -> Iterator[tuple[str, Path, str | None]]:
    """Name, folder and revision, if any, of each diffusers folder."""
    for pattern in _DEPTHS:
        for index in sorted(models_dir.glob(pattern)):
            name = index.parent.relative_to(models_dir).as_posix()
            if is_printable(name) and not name.startswith(f"{configs.FOLDER}/"):
                yield name, index.parent, None
    for name, folder in lock.in_use(models_dir).items():
        if (folder / configs.INDEX).is_file() and any(folder.glob("*/*.safetensors")):
            yield name, folder, folder.name


def _read(name: str, folder: Path, revision: str | None) -> Pipeline:
    try:
        return Pipeline(name, folder, revision, verify.model_index(folder))
    except WeightsError as error:
        return Pipeline(name, folder, revision, {}, error.message)


def _family_of(pipeline: Pipeline) -> str | None:
    """The starter by its name (a damaged one is offered too, and says so); others by class."""
    if pipeline.name == STARTER.name:
        return STARTER.name
    kinds: Iterable[str] = (
        family.name
        for family in FAMILIES.values()
        if family.pipeline == pipeline.class_name and family.name != STARTER.name
    )
    return next(iter(kinds), None)


def _tell(pipeline: Pipeline) -> None:
    """Says in the log why it is left out."""
    if pipeline.problem:
        log.warning("%s", pipeline.problem)
    else:
        log.info(
            "%s is a %s, which this program cannot run yet", pipeline.name, pipeline.class_name
        )


def _size(folder: str) -> int:
    """Bytes of all files in it. What leaves meanwhile counts for nothing."""
    total = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                is_folder = entry.is_dir(follow_symlinks=False)
                total += _size(entry.path) if is_folder else entry.stat().st_size
    return total


def _licence(folder: Path) -> str:
    """What the model card's front matter says, else "unknown"."""
    try:
        card = (folder / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "unknown"
    said = dict(reversed(_LICENCE.findall(card)))
    return label(said.get("license_name") or said.get("license") or "") or "unknown"
