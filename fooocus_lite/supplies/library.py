"""Reads the data people edit: presets/, styles/, wildcards/; the program's own, then the home's.

A file with a mistake is left out and said, with file and line; the program goes on without it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..settings import CHECKOUT, PROGRAM, Settings
from ..thinking.styles import BUILT_IN, Style
from ..thinking.wildcards import Wildcards
from . import preset_files, wildcard_files
from .data_files import Mistake, complaint, read_json
from .preset_files import PresetFile


@dataclass(frozen=True)
class Library:
    """What was found, by name; a sentence for each file left out, and for each part not used."""

    presets: dict[str, PresetFile]
    styles: dict[str, Style]
    wildcards: Wildcards
    problems: tuple[str, ...]
    notices: tuple[str, ...] = ()


def program_folder(name: str) -> Path:
    """Where the program's own `presets`, `styles`, `wildcards` or `models` lie."""
    in_checkout = CHECKOUT / name
    carried = PROGRAM / "_data" / name
    return carried if carried.is_dir() else in_checkout


def read(settings: Settings) -> Library:
    """All presets, styles and wildcards; a name in the home folder replaces the program's."""
    problems: list[str] = []
    written = _all("styles", _styles, settings, problems)
    styles = {each.name: each for each in (*BUILT_IN, *written)}
    presets = preset_files.read_all(_folders("presets", settings), styles)
    wildcards = wildcard_files.read_all(_folders("wildcards", settings))
    problems += (*presets.problems, *wildcards.problems)
    return Library(presets.by_name, styles, wildcards.by_name, tuple(problems), presets.notices)


def style_card(settings: Settings, name: str) -> Path | None:
    """The picture on a style's card: the person's own first, else the one that came along."""
    own = own_style_card(settings, name)
    for file in (own, program_folder("styles") / "thumbnails" / own.name):
        if file.is_file():
            return file
    return None


def own_style_card(settings: Settings, name: str) -> Path:
    """Where a card rendered here is kept: "Pop Art!" is pop-art.webp."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "style"
    return settings.home / "styles" / "thumbnails" / f"{slug}.webp"


def _folders(name: str, settings: Settings) -> list[Path]:
    """The program's own folder of that name, then the home's."""
    return list(dict.fromkeys([program_folder(name), settings.home / name]))


def _all(
    folder: str, parse: Callable[[Path], Iterable[Any]], settings: Settings, problems: list[str]
) -> list[Any]:
    found: list[Any] = []
    places = _folders(folder, settings)
    for path in (path for place in places for path in sorted(place.glob("*.json"))):
        try:
            found += parse(path)
        except Mistake as mistake:
            problems.append(str(mistake))
    return found


def _styles(path: Path) -> list[Style]:
    text, value = read_json(path)
    if not isinstance(value, list):
        raise Mistake(f"{path.name} is left out: styles are a JSON list [ {{…}}, … ].")
    styles = []
    for entry in value:
        try:
            styles.append(Style.model_validate(_with_category(entry, path)))
        except ValidationError as error:
            near = entry.get("name", "") if isinstance(entry, dict) else ""
            raise Mistake(complaint(path, text, error, Style.model_fields, near)) from None
    return styles


def _with_category(entry: object, path: Path) -> object:
    """The entry; files of other programs have no categories, so the file's name serves."""
    if not isinstance(entry, dict) or entry.get("category"):
        return entry
    words = re.sub(r"[^\w]+|_+", " ", path.stem).strip()
    return {**entry, "category": words[:1].upper() + words[1:40] or "Other"}
