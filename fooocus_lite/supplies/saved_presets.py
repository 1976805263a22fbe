"""Presets that the program writes: saved by somebody, or made for a model that has none."""

from pathlib import Path

from ..errors import BadRequest
from ..recipe import Recipe
from ..thinking.presets import Preset, bare, named, preset_of, saved_as
from . import missing, preset_files
from .stock import Stock


def save(stock: Stock, name: str, recipe: Recipe, replace: bool = False) -> Path:
    """The file of a new preset that asks for what the recipe's request asked for.

    It is in the stock at once. Raises BadRequest when the name is taken (`replace` gives way
    for presets saved this way, never for others) or no name; DiskError when there is no room.
    """
    recipe_preset = stock.preset_named(recipe.request.preset)
    preset = saved_as(named(name), recipe, recipe_preset)
    taken = {known.lower(): each for known, each in stock.preset_files.items()}
    old = taken.get(preset.name.lower())
    if old is not None and not old.preset.is_saved:
        raise BadRequest(
            f"The preset “{old.preset.name}” came with the program or was written by hand. "
            "Choose another name.",
            field="name",
        )
    if old is not None and not replace:
        raise BadRequest(
            f"There is a preset called “{old.preset.name}” already. Choose another name, or "
            "choose that preset first to replace it.",
            field="name",
        )
    folder = stock.saved_presets
    path = preset_files.write(preset, folder, old.path if old else None)
    stock.reload()
    return path


def for_model(stock: Stock, name: str) -> Preset:
    """A preset of this model; one that only names it is saved when there is none yet.

    Raises UnknownName, DiskError, and BadRequest for a refiner that no preset names.
    """
    if known := preset_of(name, stock.presets.values()):
        return known
    listing = stock.listing()
    if name in listing.refiners:
        raise BadRequest(missing.refiner_alone(name), field="model")
    model = listing.model(name)
    taken = {each.lower() for each in stock.presets}
    preset = bare(model.name, model.title, model.family, taken)
    preset_files.write(preset, stock.saved_presets)
    stock.reload()
    return stock.presets[preset.name]


def drop_bare(stock: Stock, model: str) -> list[str]:
    """Deletes what `for_model` wrote, and names it.

    A preset that says more than the model stays.
    """
    dropped = []
    for file in stock.preset_files.values():
        says = file.preset.model_dump()
        if says == bare(model, says["name"], says["family"], ()).model_dump():
            file.path.unlink(missing_ok=True)
            dropped.append(file.preset.name)
    stock.reload()
    return dropped
