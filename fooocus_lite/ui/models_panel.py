"""The Models panel as a part of the page: a chosen model becomes the page's preset."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from ..errors import FooocusLiteError
from ..studio import Studio
from ..thinking.presets import Preset, preset_of
from ..visitor import Visitor
from .actions import Actions, preset_named
from .owner import asker_of
from .preset_facts import about, preset_choices
from .widgets.asset import widget

Values = Mapping[Component, Any]
Changes = dict[Component, Any]


def models_panel(preset: Preset, **given: Any) -> gr.HTML:
    """Models that are here or could be; `input` carries {"use": name} when one is chosen, `select`
    tells that models came or left; `in_use` holds the names of those the page's preset needs.

    Lists, downloads and uploads go over the addresses of `model_routes`.
    """
    return widget("models", in_use=list(preset.needs), **given)


@dataclass(frozen=True)
class ModelsPanel:
    """The handlers of the region; `panel` is its component, `about` the facts about the preset."""

    studio: Studio
    actions: Actions
    panel: gr.HTML
    about: gr.HTML

    def use(self, values: Values, request: gr.Request) -> Changes:
        """Turns the page to a preset of the model; one is made when there is none."""
        asked = values[self.panel]
        name = str(asked.get("use", "")) if isinstance(asked, dict) else ""
        try:
            preset = self._preset(name, values, asker_of(request))
        except FooocusLiteError as error:
            return {self.actions.message: {"kind": "error", "text": error.message}}
        changes = self.actions.preset_changes(preset)
        self.studio.warm(preset.name)
        choice = gr.update(choices=preset_choices(self.studio), value=preset.name)
        here = self.studio.stock.models_and_refiners()
        text = f"{preset.shown_name} is chosen."
        return {
            **changes,
            self.actions.fields["preset"]: choice,
            self.about: about(preset, here),
            self.actions.message: {"kind": "info", "text": text},
        }

    def look(self, values: Values) -> Changes:
        """The presets to choose from and the facts about the chosen one, as models came or left."""
        preset = preset_named(self.studio, values[self.actions.fields["preset"]])
        return {
            self.actions.fields["preset"]: gr.update(choices=preset_choices(self.studio)),
            self.about: about(preset, self.studio.stock.models_and_refiners()),
        }

    def mark(self, values: Values) -> Changes:
        """Tells the panel which models the chosen preset uses."""
        preset = preset_named(self.studio, values[self.actions.fields["preset"]])
        return {self.panel: gr.update(in_use=list(preset.needs))}

    def _preset(self, name: str, values: Values, visitor: Visitor) -> Preset:
        """The chosen preset if it is of this model, else the first that is."""
        presets = self.studio.stock.presets
        chosen = presets.get(values[self.actions.fields["preset"]])
        if chosen is not None and name == chosen.model:
            return chosen
        if known := presets.get(name) or preset_of(name, presets.values()):
            return known
        return self.studio.model_store(visitor).preset_for(name)
