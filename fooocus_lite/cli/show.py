"""The commands that only show: `inspect`, `presets`, `styles`, `history`."""

import json
import sys
from argparse import Namespace
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import BadRequest
from ..settings import Settings
from ..stock import Stock
from ..studio import LOCAL, Studio
from .progress import picture_json


def inspect(settings: Settings, arguments: Namespace) -> int:
    """The recipe in a picture and what other tools wrote; exit code 1 when there is nothing."""
    path = Path(arguments.picture)
    if not path.is_file():
        raise BadRequest(f"There is no file {path}. Check the path.", field="picture")
    found = Studio(settings).inspect(path)
    if arguments.json:
        _print_json(
            {
                "recipe": found.recipe and found.recipe.model_dump(mode="json"),
                "made_with": found.made_with and found.made_with.model_dump(mode="json"),
                "parameters": found.parameters,
                "others": found.others,
                "problem": found.problem,
            }
        )
    else:
        for title, value in (("recipe", found.recipe), ("made with", found.made_with)):
            if value is not None:
                print(f"{title}:\n{value.model_dump_json(indent=2)}")
        if found.parameters:
            print(f"parameters:\n{found.parameters}")
        for name, text in found.others.items():
            print(f"{name}:\n{text}")
    if found.problem:
        print(found.problem, file=sys.stderr)
    has_something = found.recipe or found.parameters or found.others
    if not has_something and not found.problem:
        print("This picture says nothing about how it was made.", file=sys.stderr)
    return 0 if has_something else 1


def presets(settings: Settings, arguments: Namespace) -> int:
    """Lists the presets, or checks one file; exit code 1 when a file is wrong."""
    if arguments.action == "check" and arguments.file:
        path = Path(arguments.file)
        if not path.is_file():
            raise BadRequest(f"There is no file {path}. Check the path.", field="file")
        problem = Stock.preset_problem(path)
        print(problem or f"{path.name} is in order.")
        return 1 if problem else 0
    studio = Studio(settings)
    if arguments.action == "list":
        for preset in studio.stock.presets.values():
            if arguments.json:
                _print_json(preset.model_dump(mode="json"))
            else:
                print(f"{preset.name:<16} {preset.description}")
    return _problems(studio) if arguments.action == "check" else _problems(studio) and 0


def styles(settings: Settings, arguments: Namespace) -> int:
    """Lists the styles; `render` makes the pictures of their cards instead."""
    if arguments.action == "render":
        from .style_cards import render

        return render(settings, arguments)
    studio = Studio(settings)
    for style in studio.stock.styles.values():
        if arguments.json:
            _print_json(style.model_dump(mode="json"))
        else:
            print(f"{style.name:<24} {style.category:<16} {style.prompt}")
    _problems(studio)
    return 0


def models(settings: Settings, arguments: Namespace) -> int:
    """Lists the models, or reads each one's files; exit code 1 when one is not whole."""
    studio = Studio(settings)
    damages = 0
    for model in studio.stock.models().values():
        values: dict[str, Any] = {
            "name": model.name,
            "family": model.family,
            "licence": model.licence,
            "size_mib": round(model.size_bytes / 2**20, 1),
        }
        if arguments.action == "verify":
            values["problem"] = studio.stock.model_problem(model)
            damages += values["problem"] is not None
        if arguments.json:
            _print_json(values)
        else:
            shown = values.get("problem") or ("whole" if "problem" in values else model.title)
            print(f"{model.name:<24} {values['size_mib']:>8} MiB  {model.licence:<12} {shown}")
    return 1 if damages else 0


def history(settings: Settings, arguments: Namespace) -> int:
    studio = Studio(settings)
    if arguments.action == "rebuild":
        rebuilt = studio.rebuild_history()
        if arguments.json:
            _print_json(vars(rebuilt))
        else:
            print(
                f"{rebuilt.added} pictures added, {rebuilt.known} were there already; "
                f"{rebuilt.without_recipe} files carry no recipe."
            )
        return 0
    for picture in studio.history(LOCAL, search=arguments.search, limit=arguments.limit):
        if arguments.json:
            request = picture.recipe.request
            _print_json(
                {**picture_json(picture), "prompt": request.prompt, "created": picture.created}
            )
        else:
            when = datetime.fromtimestamp(picture.created).strftime("%Y-%m-%d %H:%M")
            print(f"{when}  {picture.path}  {picture.recipe.request.prompt[:60]!r}")
    _problems(studio)
    return 0


def _problems(studio: Studio) -> int:
    """Says what was left out; 1 when there was something."""
    for notice in studio.notices:
        print(notice, file=sys.stderr)
    return 1 if studio.notices else 0


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)
