"""Whether all that pictures need is here: of a preset, in a word; of recipes, with what to do."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import WeightsError
from ..recipe import Recipe
from ..thinking.families import FAMILIES
from ..thinking.presets import Preset
from ..weights import configs, own_files
from ..weights.inspect import inspect
from . import missing
from .listing import Listing


def ready_presets(presets: Mapping[str, Preset], listing: Listing) -> tuple[str, ...]:
    """The presets whose model lies here, and their refiner if they have one."""
    here = listing.models_and_refiners.keys()
    return tuple(name for name, each in presets.items() if here >= {*each.needs})


def check(recipes: Sequence[Recipe], presets: Mapping[str, Preset], listing: Listing) -> None:
    """Raises WeightsError when something of the recipes has to come first, or does not fit."""
    for recipe in recipes:
        model = listing.models.get(recipe.model)
        if model is None:
            ready = ready_presets(presets, listing)
            raise missing.model_error(recipe, presets, ready, listing.refiners)
        if model.inspection is not None:
            configs.checked(model.name, model.inspection, model.config)
        listing.refiner_of(recipe)
        loras = listing.lora_files(model)
        for lora in recipe.loras:
            if lora.name not in loras:
                raise missing.lora_error(lora.name, FAMILIES[recipe.family])
            _check_fit(lora.name, loras[lora.name], recipe, "lora")
        embeddings = listing.embedding_files(model)
        for name in recipe.embeddings:
            if name in embeddings:
                _check_fit(name, embeddings[name], recipe, "prompt")


def _check_fit(name: str, file: Path, recipe: Recipe, field: str) -> None:
    """Raises WeightsError when the file is surely made for models of another family."""
    title = FAMILIES[recipe.family].title
    try:
        inspection = inspect(file)
    except WeightsError:  # whoever loads it says what is wrong
        return
    if said := own_files.misfit(name, inspection, recipe.family, title):
        raise WeightsError(said, field=field)
