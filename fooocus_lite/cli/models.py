"""`models`: what is here, what the Hub has, and getting, checking and removing it."""

import sys
from argparse import Namespace
from typing import Any

from ..errors import BadRequest, WeightsError
from ..settings import Settings
from ..studio import Studio
from ..supplies.model_store import NOTHING_NEWER, Described, ModelStore
from ..supplies.wishes import Wish
from ..thinking.amounts import in_bytes
from ..thinking.families import REFINERS, TITLES
from ..thinking.forecast import Forecast
from ..thinking.licences import allowed_by
from ..thinking.presets import Preset, preset_of
from . import model_here, model_need, own_files
from .json_line import print_json
from .model_here import BADGES
from .rows import print_row
from .status_line import StatusLine
from .transfer import TransferBar, TransferLines


def models(settings: Settings, arguments: Namespace) -> int:
    """Exit code 1 when `verify` finds a model that is not whole."""
    studio = Studio(settings)
    match arguments.action:
        case "verify":
            return _verify(studio, arguments)
        case "info":
            return _info(studio, arguments)
        case "download":
            return _download(studio.model_store(), arguments)
        case "remove":
            return _remove(studio.model_store(), arguments)
        case "convert":
            return own_files.convert(studio.model_store(), arguments)
        case _:
            return _list(studio, arguments)


def _list(studio: Studio, arguments: Namespace) -> int:
    """What is here, refiners too, then what presets name and is not.

    Imports torch: what each takes is told for this machine.
    """
    here, presets = studio.stock.models_and_refiners(), studio.stock.presets.values()
    for model in here.values():
        need = model_need.of(studio, model.name)
        values = model_here.values(model, presets) | model_need.values(need)
        _show(arguments, values, _row(values, need))
    missing = dict.fromkeys(name for each in presets for name in each.needs if name not in here)
    for name in missing:
        if preset := preset_of(name, presets):
            _show_missing(studio, arguments, name, preset)
    own_files.show(studio, arguments)
    used = sum(model.size_bytes for model in here.values())
    print(f"{in_bytes(used)} on this disk.", file=sys.stderr)
    return 0


def _show_missing(studio: Studio, arguments: Namespace, name: str, preset: Preset) -> None:
    """A model that a preset names and that is not here, as far as that is known without the Hub."""
    need = model_need.of(studio, name)
    using = model_here.using(name, studio.stock.presets.values())
    values = {**_missing(name, preset), "presets": using, **model_need.values(need)}
    _show(arguments, values, _row(values, need) + ", not downloaded")


def _missing(name: str, preset: Preset) -> dict[str, Any]:
    """What a preset says of its model, or of its refiner."""
    refining = REFINERS.get(preset.family or "") if name != preset.model else None
    gib = preset.refiner_gib if refining else preset.download_gib
    return {
        "name": name,
        "family": refining.name if refining else preset.family,
        "licence": preset.licence.id if preset.licence else "unknown",
        "pictures": preset.licence.pictures if preset.licence else None,
        "size_mib": round(gib * 1024, 1) if gib else None,
        "memory_gib": preset.memory_gib,
        "revision": None,
        "is_here": False,
    }


def _row(values: dict[str, Any], need: Forecast | None) -> str:
    size = in_bytes(int(values["size_mib"] * 2**20)) if values["size_mib"] else "?"
    family = values["family"] or "?"
    memory = f", needs {values['memory_gib']:g} GiB of memory" if values["memory_gib"] else ""
    if need is not None:
        memory = f", takes {need.text}"
    if any(family == each.name for each in REFINERS.values()):
        memory += f", used by {', '.join(values['presets']) or 'no preset yet'}"
    return f"{size:>9}  {family:<12} {values['licence']} ({BADGES[values['pictures']]}){memory}"


def _verify(studio: Studio, arguments: Namespace) -> int:
    damages, line = 0, StatusLine()

    def on_reading(file: str, done: int, total: int) -> None:
        line.draw(f"Reading {file}  {in_bytes(done)} of {in_bytes(total)}")

    for found in studio.model_store().checked(arguments.name, on_reading):
        line.clear()
        damages += found.problem is not None
        values = {"name": found.name, "is_hashed": found.is_hashed, "problem": found.problem}
        how = "whole, every byte as recorded" if found.is_hashed else "whole by its headers"
        _show(arguments, values, found.problem or how)
    return 1 if damages else 0


