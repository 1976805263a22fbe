"""What `models list` and `models info` say of a model that is here. Asks nobody else."""

from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from ..studio import Studio
from ..supplies.model_store import Model
from ..thinking.amounts import in_bytes
from ..thinking.families import TITLES
from ..thinking.licences import allowed_by
from ..thinking.presets import Preset, preset_of
from . import model_need
from .json_line import print_json

BADGES = {
    "commercial": "commercial use OK",
    "conditions": "conditions apply",
    "non-commercial": "non-commercial only",
    None: "read its licence",
}


def values(model: Model, presets: Iterable[Preset]) -> dict[str, Any]:
    """As `models list --json` writes it; `memory_gib` is what a preset says of any machine."""
    named = preset_of(model.name, presets)
    return {
        "name": model.name,
        "family": model.family,
        "licence": model.licence,
        "pictures": allowed_by(model.licence),
        "size_mib": round(model.size_bytes / 2**20, 1),
        "memory_gib": named.memory_gib if named else None,
        "revision": model.revision,
        "is_here": True,
        "presets": using(model.name, presets),
    }


def using(name: str, presets: Iterable[Preset]) -> list[str]:
    """The presets with this model or refiner."""
    return [each.name for each in presets if name in each.needs]


def info(studio: Studio, arguments: Namespace) -> bool:
    """Says what a model or preset's model is that lies here; False when there is none.

    Imports torch: what it takes is told for this machine. Raises WeightsError for a damaged one.
    """
    presets = studio.stock.presets
    name = presets[arguments.name].model if arguments.name in presets else arguments.name
    model = studio.stock.models_and_refiners().get(name)
    if model is None:
        return False
    said = values(model, presets.values()) | {"path": str(model.folder)}
    need = studio.needs.of(name)
    said |= model_need.values(need)
    if arguments.json:
        print_json(said)
        return True
    print(f"{model.name}  {TITLES[model.family]}")
    rows = {
        "licence": f"{model.licence} ({BADGES[said['pictures']]})",
        "size": in_bytes(model.size_bytes),
        "revision": model.revision,
        "presets": ", ".join(said["presets"]),
        "folder": said["path"],
        **model_need.rows(need),
    }
    for row, text in rows.items():
        if text:
            print(f"  {row:<9} {text}")
    return True
