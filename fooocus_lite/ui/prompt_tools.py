"""What helps while a prompt is written: what is installed, how long it is, what Enhance adds."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from ..errors import FooocusLiteError
from ..studio import Studio
from ..thinking.blocks import blocks_for
from ..thinking.pantry import Pantry
from ..thinking.styles import ENHANCE
from .form import Fields, request_of

EXAMPLE_SEED = 0
HINT_CHARACTERS = 60
Named = list[dict[str, str]]


@dataclass(frozen=True)
class PromptTools:
    """Handlers for what stands around the prompt box; its parts are what they read and change."""

    studio: Studio
    fields: Fields
    note: gr.HTML
    completions: gr.HTML
    blocks: gr.HTML

    def look(self, values: Mapping[Component, Any]) -> dict[Component, Any]:
        """How long the prompt is and what Enhance adds to it; silent where it cannot be said."""
        text = str(values[self.fields["prompt"]] or "")
        if not text.strip():
            return {self.note: {}}
        note = {"tokens": self._tokens(text, values), "added": ""}
        if ENHANCE in (values[self.fields["styles"]] or ()):
            note |= self._enhanced(values)
        return {self.note: note}

    def offer(self, values: Mapping[Component, Any]) -> dict[Component, Any]:
        """What the preset's model has to complete a name with, and words that it understands."""
        stock = self.studio.stock
        model = self._model(values)
        return {
            self.completions: installed(stock.pantry(), model),
            self.blocks: blocks_of(self.studio, model),
        }

    def _model(self, values: Mapping[Component, Any]) -> str:
        return self.studio.stock.preset_named(values[self.fields["preset"]]).model

    def _tokens(self, text: str, values: Mapping[Component, Any]) -> list[dict[str, Any]]:
        try:
            counts = self.studio.stock.token_counts(self._model(values), text)
        except FooocusLiteError:
            return []
        return [asdict(each) for each in counts]

    def _enhanced(self, values: Mapping[Component, Any]) -> dict[str, Any]:
        """What Enhance adds to the first picture; for a random seed, to one whose seed stays."""
        try:
            asked = request_of(self.fields, values)
            is_example = asked.seed == -1
            seed = EXAMPLE_SEED if is_example else asked.seed
            words = {"seed": seed, "count": 1, "image": None, "strength": None}
            first = self.studio.orders.plan(asked.model_copy(update=words))[0]
        except FooocusLiteError:
            return {}
        return {"added": first.expansion, "is_example": is_example, "style": ENHANCE}


def blocks_of(studio: Studio, model: str) -> list[dict[str, Any]]:
    """Words that a model understands, for the building blocks: {"kind", "words"} of each kind."""
    blocks = blocks_for(studio.stock.known_words(model))
    return [{"kind": kind, "words": list(words)} for kind, words in blocks.items()]


def installed(pantry: Pantry, model: str) -> dict[str, Named]:
    """The names `<`, `__` and `embedding:` may be completed with for a model, each in order."""
    return {
        "loras": _named(pantry.loras[model]),
        "embeddings": _named(pantry.embeddings[model]),
        "wildcards": [
            {"name": name, "hint": ", ".join(lines)[:HINT_CHARACTERS]}
            for name, lines in sorted(pantry.wildcards.items())
        ],
    }


def _named(names: Iterable[str]) -> Named:
    return [{"name": name} for name in sorted(names)]