def _info(studio: Studio, arguments: Namespace) -> int:
    """Of what is here without a request; else what the Hub has."""
    store = studio.model_store()
    if arguments.name and own_files.info(store, arguments):
        return 0
    if arguments.name and model_here.info(studio, arguments):
        return 0
    found = _looked_up(studio, store, arguments)
    need = studio.needs.of_offer(found)
    if arguments.json:
        values = {**vars(found), "pictures": allowed_by(found.licence), "files": dict(found.files)}
        print_json(values | model_need.values(need))
        return 0
    kind = TITLES[found.family] if found.family else "single files"
    print(found.repo_id if found.problem else f"{found.repo_id}  {kind}")
    print(f"  licence   {found.licence}: {_badge(found.licence)}")
    if found.is_gated:
        print(f"  gated     accept the conditions at {found.link}, then set HF_TOKEN")
    print(f"  revision  {found.revision}")
    print(f"  download  {in_bytes(found.missing_bytes)} of {in_bytes(found.size_bytes)} to come:")
    for path, size in found.files.items():
        print(f"    {in_bytes(size):>9}  {path}")
    for row, text in model_need.rows(need).items():
        print(f"  {row:<9} {text}")
    if found.problem:
        print(found.problem, file=sys.stderr)
    return 0


def _looked_up(studio: Studio, store: ModelStore, arguments: Namespace) -> Described:
    """What the Hub has. Before it raises, tells what is known of a preset's model without it."""
    name, presets = _named(arguments), studio.stock.presets
    try:
        return store.look_up(name)
    except WeightsError:
        model = presets[name].model if name in presets else name
        if preset := preset_of(model, presets.values()):
            _show_missing(studio, arguments, model, preset)
        raise


def _download(store: ModelStore, arguments: Namespace) -> int:
    """In this process and to its end; Ctrl+C keeps what has come."""
    wish, *others = store.wishes(_named(arguments), is_update=arguments.update)
    given: dict[str, Any] = {}
    if arguments.revision:
        given["revision"] = arguments.revision
    if arguments.variant:
        given["variant"] = None if arguments.variant == "plain" else arguments.variant
    if arguments.config_only:
        given["is_config_only"] = True
    if arguments.file:
        given["files"] = tuple(arguments.file)
    for each in (wish.model_copy(update=given), *others):
        _bring(store, each, arguments.json)
    return 0


def _bring(store: ModelStore, wish: Wish, as_json: bool) -> None:
    reporter = TransferLines() if as_json else TransferBar()
    try:
        snapshot = store.bring(wish, reporter.tell)
    except KeyboardInterrupt:
        print("\nWhat has come is kept: the same command goes on there.", file=sys.stderr)
        raise
    finally:
        reporter.end()
    if as_json:
        print_json(
            {
                "event": "completed",
                "name": snapshot.repo_id,
                "revision": snapshot.revision,
                "path": str(snapshot.folder),
            }
        )
        return
    if wish.is_update and not snapshot.is_other:
        print(NOTHING_NEWER, file=sys.stderr)
    print(snapshot.folder)


def _remove(store: ModelStore, arguments: Namespace) -> int:
    name = _named(arguments)
    if not arguments.yes:
        store.check_removable(name)
        raise BadRequest(
            f"This deletes the files of {name}. Add --yes if that is what you want.", field="yes"
        )
    store.remove(name)
    _show(arguments, {"event": "removed", "name": name}, "removed")
    return 0


def _badge(licence: str) -> str:
    return f"{licence} ({BADGES[allowed_by(licence)]})"


def _named(arguments: Namespace) -> str:
    if not arguments.name:
        names = "a preset's name, owner/name as on the Hub, or a link to its page"
        if arguments.action == "remove":
            names = "as `models list` writes it"
        raise BadRequest(
            f"Which model? Write `models {arguments.action} NAME`: {names}.", field="name"
        )
    return str(arguments.name)


def _show(arguments: Namespace, values: dict[str, Any], text: str) -> None:
    if arguments.json:
        print_json(values)
    else:
        print_row(f"{values['name']:<44} {text}")
