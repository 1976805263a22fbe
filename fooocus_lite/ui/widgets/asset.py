"""Text files of the page, and widgets made of them. Knows nothing of what is in them."""

from pathlib import Path
from typing import Any

import gradio as gr

UI = Path(__file__).resolve().parent.parent


def asset(name: str) -> str:
    """The text of a file below ui/, such as "widgets/stage.js"."""
    return (UI / name).read_text(encoding="utf-8")


def widget(name: str, value: Any = None, **given: Any) -> gr.HTML:
    """A `gr.HTML` of widgets/<name>.html and .js.

    The template never shows the value: `gr.HTML` escapes nothing, so the script sets it as text.
    """
    return gr.HTML(
        value=value,
        html_template=asset(f"widgets/{name}.html"),
        js_on_load=asset(f"widgets/{name}.js"),
        apply_default_css=False,
        **given,
    )
