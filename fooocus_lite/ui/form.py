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
from .advanced import Advanced, first_performance, performance_choices, text_of
from .prompt import PromptRegion, first_aspect
from .widgets.pickers import aspect_shapes

Fields = dict[str, Component]
ADVICE = {
    "seed": f"Write one from 0 to {MAX_SEED}, or -1 for a random one.",
    "steps": "Write one from 1 to 150, or leave it empty.",
    "guidance": "Write one from 0 to 30, or leave it empty.",
}
LABELS = {
    "count": "The number of pictures",
    "seed": "The seed",
    "num_inference_steps": "The number of steps",
    "guidance_scale": "The guidance",
}


def fields_of(prompt: PromptRegion, advanced: Advanced, styles: gr.HTML) -> Fields:
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
    asked["seed"] = number_of(asked["seed"], "seed", int) if asked["seed"] else -1
    asked["num_inference_steps"] = number_of(asked["num_inference_steps"], "steps", int)
    asked["guidance_scale"] = number_of(asked["guidance_scale"], "guidance", float)
    asked["styles"] = tuple(asked["styles"] or ())
    for name in ("scheduler", "performance", "aspect", "preset", "image_format"):
        asked[name] = asked[name] or None
    for name in ("prompt", "negative_prompt"):
        asked[name] = asked[name] or ""
    try:
        return request_from(asked)
    except BadRequest as error:
        raise _in_words_of_the_page(error) from None


def number_of(text: Any, name: str, kind: type[int] | type[float]) -> float | None:
    """The number in a text box, None when it is empty. Raises BadRequest for anything else."""
    written = str(text if text is not None else "").strip().replace("−", "-").replace(",", ".")
    if not written:
        return -1 if name == "seed" else None
    try:
        return kind(written)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise BadRequest(f"The {name} “{written[:60]}” is not {what}. {ADVICE[name]}") from None


def _in_words_of_the_page(error: BadRequest) -> BadRequest:
    label = LABELS.get(error.field or "")
    if label is None or not error.message.startswith(f"{error.field} is "):
        return error
    said = label + error.message.removeprefix(str(error.field))
    return BadRequest(said, field=error.field, allowed=error.allowed)


def settings_of(
    fields: Fields, studio: Studio, recipe: Recipe, preset: Preset
) -> dict[Component, Any]:
    """The controls as they were for this picture, with its seed and the words as typed."""
    request = recipe.request
    known = studio.stock.styles
    family = studio.stock.family_of(preset.model)
    wanted: dict[str, Any] = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "styles": [name for name in recipe.styles if name in known],
        "preset": preset.name,
        "seed": str(recipe.seed),
        "num_inference_steps": text_of(request.num_inference_steps),
        "guidance_scale": text_of(request.guidance_scale),
        "scheduler": request.scheduler or "",
        "performance": request.performance or first_performance(preset, family).name,
    }
    if request.image_format:
        wanted["image_format"] = request.image_format
    aspect = aspect_of(recipe, family)
    if aspect:
        wanted["aspect"] = aspect
    return {fields[name]: value for name, value in wanted.items()}


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
        fields["styles"]: list(preset.styles),
        fields["aspect"]: gr.update(
            value=first_aspect(preset, family), aspects=aspect_shapes(family.aspects)
        ),
        fields["performance"]: gr.update(
            choices=performance_choices(family), value=first_performance(preset, family).name
        ),
        fields["negative_prompt"]: preset.negative_prompt,
        fields["num_inference_steps"]: text_of(preset.num_inference_steps),
        fields["guidance_scale"]: text_of(preset.guidance_scale),
        fields["scheduler"]: preset.scheduler or "",
    }
