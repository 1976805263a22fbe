"""How large models are and what they need of this machine, those not here yet among them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from ..thinking import memory
from ..thinking.costs import Picture, native_picture
from ..thinking.families import FAMILIES, REFINERS
from ..thinking.forecast import Forecast, forecast
from ..thinking.memory import HardwareFacts
from ..thinking.model_size import ALIKE_BYTES, ModelSize, together
from ..thinking.presets import Preset, preset_of
from ..weights import known_sizes, sizes
from ..weights.catalogue import Model
from .offers import Described
from .stock import Stock


class Needs:
    """`known` tells of the device where the engine is there; else torch is imported to ask it."""

    def __init__(
        self, stock: Stock, state: Path, known: Callable[[], HardwareFacts | None]
    ) -> None:
        self._stock = stock
        self._state = state
        self._known = known
        self._alike: dict[tuple[str, bool, int], Forecast | None] = {}

    def of(self, name: str) -> Forecast | None:
        """For the usual picture of a model that is here, or that a preset names; without a time.

        Of a refiner, with the model whose pictures it ends. None where a size is not known. Raises
        WeightsError when a model is damaged.
        """
        here, presets = self._stock.models_and_refiners(), self._stock.presets.values()
        model, named = here.get(name), preset_of(name, presets)
        if model is not None and model.family in FAMILIES:
            return self._of_kind(model)
        if named is None or named.family is None:
            return None
        names = [name] if name == named.model else [named.model, name]
        size = size_of(names, here, presets)
        picture = native_picture(FAMILIES[named.family], self._stock.is_distilled(named.model))
        return self._reckoned(size, picture, is_here=here.keys() >= {*names})

    def of_offer(self, found: Described) -> Forecast | None:
        """The same of what the Hub has, if it is a model whose size is known."""
        family = FAMILIES.get(found.family or "")
        if family is None:
            return None
        size = known_sizes.of(found.repo_id, family.name, found.size_bytes)
        picture = native_picture(family, self._stock.is_distilled(found.repo_id))
        return self._reckoned(size, picture, is_here=False)

    def _of_kind(self, model: Model) -> Forecast | None:
        """Of hundreds of models that are here, only a few kinds are looked into."""
        is_distilled = self._stock.is_distilled(model.name)
        kind = (model.family, is_distilled, model.size_bytes // ALIKE_BYTES)
        if kind not in self._alike:
            size = size_of([model.name], {model.name: model}, ())
            picture = native_picture(FAMILIES[model.family], is_distilled)
            self._alike[kind] = self._reckoned(size, picture, is_here=True)
        return self._alike[kind]

    def _reckoned(self, size: ModelSize | None, picture: Picture, is_here: bool) -> Forecast | None:
        if size is None:
            return None
        facts = self._facts()
        return forecast(
            memory.plans(facts, size, picture)[0],
            timing=None,
            num_inference_steps=picture.num_inference_steps,
            pictures=1,
            load_s=0.0,
            total_mib=facts.total_mib,
            is_here=is_here,
        )

    def _facts(self) -> HardwareFacts:
        known = self._known()
        if known is None:
            from ..engine import hardware

            known = hardware.facts(self._state)
        return known


def size_of(
    names: Sequence[str], here: Mapping[str, Model], presets: Iterable[Preset]
) -> ModelSize | None:
    """Of a model, and of its refiner if that is named too: from its files if it is in `here`.

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
