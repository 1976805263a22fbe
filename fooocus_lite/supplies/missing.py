"""The sentence about a model or LoRA that has to come before a picture can be made."""

from collections.abc import Mapping, Sequence

from ..errors import WeightsError
from ..recipe import Recipe
from ..thinking.families import REFINERS, Family
from ..thinking.presets import Preset


def model_error(
    recipe: Recipe, presets: Mapping[str, Preset], ready: Sequence[str]
) -> WeightsError:
    """Names the preset that was asked for, its model and size, and the presets that work now."""
    asked = presets.get(recipe.request.preset or "")
    candidates = [each for each in (asked, *presets.values()) if each is not None]
    preset = next((each for each in candidates if each.model == recipe.model), None)
    who = f"“{preset.shown_name}”" if preset else "This"
    size = f" ({preset.download_gib:g} GiB)" if preset and preset.download_gib else ""
    is_on_hub = "/" in recipe.model
    way = _download(recipe.model) if is_on_hub else f"It belongs into models/{recipe.model}."
    instead = f"Presets that work now: {', '.join(ready)}." if ready else "No preset works yet."
    error = WeightsError(
        f"{who} needs the model {recipe.model}{size}, which is not on this computer yet. {way} "
        f"{instead}",
        field="preset",
        allowed=ready,
    )
    if is_on_hub:
        error.download = recipe.model
        error.download_gib = preset.download_gib if preset else None
    return error


def lora_error(name: str, family: Family) -> WeightsError:
    """Says how it comes when a performance needs it, and where it goes when nobody knows it."""
    rows = (*family.performances, *family.distilled)
    needed = next((row.lora for row in rows if row.lora and row.lora.name == name), None)
    is_on_hub = needed is not None and needed.repo_id is not None
    if is_on_hub:
        way = f"{_download(name)} Or choose another performance."
    else:
        way = f"Put {name}.safetensors into models/loras, or leave it out."
    error = WeightsError(f"The LoRA “{name}” is not on this computer yet. {way}", field="lora")
    error.download = name if is_on_hub else None
    return error


def refiner_error(name: str, family: Family) -> WeightsError:
    """Says how a refiner comes, or that models of this family cannot have one."""
    if family.name not in REFINERS:
        return WeightsError(
            f"{family.title} has no refiners, so {name} cannot end its pictures. Choose another "
            "preset.",
            field="refiner",
        )
    is_on_hub = "/" in name
    way = _download(name) if is_on_hub else f"It belongs into models/{name}."
    error = WeightsError(
        f"The refiner {name} is not on this computer yet. {way} Or choose another preset.",
        field="refiner",
    )
    error.download = name if is_on_hub else None
    return error


def _download(name: str) -> str:
    return f"Download it under Models, or with `fooocus-lite models download {name}`."
