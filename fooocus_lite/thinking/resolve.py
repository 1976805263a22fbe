"""From what was asked to what will be made: the one place where a setting's precedence is written.

What the person set > performance > preset > the family's default.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from random import Random
from typing import Any

from ..errors import BadRequest, UnknownName, WeightsError
from ..recipe import ImageRequest, LoRA, Recipe
from . import chance
from .distilled import is_named_distilled
from .families import Family, Performance
from .image_to_image import image_size
from .pantry import MODEL_FOLDER, Pantry, as_here
from .presets import Preset, preset_called
from .refiner import refiner_for
from .schedulers import SCHEDULERS
from .sizes import size_for
from .wording import count, worded

RANDOM_SEEDS = 2**32
"""Random seeds stay below this, the range every other tool accepts; given ones may be larger."""


def resolve(request: ImageRequest, pantry: Pantry, random: Random) -> list[Recipe]:
    """One recipe per picture, with consecutive seeds (beginning again at 0 past the largest).

    Arrays in the prompt raise the number of pictures to all their combinations. `random` is asked
    only when the seed is -1; the same request, seed and pantry give the same recipes anywhere.
    Raises BadRequest or UnknownName, naming the field; WeightsError for a model that is no use.
    """
    preset = preset_for(request.preset or pantry.default_preset, pantry.presets)
    model = _known(request.model or preset.model, pantry)
    family = pantry.families[model]
    preset = _fitting(preset, model, pantry)
    has_few_steps = is_distilled(model, pantry.presets)
    performance = _performance(request, preset, family, has_few_steps)
    default = family.rows(has_few_steps)[0]
    first_set = partial(_first_set, (request, performance, preset, default, family))
    first_seed = chance.below(RANDOM_SEEDS, random) if request.seed == -1 else request.seed
    scheduler = _scheduler(first_set("scheduler"), family)
    image = image_size(request, family, scheduler, pantry)
    width, height = size_for(request, preset, family, image)
    has_image = image is not None
    refiner = refiner_for(preset, performance, family, scheduler, has_image)
    unworded = Recipe(
        task="image-to-image" if has_image else "text-to-image",
        model=model,
        family=family.name,
        prompt=request.prompt,
        loras=_loras(request, performance, preset, model, pantry),
        num_inference_steps=first_set("num_inference_steps"),
        guidance_scale=first_set("guidance_scale"),
        scheduler=scheduler,
        width=width,
        height=height,
        seed=first_seed,
        refiner=refiner,
        refiner_switch=preset.refiner_switch if refiner else None,
        image=request.image,
        strength=first_set("strength") if has_image else None,
        request=request,
    )
    return [worded(unworded, index, preset, pantry) for index in range(count(request))]


def preset_for(name: str, presets: Mapping[str, Preset]) -> Preset:
    """The preset of that name, as `preset_called` finds it. Raises UnknownName."""
    preset = preset_called(name, presets)
    if preset is None:
        raise UnknownName.among("preset", name, presets)
    return preset


def unknown_model(name: str, pantry: Pantry) -> UnknownName:
    """The error about a model that neither is here nor stands in a preset."""
    error = UnknownName.among("model", name, pantry.families, MODEL_FOLDER)
    if "/" not in name:
        return error
    way = f"If it is on the Hub, get it with `fooocus-lite models download {name}`."
    return UnknownName(f"{error.message} {way}", field=error.field, allowed=error.allowed)


def is_distilled(model: str, presets: Mapping[str, Preset]) -> bool:
    """Whether a preset says so of this model; of one without a preset, whether its name does."""
    said = [preset.is_distilled for preset in presets.values() if preset.model == model]
    return any(said) if said else is_named_distilled(model)


def _known(model: str, pantry: Pantry) -> str:
    """The model's name. Raises WeightsError for one that is no use, UnknownName."""
    if model in pantry.unusable:
        raise WeightsError(pantry.unusable[model], field="model")
    if model not in pantry.families:
        raise unknown_model(model, pantry)
    return model


def _fitting(preset: Preset, model: str, pantry: Pantry) -> Preset:
    """The preset, or only its words when its numbers were meant for another kind of model."""
    if model == preset.model:
        return preset
    is_same_kind = pantry.families.get(preset.model) is pantry.families[model]
    if is_same_kind and is_distilled(model, pantry.presets) == preset.is_distilled:
        return preset
    return preset.only_words()


def _performance(
    request: ImageRequest, preset: Preset, family: Family, has_few_steps: bool
) -> Performance | None:
    """None only where neither the person nor the preset names one."""
    wanted = request.performance or preset.performance
    if wanted is None:
        return None
    key = wanted.strip().lower()
    for row in family.rows(has_few_steps):
        if row.name.lower() == key:
            return row
    offers = family.offers(has_few_steps)
    possible = [offer.name for offer in offers if not offer.reason]
    for offer in offers:
        if offer.name.lower() == key:
            raise BadRequest(
                f"The performance {offer.name} is not possible: {offer.reason} Choose "
                f"{' or '.join(possible)}.",
                field="performance",
                allowed=possible,
            )
    raise UnknownName.among("performance", wanted, possible)


def _scheduler(name: str, family: Family) -> str:
    if name in family.schedulers:
        return name
    if name in SCHEDULERS:
        raise BadRequest(
            f"The scheduler {name} does not suit {family.title}. There is: "
            f"{', '.join(family.schedulers)}.",
            field="scheduler",
            allowed=family.schedulers,
        )
    raise UnknownName.among("scheduler", name, family.schedulers)


def _loras(
    request: ImageRequest,
    performance: Performance | None,
    preset: Preset,
    model: str,
    pantry: Pantry,
) -> tuple[LoRA, ...]:
    """What the person asked for, else the preset's; and the performance's, once.

    Only the person's names are checked: the others' files may still have to come.
    """
    if request.loras is None:
        known = pantry.loras[model]
        loras = tuple(
            LoRA(name=as_here(lora.name, known) or lora.name, weight=lora.weight)
            for lora in preset.loras
        )
    else:
        loras = pantry.loras_here(request.loras, model)
    needed = performance.lora if performance else None
    if needed is None or any(lora.name == needed.name for lora in loras):
        return loras
    return (*loras, LoRA(name=needed.name, weight=needed.weight))


def _first_set(sources: Sequence[object], field: str) -> Any:
    """The field's value in the first source that sets it; the last source sets everything."""
    values = (getattr(source, field, None) for source in sources)
    return next(value for value in values if value is not None)
