"""From what was asked to what will be made: the one place where a setting's precedence is written.

What the person set > performance > preset > the family's default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from ..errors import BadRequest, UnknownName
from ..recipe import MAX_SEED, ImageRequest, LoRA, Recipe
from . import styles as style_rules
from .families import Aspect, Family, Performance
from .presets import Preset
from .schedulers import SCHEDULERS
from .styles import Style

RANDOM_SEEDS = 2**32
"""Random seeds stay below this, the range every other tool accepts; given ones may be larger."""


@dataclass(frozen=True)
class Pantry:
    """All that names in a request can mean: what this installation has."""

    presets: Mapping[str, Preset]
    styles: Mapping[str, Style]
    families: Mapping[str, Family]
    """By model name."""
    loras: Mapping[str, frozenset[str]]
    """LoRA names by model name."""
    default_preset: str


def resolve(request: ImageRequest, pantry: Pantry, random: Random) -> list[Recipe]:
    """One recipe per picture, with consecutive seeds (beginning again at 0 past the largest).

    `random` is asked only when the seed is -1. Raises BadRequest or UnknownName, naming the field.
    """
    preset = preset_for(request.preset, pantry)
    model = request.model or preset.model
    if model not in pantry.families:
        raise UnknownName.among("model", model, pantry.families)
    family = pantry.families[model]
    performance = _performance(request, preset, family)
    width, height = size_for(request, preset, family)
    style_names = preset.styles if request.styles is None else request.styles
    chosen = style_rules.chosen(style_names, pantry.styles)
    prompt, negative_prompt = style_rules.apply(
        chosen, request.prompt.strip(), request.negative_prompt.strip() or preset.negative_prompt
    )
    first_set = partial(_first_set, (request, performance, preset, family.default_performance))
    first_seed = random.randrange(RANDOM_SEEDS) if request.seed == -1 else request.seed
    first = Recipe(
        model=model,
        family=family.name,
        prompt=prompt,
        negative_prompt=negative_prompt,
        styles=tuple(style.name for style in chosen),
        loras=_loras(request, preset, pantry.loras[model]),
        num_inference_steps=first_set("num_inference_steps"),
        guidance_scale=first_set("guidance_scale"),
        scheduler=_scheduler(first_set("scheduler")),
        width=width,
        height=height,
        seed=first_seed,
        request=request,
    )
    return [
        first.model_copy(update={"seed": (first_seed + index) % (MAX_SEED + 1)})
        for index in range(request.count)
    ]


def preset_for(name: str | None, pantry: Pantry) -> Preset:
    """The preset of that name, or the default one when there is no name."""
    wanted = name or pantry.default_preset
    by_lower = {name.lower(): preset for name, preset in pantry.presets.items()}
    preset = by_lower.get(wanted.strip().lower())
    if preset is None:
        raise UnknownName.among("preset", wanted, pantry.presets)
    return preset


def size_for(request: ImageRequest, preset: Preset, family: Family) -> tuple[int, int]:
    """Width and height in pixels: an exact size, else an aspect button, else the family's first.

    Raises BadRequest with the two nearest sizes when the model cannot make the size asked.
    """
    if request.width is not None and request.height is not None:
        return (
            _side("width", request.width, family),
            _side("height", request.height, family),
        )
    wanted = request.aspect or preset.aspect
    aspect = _aspect(wanted, family) if wanted else family.aspects[0]
    return aspect.width, aspect.height


def _aspect(wanted: str, family: Family) -> Aspect:
    name = wanted.strip().replace("×", ":").replace("/", ":").replace(" ", "")
    for aspect in family.aspects:
        if aspect.name == name:
            return aspect
    offered = ", ".join(aspect.name for aspect in family.aspects)
    raise UnknownName(
        f"There is no aspect called “{wanted}” for {family.title}. There is: {offered}.",
        field="aspect",
        allowed=[aspect.name for aspect in family.aspects],
    )


def _side(field: str, pixels: int, family: Family) -> int:
    multiple = family.size_multiple
    if family.min_side <= pixels <= family.max_side and pixels % multiple == 0:
        return pixels
    below = min(max(pixels // multiple * multiple, family.min_side), family.max_side)
    above = min(max(below + multiple, family.min_side), family.max_side)
    allowed = sorted({below, above})
    raise BadRequest(
        f"The {field} {pixels} does not suit {family.title}: it makes {family.min_side} to "
        f"{family.max_side} pixels in steps of {multiple}. The nearest: "
        f"{' and '.join(str(each) for each in allowed)}.",
        field=field,
        allowed=allowed,
    )


def _performance(request: ImageRequest, preset: Preset, family: Family) -> Performance | None:
    """None only where neither the person nor the preset names one."""
    wanted = request.performance or preset.performance
    if wanted is None:
        return None
    by_lower = {each.name.lower(): each for each in family.performances}
    found = by_lower.get(wanted.strip().lower())
    if found is None:
        raise UnknownName.among("performance", wanted, [each.name for each in family.performances])
    return found


def _scheduler(name: str) -> str:
    if name not in SCHEDULERS:
        raise UnknownName.among("scheduler", name, SCHEDULERS)
    return name


def _loras(request: ImageRequest, preset: Preset, known: frozenset[str]) -> tuple[LoRA, ...]:
    loras = preset.loras if request.loras is None else request.loras
    for lora in loras:
        if lora.name not in known:
            raise UnknownName.among("lora", lora.name, known)
    return tuple(loras)


def _first_set(sources: Sequence[object], field: str) -> Any:
    """The field's value in the first source that sets it; the last source sets everything."""
    values = (getattr(source, field, None) for source in sources)
    return next(value for value in values if value is not None)
