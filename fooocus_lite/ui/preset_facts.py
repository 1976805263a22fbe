"""What the page says about presets: which are ready, what a licence allows, what a model needs."""

from collections.abc import Collection
from typing import Any

import gradio as gr

from ..studio import Studio
from ..thinking.presets import Preset
from .widgets.asset import widget

NOT_HERE = "Not downloaded yet"
BADGES = {
    "commercial": "Commercial use OK",
    "conditions": "Conditions apply",
    "non-commercial": "Non-commercial only",
}


def about_preset(**given: Any) -> gr.HTML:
    """Licence, download and memory of a preset's model; `value` is what `about` gives."""
    return widget("about", **given)


def kept_settings(names: list[str], launched: str, **given: Any) -> gr.HTML:
    """Keeps the values of the controls `names` in the browser, and gives them back at a visit.

    Not when the program was launched with another preset than `launched` since.
    """
    return widget("kept", names=names, launched=launched, **given)


def preset_choices(studio: Studio) -> list[tuple[str, str]]:
    """Label and name of each preset the page can show, ready ones first."""
    ready = studio.stock.ready_presets()
    shown = [each for each in studio.stock.presets.values() if each.name in ready or each.family]
    return [
        (each.shown_name if each.name in ready else f"{each.shown_name} · to download", each.name)
        for each in sorted(shown, key=lambda each: (each.name not in ready, each.shown_name))
    ]


def about(preset: Preset, here: Collection[str]) -> dict[str, str]:
    """What people ask before a download, in a few words each; empty where nothing is known.

    `here`: the models and refiners that need none.
    The memory is what the preset says of any machine: the line near Generate speaks of this one.
    """
    licence = preset.licence
    absent = [name for name in preset.needs if name not in here]
    needs = []
    if size := preset.total_gib:
        needs.append(f"{size:g} GiB on disk")
    if preset.memory_gib:
        note = f" ({preset.memory_note})" if preset.memory_note else ""
        needs.append(f"graphics card with {preset.memory_gib:g} GiB{note}")
    return {
        "state": f"{NOT_HERE}: {' and '.join(absent)}" if absent else "",
        "badge": BADGES[licence.pictures] if licence else "",
        "kind": licence.pictures if licence else "",
        "licence": licence.text if licence else "",
        "needs": ", ".join(needs),
    }
