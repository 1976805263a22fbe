"""Reads the data people edit: presets/ and styles/, the program's own first, then the home's.

A file with a mistake is left out and said, with file and line; the program goes on without it.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .errors import nearest_names
from .settings import CHECKOUT, PROGRAM, Settings
from .thinking.presets import Preset
from .thinking.styles import Style

MAX_FILE_BYTES = 2_000_000


@dataclass(frozen=True)
class Library:
    """What was found, by name, and a sentence for each file or entry left out."""

    presets: dict[str, Preset]
    styles: dict[str, Style]
    problems: tuple[str, ...]


class _Mistake(Exception):
    """Why a file is left out; the message starts with file and line."""


def program_folder(name: str) -> Path:
    """Where the program's own `presets`, `styles`, `wildcards` or `models` lie."""
    in_checkout = CHECKOUT / name
    carried = PROGRAM / "_data" / name
    return carried if carried.is_dir() else in_checkout


def read(settings: Settings) -> Library:
    """All presets and styles; a name in the home folder replaces the program's."""
    problems: list[str] = []
    presets = {each.name: each for each in _all("presets", _presets, settings, problems)}
    styles = {each.name: each for each in _all("styles", _styles, settings, problems)}
    return Library(presets, styles, tuple(problems))


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


def check(path: Path) -> str | None:
    """What is wrong with a preset file, or None."""
    try:
        _presets(path)
    except _Mistake as mistake:
        return str(mistake)
    return None


def _all(
    folder: str, parse: Callable[[Path], Iterable[Any]], settings: Settings, problems: list[str]
) -> list[Any]:
    places = dict.fromkeys([program_folder(folder), settings.home / folder])
    found: list[Any] = []
    for path in (path for place in places for path in sorted(place.glob("*.json"))):
        try:
            found += parse(path)
        except _Mistake as mistake:
            problems.append(str(mistake))
    return found


def _presets(path: Path) -> list[Preset]:
    text, value = _json(path)
    if not isinstance(value, dict):
        raise _Mistake(f"{path.name} is left out: a preset is one JSON object {{…}}.")
    try:
        return [Preset.model_validate({"name": path.stem, **value})]
    except ValidationError as error:
        raise _Mistake(_complaint(path, text, error, set(Preset.model_fields))) from None


def _styles(path: Path) -> list[Style]:
    text, value = _json(path)
    if not isinstance(value, list):
        raise _Mistake(f"{path.name} is left out: styles are a JSON list [ {{…}}, … ].")
    styles = []
    for entry in value:
        try:
            styles.append(Style.model_validate(entry))
        except ValidationError as error:
            near = entry.get("name", "") if isinstance(entry, dict) else ""
            raise _Mistake(_complaint(path, text, error, set(Style.model_fields), near)) from None
    return styles


def _json(path: Path) -> tuple[str, Any]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _Mistake(f"{path.name} is left out: larger than {MAX_FILE_BYTES:,} bytes.")
        text = path.read_text(encoding="utf-8")
        return text, json.loads(text)
    except json.JSONDecodeError as error:
        raise _Mistake(
            f"{path.name}, line {error.lineno}: not valid JSON ({error.msg}). The file is left out."
        ) from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise _Mistake(f"{path.name} is left out: it cannot be read ({error}).") from None


def _complaint(
    path: Path, text: str, error: ValidationError, known: set[str], after: object = ""
) -> str:
    """One sentence with file, line, key and the way out."""
    first = error.errors(include_url=False)[0]
    keys = [part for part in first["loc"] if isinstance(part, str)]
    key = keys[0] if keys else ""
    line = _line_of(text, key, str(after))
    if first["type"] == "extra_forbidden":
        near = nearest_names(key, known)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        return f"{path.name}, line {line}: unknown key “{key}”.{hint} The file is left out."
    what = first["msg"].removeprefix("Value error, ")
    return f"{path.name}, line {line}: “{key}” – {what}. The file is left out."


def _line_of(text: str, key: str, after: str) -> int:
    """The line of `"key"`, looked for from the entry named `after` on; 1 when it is nowhere."""
    start = max(text.find(json.dumps(after, ensure_ascii=False)), 0) if after else 0
    start = text.rfind("{", 0, start) if after and start else start
    place = text.find(f'"{key}"', max(start, 0)) if key else start
    return text.count("\n", 0, max(place, 0)) + 1
