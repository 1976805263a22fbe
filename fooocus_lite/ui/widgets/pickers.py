"""Pickers drawn by us: aspect buttons, style cards, and the chips of what is chosen.

Functions, not subclasses: Gradio writes a stub file beside each module that has a subclass.
"""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ...thinking.families import Aspect, Family, Offer
from .asset import widget


def aspect_picker(aspects: Sequence[Aspect], value: str, **given: Any) -> gr.HTML:
    """Drawn shapes with their pixel sizes; `value` is the chosen aspect's name."""
    return widget("aspect", value, aspects=aspect_shapes(aspects), **given)


def performance_picker(offers: Sequence[Offer], value: str, **given: Any) -> gr.HTML:
    """All performances, those the model cannot do grey with the reason; `value` is a name."""
    return widget("performance", value, offers=performance_offers(offers), **given)


def size_picker(family: Family, value: dict[str, int] | None, **given: Any) -> gr.HTML:
    """Width and height; `value` is {"width", "height"} in pixels, None while a button's count."""
    return widget("size", value, limits=size_limits(family), **given)


def style_picker(styles: Sequence[dict[str, Any]], value: Sequence[str], **given: Any) -> gr.HTML:
    """Cards with search and categories; `value` is the list of chosen names, in order of choice.

    `shown` (a list of names, or None for all) are the styles that the model can show.
    """
    return widget("styles", list(value), styles=list(styles), **given)


def style_chips(**given: Any) -> gr.HTML:
    """What is chosen, always in sight; each chip takes its style away."""
    return widget("chips", **given)


def example_prompts(prompts: Sequence[str], **given: Any) -> gr.HTML:
    """Prompts to start from; a click writes one into the box. `value` is the list of them."""
    return widget("examples", list(prompts), **given)


def starting_picture(family: Family, **given: Any) -> gr.HTML:
    """The picture to start from and how much of it may change; `value` is {"image", "strength"},
    where a strength of None is the family's, or None.
    """
    return widget("start", **starting_limits(family), **given)


def starting_limits(family: Family) -> dict[str, Any]:
    """The strength if nobody says, and what to say where the family cannot."""
    problem = "" if family.img2img else f"{family.title} cannot start from a picture."
    return {"strength": family.strength, "problem": problem}


def performance_offers(offers: Sequence[Offer]) -> list[dict[str, str]]:
    return [{"name": each.name, "hint": each.hint, "reason": each.reason} for each in offers]


def size_limits(family: Family) -> dict[str, int]:
    return {"multiple": family.size_multiple, "min": family.min_side, "max": family.max_side}


def aspect_shapes(aspects: Sequence[Aspect]) -> list[dict[str, Any]]:
    return [{"name": each.name, "width": each.width, "height": each.height} for each in aspects]
