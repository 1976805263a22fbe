"""The sentence about a model or LoRA that has to come before a picture can be made."""

from collections.abc import Collection, Mapping, Sequence

from ..errors import WeightsError
from ..recipe import Recipe
from ..thinking.families import REFINERS, Family
from ..thinking.presets import Preset


def model_error(
    recipe: Recipe,
    presets: Mapping[str, Preset],
    ready: Sequence[str],
    refiners: Collection[str] = (),
) -> WeightsError:
    """Names the preset that was asked for, its model and size, and the presets that work now.

    Of a recipe whose refiner is not among the `refiners` that are here, both.
    """
    preset = _asked(recipe, presets)
    name, gib = recipe.model, preset.download_gib if preset else None
    what, are = f"the model {name}{_size(gib)}", "is"
    if preset and recipe.refiner in preset.needs and recipe.refiner not in refiners:
        what += f" and the refiner {recipe.refiner}{_size(preset.refiner_gib)}"
        are = "are"
        name, gib = preset.name, preset.total_gib
    is_on_hub = "/" in recipe.model
    them = "it" if are == "is" else "both"
    way = _download(name, them) if is_on_hub else f"It belongs into models/{recipe.model}."
    instead = f"Presets that work now: {', '.join(ready)}." if ready else "No preset works yet."
    who = f"“{preset.shown_name}”" if preset else "This"
    problem = f"{who} needs {what}, which {are} not on this computer yet."
    error = WeightsError(f"{problem} {way} {instead}", field="preset", allowed=ready)
    error.problem = problem
    if is_on_hub:
        error.download, error.download_gib = name, gib
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
    problem = f"The LoRA “{name}” is not on this computer yet."
    error = WeightsError(f"{problem} {way}", field="lora")
    error.problem = problem
    error.download = name if is_on_hub else None
    return error


def refiner_error(name: str, family: Family, unusable: str = "") -> WeightsError:
    """Says how a refiner comes, or that models of this family cannot have one.

    `unusable` says why one that is here cannot be used.
    """
    if family.name not in REFINERS:
        return WeightsError(
            f"{family.title} has no refiners, so {name} cannot end its pictures. Choose another "
            "preset.",
            field="refiner",
        )
    if unusable:
        return WeightsError(unusable, field="refiner")
    is_on_hub = "/" in name
    folders = "Put its folder into models, or its one file into models/checkpoints."
    way = _download(name) if is_on_hub else folders
    problem = f"The refiner {name} is not on this computer yet."
    error = WeightsError(f"{problem} {way} Or choose another preset.", field="refiner")
    error.problem = problem
    error.download = name if is_on_hub else None
    return error


def refiner_alone(name: str) -> str:
    """The sentence to somebody who wants a picture of a refiner."""
    return (
        f"{name} is a refiner: it ends pictures that another model began. Choose a preset that "
        "uses it, or name it as the “refiner” of one of your own."
    )


def _asked(recipe: Recipe, presets: Mapping[str, Preset]) -> Preset | None:
    """The preset that was asked for, else the one that asks for the same models."""
    asked = presets.get(recipe.request.preset or "")
    if asked is not None and asked.model == recipe.model:
        return asked
    needed = (recipe.model,) if recipe.refiner is None else (recipe.model, recipe.refiner)
    return next((each for each in presets.values() if each.needs == needed), None)


def _size(gib: float | None) -> str:
    return f" ({gib:g} GiB)" if gib else ""


def _download(name: str, what: str = "it") -> str:
    return f"Download {what} under Models, or with `fooocus-lite models download {name}`."
