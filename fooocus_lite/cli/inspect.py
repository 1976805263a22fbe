"""`inspect`: what a picture, anybody's, says about how it was made; or its recipe as a link."""

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from ..errors import BadRequest
from ..settings import Settings
from ..studio import Studio
from ..thinking import link
from ..thinking.foreign.found import FoundSettings, cleaned
from ..thinking.inspection import Found
from .json_line import print_json

SHOWN_CHARACTERS = 2_000


def inspect(settings: Settings, arguments: Namespace) -> int:
    """Exit code 1 when the picture says nothing."""
    path = Path(arguments.picture)
    if not path.is_file():
        raise BadRequest(f"There is no file {path}. Check the path.", field="picture")
    studio = Studio(settings)
    if arguments.link:
        print(link.to_link(studio.gallery.shared_of(path)))
        return 0
    found = studio.gallery.inspect(path)
    if arguments.json:
        print_json(_as_json(found))
    else:
        _show(found)
    if found.problem:
        print(found.problem, file=sys.stderr)
    has_something = found.recipe or found.parameters or found.others
    if not has_something and not found.problem:
        print("This picture says nothing about how it was made.", file=sys.stderr)
    return 0 if has_something else 1


def _as_json(found: Found) -> dict[str, Any]:
    settings = found.settings
    return {
        "source": settings and settings.source,
        "settings": settings and _said(settings),
        "notes": list(settings.notes) if settings else [],
        "recipe": found.recipe and found.recipe.model_dump(mode="json"),
        "made_with": found.made_with and found.made_with.model_dump(mode="json"),
        "parameters": found.parameters,
        "others": found.others,
        "problem": found.problem,
    }


def _show(found: Found) -> None:
    """A recipe of ours whole; of another program its settings in our words, then its own text."""
    if found.recipe is not None:
        print(f"recipe:\n{found.recipe.model_dump_json(indent=2)}")
    elif found.settings is not None:
        print(f"settings, written by {found.settings.source}:")
        for name, value in _said(found.settings).items():
            print(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
        for note in found.settings.notes:
            print(f"note: {note}")
    if found.made_with is not None:
        print(f"made with:\n{found.made_with.model_dump_json(indent=2)}")
    texts = {"parameters": found.parameters, **found.others}
    for name, text in texts.items():
        if text:
            print(f"{cleaned(name)}:\n{_shortened(text)}")


def _said(settings: FoundSettings) -> dict[str, Any]:
    return settings.model_dump(mode="json", exclude_defaults=True, exclude={"source", "notes"})


def _shortened(text: str) -> str:
    """For a terminal: nothing that moves its cursor, and not a megabyte of graph."""
    shown = cleaned(text[:SHOWN_CHARACTERS])
    left = len(text) - SHOWN_CHARACTERS
    return f"{shown}… ({left:,} more characters; --json shows them)" if left > 0 else shown
