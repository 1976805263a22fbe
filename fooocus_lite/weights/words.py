"""What a model says of the words it was trained on. A small model knows few; most say nothing."""

import json
from pathlib import Path
from typing import Any


def style_words(model_folder: Path) -> tuple[str, ...]:
    """The style words in the folder's own `<folder name>.json`; none when it does not say.

    A model that names its style words knows no others.
    """
    return _words(_said(model_folder).get("styles"))


def known_words(model_folder: Path) -> tuple[str, ...] | None:
    """All words of that file; None when there is none, as for a model that reads English."""
    said = _said(model_folder)
    lists = [_words(words) for name, words in said.items() if name != "examples"]
    return tuple(word for words in lists for word in words) or None


def _said(model_folder: Path) -> dict[str, Any]:
    file = model_folder / f"{model_folder.name}.json"
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _words(said: Any) -> tuple[str, ...]:
    return tuple(word for word in said if isinstance(word, str)) if isinstance(said, list) else ()
