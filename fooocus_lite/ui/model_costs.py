"""What a picture of a model that is here takes on this machine, in a line for its card."""

from collections.abc import Iterable

from ..errors import FooocusLiteError
from ..recipe import ImageRequest
from ..studio import Studio
from ..supplies.model_store import Model
from ..thinking.families import FAMILIES
from ..thinking.presets import Preset

ALIKE_BYTES = 2**28
"""Models of a family that differ by less in size need as much memory as each other."""


class ModelCosts:
    """For one listing: hundreds of models that no preset names are a few kinds to ask about."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._alike: dict[tuple[str, bool, int], str] = {}

    def of(self, model: Model, named: Iterable[Preset]) -> str:
        """Empty while nothing is known. `named`: the presets with this model, the first counts."""
        if model.family not in FAMILIES:  # a refiner makes no pictures of its own
            return ""
        preset = next((each.name for each in named if each.model == model.name), None)
        if preset is not None:
            return self._asked(ImageRequest(prompt="any", preset=preset, model=model.name))
        is_distilled = self._studio.stock.is_distilled(model.name)
        kind = (model.family, is_distilled, model.size_bytes // ALIKE_BYTES)
        if kind not in self._alike:
            self._alike[kind] = self._asked(ImageRequest(prompt="any", model=model.name))
        return self._alike[kind]

    def _asked(self, request: ImageRequest) -> str:
        try:
            found = self._studio.orders.forecast(request)
        except FooocusLiteError:
            return ""
        return f"A picture takes {found.text}" if found else ""
