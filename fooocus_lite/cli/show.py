"""The commands that only show: `presets`, `styles`, `history`."""

import sys
from argparse import Namespace
from datetime import datetime
from pathlib import Path

from ..errors import BadRequest
from ..settings import Settings
from ..studio import LOCAL, Studio
from ..thinking.presets import Preset
from .json_line import print_json
from .progress import picture_json
from .rows import print_row


def presets(settings: Settings, arguments: Namespace) -> int:
    """Lists the presets, or checks one file or all; exit code 1 when a file is wrong."""
    studio = Studio(settings)
    if arguments.action == "check" and arguments.file:
        return _check_preset(studio, Path(arguments.file))
    if arguments.action == "list":
        ready = studio.stock.ready_presets()
        for preset in sorted(
            studio.stock.presets.values(), key=lambda each: each.name not in ready
        ):
            is_ready = preset.name in ready
            if arguments.json:
                print_json({**preset.model_dump(mode="json"), "is_ready": is_ready})
            else:
                print_row(f"{preset.name:<18} {_state(preset, is_ready):<25} {preset.description}")
    _tell_notices(studio)
    return 1 if arguments.action == "check" and studio.stock.problems else 0


def _check_preset(studio: Studio, path: Path) -> int:
    if not path.is_file():
        raise BadRequest(f"There is no file {path}. Check the path.", field="file")
    problem, notices = studio.stock.check_preset(path)
    print(problem or f"{path.name} is in order.")
    for notice in notices:
        print(notice, file=sys.stderr)
    return 1 if problem else 0


def _state(preset: Preset, is_ready: bool) -> str:
    """Whether it works now, and how much has to come if not."""
    if is_ready:
        return "ready"
    size = f", {preset.total_gib:g} GiB" if preset.total_gib else ""
    return f"not downloaded{size}"


def styles(settings: Settings, arguments: Namespace) -> int:
    """Lists the styles; `render` makes the pictures of their cards, `sheet` tries many of them."""
    if arguments.action != "list":
        from . import style_cards

        command = style_cards.render if arguments.action == "render" else style_cards.sheet
        return command(settings, arguments)
    studio = Studio(settings)
    for style in studio.stock.styles.values():
        if arguments.json:
            print_json(style.model_dump(mode="json"))
        else:
            print_row(f"{style.name:<24} {style.category:<16} {style.prompt}")
    _tell_notices(studio)
    return 0


def history(settings: Settings, arguments: Namespace) -> int:
    studio = Studio(settings)
    if arguments.action == "rebuild":
        rebuilt = studio.gallery.rebuild()
        if arguments.json:
            print_json(vars(rebuilt))
        else:
            print(
                f"{rebuilt.added} pictures added, {rebuilt.known} were there already; "
                f"{rebuilt.without_recipe} files carry no recipe."
            )
        return 0
    for picture in studio.gallery.history(LOCAL, search=arguments.search, limit=arguments.limit):
        if arguments.json:
            request = picture.recipe.request
            print_json(
                {**picture_json(picture), "prompt": request.prompt, "created": picture.created}
            )
        else:
            when = datetime.fromtimestamp(picture.created).strftime("%Y-%m-%d %H:%M")
            print(f"{when}  {picture.path}  {picture.recipe.request.prompt[:60]!r}")
    _tell_notices(studio)
    return 0


def _tell_notices(studio: Studio) -> None:
    for notice in studio.notices:
        print(notice, file=sys.stderr)
