"""What stands around the prompt box while somebody writes."""

from typing import Any

import gradio as gr

from .asset import widget


def completions(**given: Any) -> gr.HTML:
    """The list that opens after "<", "__" and "embedding:"; `value` is what it may offer."""
    return widget("completions", {}, **given)


def note(**given: Any) -> gr.HTML:
    """The line under the box: tokens and what Enhance adds. `input` asks for it anew."""
    return widget("note", {}, **given)


def forecast(**given: Any) -> gr.HTML:
    """What a picture will take, {"text", "reason"}; the reason unfolds. Empty: nothing is known."""
    return widget("forecast", {}, **given)


def building_blocks(value: list[dict[str, Any]], **given: Any) -> gr.HTML:
    """Words to put a prompt together from by clicks; `value` is a list of {"kind", "words"}."""
    return widget("blocks", value, **given)
