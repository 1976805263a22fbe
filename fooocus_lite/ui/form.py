"""From the controls to one request, and from found settings back to the controls."""

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.components import Component

from ..errors import BadRequest
from ..recipe import MAX_SEED, ImageRequest, request_from
from ..thinking.families import Family
from ..thinking.foreign.found import FoundSettings
from ..thinking.presets import Preset
from .advanced import Advanced, first_performance, own_size, scheduler_choices, text_of
from .prompt import PromptRegion, first_aspect
from .widgets.pickers import aspect_shapes, performance_offers, size_limits, starting_limits

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
        "start": prompt.start,
        "aspect": prompt.aspect,
        "size": advanced.size,
        "styles": styles,
        "preset": advanced.preset,
        "count": advanced.count,
        "wildcards_in_order": advanced.wildcards_in_order,
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
    asked |= asked.pop("size") or {}
    asked |= asked.pop("start") or {}
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
    fields: Fields, found: FoundSettings, preset: Preset, family: Family
) -> dict[Component, Any]:
    """The controls as settings want them that were fitted to what is here; the count stays.

    What they say nothing about goes back to "you choose", so that nothing of before mixes in; only
    words already written stay. LoRAs stand in the prompt, where the page has its place for them.
    """
    tags = "".join(f" <lora:{each.name}:{each.weight:g}>" for each in found.loras)
    wanted: dict[str, Any] = {
        "start": {"image": found.image, "strength": found.strength} if found.image else None,
        "negative_prompt": found.negative_prompt,
        "styles": list(found.styles),
        "preset": preset.name,
        "wildcards_in_order": False,
        "seed": "-1" if found.seed is None else str(found.seed),
        "num_inference_steps": text_of(found.num_inference_steps),
        "guidance_scale": text_of(found.guidance_scale),
        "scheduler": found.scheduler or "",
        "performance": found.performance or first_performance(preset, family).name,
    }
    if found.prompt or tags:
        wanted["prompt"] = found.prompt + tags
    if found.image_format:
        wanted["image_format"] = found.image_format
    if found.aspect in [each.name for each in family.aspects]:
        wanted["aspect"] = found.aspect
        wanted["size"] = None
    elif found.width is not None and found.height is not None:
        wanted["size"] = {"width": found.width, "height": found.height}
    return {fields[name]: value for name, value in wanted.items()}


def with_values(
    changes: Mapping[Component, Any], values: Mapping[Component, Any]
) -> dict[Component, Any]:
    """The changes with these values in them: choices and limits that come with a preset stay."""
    merged = dict(changes)
    for component, value in values.items():
        change = merged.get(component)
        is_update = isinstance(change, dict) and "__type__" in change
        merged[component] = {**change, "value": value} if is_update and change else value
    return merged


def preset_updates(fields: Fields, preset: Preset, family: Family) -> dict[Component, Any]:
    """The controls as a preset wants them; prompt, picture, seed and count stay."""
    return {
        fields["styles"]: list(preset.styles),
        fields["start"]: gr.update(**starting_limits(family)),
        fields["aspect"]: gr.update(
            value=first_aspect(preset, family), aspects=aspect_shapes(family.aspects)
        ),
        fields["performance"]: gr.update(
            offers=performance_offers(family.offers(preset.is_distilled)),
            value=first_performance(preset, family).name,
        ),
        fields["size"]: gr.update(value=own_size(preset), limits=size_limits(family)),
        fields["negative_prompt"]: preset.negative_prompt,
        fields["num_inference_steps"]: text_of(preset.num_inference_steps),
        fields["guidance_scale"]: text_of(preset.guidance_scale),
        fields["scheduler"]: gr.update(
            choices=scheduler_choices(family), value=preset.scheduler or ""
        ),
    }
