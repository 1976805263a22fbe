"""What models need of this machine's memory, those that are not here yet among them."""

from functools import cached_property
from pathlib import Path

from ..thinking import memory
from ..thinking.costs import native_picture
from ..thinking.families import FAMILIES, Family
from ..thinking.forecast import Forecast, forecast
from ..thinking.memory import HardwareFacts
from ..thinking.model_size import ALIKE_BYTES, ModelSize
from ..thinking.presets import preset_of
from ..weights import known_sizes
from ..weights.catalogue import Model
from .model_sizes import size_of
from .offers import Described
from .stock import Stock


class Needs:
    """Imports torch to ask the machine, once: the answers are as it was then."""

    def __init__(self, stock: Stock, state: Path) -> None:
        self._stock = stock
        self._state = state
        self._alike: dict[tuple[str, int], Forecast | None] = {}

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
        return self._reckoned(size, FAMILIES[named.family], is_here=here.keys() >= {*names})

    def _of_kind(self, model: Model) -> Forecast | None:
        """Of hundreds of models that are here, only a few kinds are looked into."""
        kind = (model.family, model.size_bytes // ALIKE_BYTES)
        if kind not in self._alike:
            size = size_of([model.name], {model.name: model}, ())
            self._alike[kind] = self._reckoned(size, FAMILIES[model.family], is_here=True)
        return self._alike[kind]

    def of_offer(self, found: Described) -> Forecast | None:
        """The same of what the Hub has, if it is a model whose size is known."""
        family = next((each for each in FAMILIES.values() if each.title == found.family), None)
        if family is None:
            return None
        size = known_sizes.of(found.repo_id, family.name, found.size_bytes)
        return self._reckoned(size, family, is_here=False)

    def _reckoned(self, size: ModelSize | None, family: Family, is_here: bool) -> Forecast | None:
        if size is None:
            return None
        picture = native_picture(family)
        best = memory.plans(self._facts, size, picture)[0]
        return forecast(
            best,
            timing=None,
            num_inference_steps=picture.num_inference_steps,
            pictures=1,
            load_s=0.0,
            total_mib=self._facts.total_mib,
            is_here=is_here,
        )

    @cached_property
    def _facts(self) -> HardwareFacts:
        from ..engine import hardware

        return hardware.facts(self._state)
