"""The line near Generate that says what a picture will take, before anything is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from ..errors import FooocusLiteError
from ..studio import Studio
from ..visitor import visitor_of
from .form import Fields, request_of

ANY_PROMPT = "any"
"""Stands for the words, which change nothing of how long it takes."""

DECIDES = (
    "preset", "start", "performance", "aspect", "size", "count", "num_inference_steps",
    "guidance_scale",
)  # fmt: skip
"""The controls that time and memory depend on."""


@dataclass(frozen=True)
class ForecastLine:
    """The handler for the line; `line` is what it changes."""

    studio: Studio
    fields: Fields
    line: gr.HTML

    @property
    def deciding(self) -> list[Any]:
        """The controls to look anew after."""
        return [self.fields[name] for name in DECIDES]

    def look(self, values: Mapping[Component, Any], request: gr.Request) -> dict[Component, Any]:
        """Seconds, memory and why, also for a model that is not here yet.

        Empty while nothing can be said, or the form has a mistake.
        """
        prompt = self.fields["prompt"]
        text = str(values[prompt] or "")
        try:
            asked = request_of(self.fields, {**values, prompt: text.strip() or ANY_PROMPT})
            found = self.studio.orders.forecast(asked, visitor_of(request))
        except FooocusLiteError:
            found = None
        if found is None:
            return {self.line: {}}
        text = found.text if found.is_here else f"Once downloaded: {found.text}"
        return {self.line: {"text": text, "reason": found.reason}}
