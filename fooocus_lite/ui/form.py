"""From the controls to one request, and from a picture's recipe back to the controls."""

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.components import Component

from ..errors import BadRequest
from ..recipe import MAX_SEED, ImageRequest, Recipe, request_from
from ..studio import Studio
from ..thinking.families import Family
from ..thinking.presets import Preset
from .advanced import Advanced, first_performance, performance_choices, seed_of
from .prompt import PromptRegion, first_aspect
from .widgets.pickers import StylePicker, aspect_shapes

Fields = dict[str, Component]


def fields_of(prompt: PromptRegion, advanced: Advanced, styles: StylePicker) -> Fields:
    """Each field of `ImageRequest` that the page offers, with its control."""
    return {
        "prompt": prompt.prompt,
        "aspect": prompt.aspect,
        "styles": styles,
        "preset": advanced.preset,
        "count": advanced.count,
        "seed": advanced.seed,
        "negative_prompt": advanced.negative_prompt,
        "performance": advanced.performance,
        "num_inference_steps": advanced.num_inference_steps,
        "guidance_scale": advanced.guidance_scale,
        "scheduler": advanced.scheduler,
        "image_format": advanced.image_format,
    }


def request_of(fields: Fields, values: Mapping[Component, Any]) -> ImageRequest:
    """What the controls ask for. Raises BadRequest naming the first wrong value."""
    asked = {name: values[component] for name, component in fields.items()}
    asked["seed"] = seed_of(asked["seed"])
    if isinstance(asked["seed"], str):
        raise BadRequest(
            f"The seed “{asked['seed'][:60]}” is not a whole number. Write one from 0 to {MAX_SEED}, "
            "or -1 for a random one.",
            field="seed",
        )
    asked["styles"] = tuple(asked["styles"] or ())
    for name in ("scheduler", "performance", "aspect", "preset", "image_format"):
        asked[name] = asked[name] or None
    asked["negative_prompt"] = asked["negative_prompt"] or ""
    asked["prompt"] = asked["prompt"] or ""
    return request_from(asked)


def settings_of(
    fields: Fields, studio: Studio, recipe: Recipe, preset: Preset
) -> dict[Component, Any]:
    """The controls as they were for this picture, with its seed and the words as typed."""
    request = recipe.request
    known = studio.styles()
    family = studio.family_of(preset.model)
    wanted: dict[str, Any] = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "styles": [name for name in recipe.styles if name in known],
        "preset": preset.name,
        "seed": str(recipe.seed),
        "num_inference_steps": request.num_inference_steps,
        "guidance_scale": request.guidance_scale,
        "scheduler": request.scheduler or "",
        "performance": request.performance or first_performance(preset, family).name,
    }
    if request.image_format:
        wanted["image_format"] = request.image_format
    aspect = aspect_of(recipe, family)
    if aspect:
        wanted["aspect"] = aspect
    updates = {fields[name]: gr.update(value=value) for name, value in wanted.items()}
    return updates


def aspect_of(recipe: Recipe, family: Family) -> str | None:
    """The aspect button of the picture's size, if there is one."""
    for each in family.aspects:
        if (each.width, each.height) == (recipe.width, recipe.height):
            return each.name
    names = [each.name for each in family.aspects]
    return recipe.request.aspect if recipe.request.aspect in names else None


def preset_updates(fields: Fields, preset: Preset, family: Family) -> dict[Component, Any]:
    """The controls as a preset wants them; prompt, seed and count stay."""
    return {
        fields["styles"]: gr.update(value=list(preset.styles)),
        fields["aspect"]: gr.update(
            value=first_aspect(preset, family), aspects=aspect_shapes(family.aspects)
        ),
        fields["performance"]: gr.update(
            choices=performance_choices(family), value=first_performance(preset, family).name
        ),
        fields["negative_prompt"]: gr.update(value=preset.negative_prompt),
        fields["num_inference_steps"]: gr.update(value=preset.num_inference_steps),
        fields["guidance_scale"]: gr.update(value=preset.guidance_scale),
        fields["scheduler"]: gr.update(value=preset.scheduler or ""),
    }
