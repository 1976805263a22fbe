"""The files of presets/: read, ours and Fooocus's; checked; and written when somebody saves one."""

import itertools
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ..errors import DiskError
from ..thinking import fooocus_preset
from ..thinking.presets import Preset, problem_of
from ..whole_file import write_whole
from .data_files import Mistake, complaint, line_of, read_json

SCHEMA = "../docs/preset.schema.json"


@dataclass(frozen=True)
class PresetFile:
    """A preset, the file it was read from, and a sentence for each key that is not used."""

    preset: Preset
    path: Path
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class PresetFiles:
    """The presets by name, and a sentence for each file left out."""

    by_name: dict[str, PresetFile]
    problems: tuple[str, ...]

    @property
    def notices(self) -> tuple[str, ...]:
        return tuple(notice for each in self.by_name.values() for notice in each.notices)


def read_all(folders: Iterable[Path], styles: Collection[str]) -> PresetFiles:
    """The presets of these folders; of two with one name the later folder's counts.

    `styles` are the names of the styles there are. A preset that names another is kept, and said.
    """
    found: dict[str, PresetFile] = {}
    problems = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.json"))):
        try:
            file = read(path, styles)
            found[file.preset.name] = file
        except Mistake as mistake:
            problems.append(str(mistake))
    return PresetFiles(found, tuple(problems))


def read(path: Path, styles: Collection[str]) -> PresetFile:
    """One preset; a file of Fooocus's is read as what it means here. Raises Mistake."""
    text, value = read_json(path)
    if not isinstance(value, dict):
        raise Mistake(f"{path.name} is left out: a preset is one JSON object {{…}}.")
    try:
        if fooocus_preset.is_fooocus(value):
            preset, notes = fooocus_preset.read(path.stem, value, styles)
            return PresetFile(preset, path, tuple(f"{path.name}: {note}" for note in notes))
        preset = Preset.model_validate({"name": path.stem, **value})
    except ValidationError as error:
        keys = {field.alias or name for name, field in Preset.model_fields.items()}
        raise Mistake(complaint(path, text, error, keys)) from None
    if problem := problem_of(preset):
        line = line_of(text, problem.field or "")
        raise Mistake(f"{path.name}, line {line}: {problem.message} The file is left out.")
    return PresetFile(preset, path)


def write(preset: Preset, folder: Path, over: Path | None = None) -> Path:
    """The preset as a file of `folder`, written whole or not at all; `over` replaces that file.

    Raises DiskError when it cannot be written.
    """
    values = preset.model_dump(mode="json", exclude_defaults=True)
    text = json.dumps({"$schema": SCHEMA, **values}, ensure_ascii=False, indent=2) + "\n"
    path = over or _free_path(folder, preset.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    except OSError as error:
        raise DiskError(f"The preset cannot be written to {folder}: {error.strerror}.") from None
    return path


def _free_path(folder: Path, name: str) -> Path:
    """A file name of plain letters that no file has yet: "My Preset" is my-preset.json."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "preset"
    stems = itertools.chain([slug], (f"{slug}-{number}" for number in itertools.count(2)))
    return next(path for path in (folder / f"{stem}.json" for stem in stems) if not path.exists())
