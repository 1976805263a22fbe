"""How large models are: read from their files when they are here, else as they were published."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from ..thinking.families import REFINERS
from ..thinking.model_size import ModelSize, together
from ..thinking.presets import Preset, preset_of
from ..weights import known_sizes, sizes
from ..weights.catalogue import Model


def size_of(
    names: Sequence[str], here: Mapping[str, Model], presets: Iterable[Preset]
) -> ModelSize | None:
    """Of a model, and of its refiner if it is named too; `here` are those that are.

    None when one is neither here nor known by its preset's family. Raises WeightsError when one
    that is here is damaged.
    """
    presets = [*presets]
    found = [_of(name, here, presets) for name in names]
    known = [size for size in found if size is not None]
    return reduce(together, known) if len(known) == len(found) else None


def _of(name: str, here: Mapping[str, Model], presets: Iterable[Preset]) -> ModelSize | None:
    if (model := here.get(name)) is not None:
        return sizes.of_folder(model.folder, model.config)
    preset = preset_of(name, presets)
    if preset is None or preset.family is None:
        return None
    if name != preset.model:
        refiner = REFINERS.get(preset.family)
        return known_sizes.of(name, refiner.name, _bytes(preset.refiner_gib)) if refiner else None
    known = known_sizes.of(name, preset.family, _bytes(preset.download_gib))
    return replace(known, can_load_4bit=False) if known and preset.file else known


def _bytes(gib: float | None) -> float | None:
    return None if gib is None else gib * 2**30
