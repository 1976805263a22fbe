"""The stage: live preview, progress and finished pictures; and the page's quiet helpers."""

from typing import Any

import gradio as gr

from ...thinking.styles import ENHANCE
from ..progress import IDLE
from .asset import widget


def stage(**given: Any) -> gr.HTML:
    """The hero of the page; `value` is a frame of progress.py."""
    return widget("stage", IDLE, **given)


def strip(**given: Any) -> gr.HTML:
    """The finished pictures of this visit; `value` holds the cards of the job that changed."""
    return widget("strip", {"job": "", "pictures": []}, **given)


def forever(**given: Any) -> gr.HTML:
    """A switch: the next picture begins when one's own are done. Lives in the browser alone."""
    return widget("forever", **given)


def sheet_button(**given: Any) -> gr.HTML:
    """Starts a contact sheet (`click`); `select` carries the picture whose style was taken."""
    return widget("sheet", {}, kept=ENHANCE, **given)


def message_line(**given: Any) -> gr.HTML:
    """One calm sentence when something needs saying; `value` is {"kind", "text"}."""
    return widget("message", {"kind": "", "text": ""}, **given)


def history_panel(**given: Any) -> gr.HTML:
    """Pictures of earlier visits, fetched when the panel opens."""
    return widget("history", **given)


def footer(model: str, **given: Any) -> gr.HTML:
    """Which model draws (`value`), and how the program is doing."""
    return widget("footer", model, **given)


def bridge(**given: Any) -> gr.HTML:
    """Lets scripts ask Python: `input` carries a picture's id or found settings (as JSON text),
    `click` asks to follow again.
    """
    return widget("bridge", **given)
