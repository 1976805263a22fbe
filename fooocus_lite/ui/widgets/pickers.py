"""Pickers drawn by us: aspect buttons, style cards, and the chips of what is chosen.

Functions, not subclasses: Gradio writes a stub file beside each module that has a subclass.
"""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ...thinking.families import Aspect
from .asset import widget


def aspect_picker(aspects: Sequence[Aspect], value: str, **given: Any) -> gr.HTML:
    """Drawn shapes with their pixel sizes; `value` is the chosen aspect's name."""
    return widget("aspect", value, aspects=aspect_shapes(aspects), **given)


def style_picker(styles: Sequence[dict[str, Any]], value: Sequence[str], **given: Any) -> gr.HTML:
    """Cards with search and categories; `value` is the list of chosen names, in order of choice."""
    return widget("styles", list(value), styles=list(styles), **given)


def style_chips(**given: Any) -> gr.HTML:
    """What is chosen, always in sight; each chip takes its style away."""
    return widget("chips", **given)


def example_prompts(prompts: Sequence[str], **given: Any) -> gr.HTML:
    """Prompts to start from; a click writes one into the box. `value` is the list of them."""
    return widget("examples", list(prompts), **given)


def aspect_shapes(aspects: Sequence[Aspect]) -> list[dict[str, Any]]:
    return [{"name": each.name, "width": each.width, "height": each.height} for each in aspects]
