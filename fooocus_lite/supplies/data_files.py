"""JSON files that people edit: read with care, and complained about with file, line and way out."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import nearest_names

MAX_FILE_BYTES = 2_000_000


class Mistake(Exception):
    """Why a file is left out; the message starts with the file's name, and its line if known."""


def read_json(path: Path) -> tuple[str, Any]:
    """The file's text and what it holds. Raises Mistake."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise Mistake(f"{path.name} is left out: larger than {MAX_FILE_BYTES:,} bytes.")
        text = path.read_text(encoding="utf-8")
        return text, json.loads(text)
    except json.JSONDecodeError as error:
        raise Mistake(
            f"{path.name}, line {error.lineno}: not valid JSON ({error.msg}). The file is left out."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise Mistake(f"{path.name} is left out: it cannot be read ({error}).") from None


def complaint(
    path: Path, text: str, error: ValidationError, known: Iterable[str], after: object = ""
) -> str:
    """One sentence about the first thing that is wrong in the entry named `after`."""
    first = error.errors(include_url=False)[0]
    keys = [part for part in first["loc"] if isinstance(part, str)]
    key = keys[0] if keys else ""
    where = f"{path.name}, line {line_of(text, key, str(after))}"
    if first["type"] == "extra_forbidden":
        near = nearest_names(key, known)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        return f"{where}: unknown key “{key}”.{hint} The file is left out."
    what = first["msg"].removeprefix("Value error, ")
    return f"{where}: {f'“{key}” – ' if key else ''}{what}. The file is left out."


def line_of(text: str, key: str, after: str = "") -> int:
    """The line of `"key"`, looked for from the entry named `after` on; 1 when it is nowhere."""
    start = max(text.find(json.dumps(after, ensure_ascii=False)), 0) if after else 0
    start = text.rfind("{", 0, start) if after and start else start
    place = text.find(f'"{key}"', max(start, 0)) if key else start
    return text.count("\n", 0, max(place, 0)) + 1
