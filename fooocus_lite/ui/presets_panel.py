"""What presets do on the page: being looked at, saved, and the last visit's settings restored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from ..errors import BadRequest, FooocusLiteError
from ..recipe import MAX_COUNT, MAX_PROMPT_CHARACTERS
from ..studio import Studio
from ..thinking.families import Family
from ..thinking.presets import Preset
from ..thinking.sizes import snapped
from ..visitor import visitor_of
from .actions import Actions, preset_named
from .form import request_of, with_values
from .preset_facts import about, preset_choices

Values = Mapping[Component, Any]
Changes = dict[Component, Any]
MAX_TEXT_CHARACTERS = 40
NO_NAME = "Write a name for the preset first."


@dataclass(frozen=True)
class PresetsPanel:
    """The handlers of the region; `kept` and `name` are its own controls."""

    studio: Studio
    actions: Actions
    about: gr.HTML
    kept: gr.HTML
    name: gr.Textbox

    def look(self, values: Values) -> Changes:
        """The facts about the chosen preset."""
        preset = preset_named(self.studio, values[self.actions.fields["preset"]])
        return {self.about: about(preset, self.studio.stock.models_and_refiners())}

    def refresh(self, request: gr.Request) -> tuple[dict[str, Any], dict[str, Any]]:
        """The list, to which a preset or model may have come; and for the host the row to save."""
        return (
            gr.update(choices=preset_choices(self.studio)),
            gr.update(visible=visitor_of(request).is_host),
        )

    def save(self, values: Values, request: gr.Request) -> Changes:
        """Saves the controls as a preset, and chooses it; a preset chosen now may be replaced."""
        fields, name = self.actions.fields, str(values[self.name] or "")
        chosen = values[fields["preset"]]
        try:
            if not name.strip():
                raise BadRequest(NO_NAME)
            words = {fields["prompt"]: values[fields["prompt"]] or "any", fields["start"]: None}
            recipe = self.studio.orders.plan(request_of(fields, {**values, **words}))[0]
            is_chosen = name.strip().lower() == str(chosen).lower()
            self.studio.save_preset(name, recipe, visitor_of(request), replace=is_chosen)
        except FooocusLiteError as error:
            return {self.actions.message: {"kind": "error", "text": error.message}}
        saved = chosen if is_chosen else name.strip()
        return {
            fields["preset"]: gr.update(choices=preset_choices(self.studio), value=saved),
            self.name: "",
            self.actions.message: {"kind": "info", "text": f"Saved as the preset “{saved}”."},
        }

    def restore(self, values: Values, request: gr.Request) -> Changes:
        """The controls as this browser left them, as far as that is still possible here."""
        fields = self.actions.fields
        done: Changes = {self.kept: {"is_done": True}}
        given: Any = values[self.kept]
        kept = given.get("settings") if isinstance(given, dict) else None
        if not isinstance(kept, dict) or kept.get("preset") not in self._shown():
            return done
        preset = self.studio.stock.presets[kept["preset"]]
        family = self.studio.stock.family_of(preset.model)
        checks = self._checks(preset, family, visitor_of(request).owner)
        values = {
            fields[name]: kept[name]
            for name, is_possible in checks.items()
            if name in kept and is_possible(kept[name])
        }
        changes = with_values(self.actions.preset_changes(preset), values)
        return {**changes, fields["preset"]: preset.name, **done}

    def _shown(self) -> list[str]:
        return [name for _, name in preset_choices(self.studio)]

    def _checks(
        self, preset: Preset, family: Family, owner: str
    ) -> dict[str, Callable[[Any], bool]]:
        """Of each field, whether a value from a browser can stand in its control."""
        styles = list(self.studio.stock.styles)
        offers = family.offers(self.studio.stock.is_distilled(preset.model))
        # Lists, because a browser may hold values that no set can be asked about.
        possible = [offer.name for offer in offers if not offer.reason]
        aspects = [each.name for each in family.aspects]
        return {
            "styles": lambda value: isinstance(value, list) and all(x in styles for x in value),
            "start": lambda value: self._is_start(value, owner),
            "aspect": lambda value: value in aspects,
            "size": lambda value: _is_size(value, family),
            "performance": lambda value: value in possible,
            "scheduler": lambda value: value == "" or value in family.schedulers,
            "image_format": lambda value: value in ("png", "jpeg", "webp"),
            "count": lambda value: type(value) is int and 1 <= value <= MAX_COUNT,
            "wildcards_in_order": lambda value: type(value) is bool,
            "negative_prompt": lambda value: _is_text(value, MAX_PROMPT_CHARACTERS),
            "seed": lambda value: _is_text(value, MAX_TEXT_CHARACTERS),
            "num_inference_steps": lambda value: _is_text(value, MAX_TEXT_CHARACTERS),
            "guidance_scale": lambda value: _is_text(value, MAX_TEXT_CHARACTERS),
        }

    def _is_start(self, value: object, owner: str) -> bool:
        """Whether it names a picture of the owner's that is still here, or none."""
        if not isinstance(value, dict) or set(value) != {"image", "strength"}:
            return value is None
        try:
            self.studio.gallery.input_size(str(value["image"]), owner)
        except FooocusLiteError:
            return False
        strength = value["strength"]
        return strength is None or (type(strength) in (int, float) and 0 < strength <= 1)


def _is_text(value: object, at_most: int) -> bool:
    return isinstance(value, str) and len(value) <= at_most


def _is_size(value: object, family: Family) -> bool:
    """Whether it is {"width", "height"} that the family can make, or no size of one's own."""
    if not isinstance(value, dict):
        return value is None
    width, height = value.get("width"), value.get("height")
    if type(width) is not int or type(height) is not int:
        return False
    return snapped(width, height, family) == (width, height)
