"""What a picture of a model takes on this machine, for its card; also of one that is not here."""

from collections.abc import Sequence

from ..errors import FooocusLiteError
from ..recipe import ImageRequest
from ..studio import Listing, Studio
from ..supplies.model_store import Model
from ..thinking.families import FAMILIES
from ..thinking.forecast import Forecast
from ..thinking.model_size import ALIKE_BYTES
from ..thinking.presets import Preset


class ModelCosts:
    """For one listing: hundreds of models that no preset names are a few kinds to ask about.

    None while nothing is known. `named`: the presets with the model or refiner, the first counts.
    """

    def __init__(self, studio: Studio, listing: Listing) -> None:
        self._studio = studio
        self._listing = listing
        self._alike: dict[tuple[str, bool, int], Forecast | None] = {}

    def of(self, model: Model, named: Sequence[Preset]) -> Forecast | None:
        """Of a model that is here; of a refiner, with the model whose pictures it ends."""
        is_refiner = model.family not in FAMILIES
        preset = next((each for each in named if is_refiner or each.model == model.name), None)
        if preset is not None:
            return self.of_preset(preset)
        if is_refiner:
            return None
        is_distilled = self._studio.stock.is_distilled(model.name)
        kind = (model.family, is_distilled, model.size_bytes // ALIKE_BYTES)
        if kind not in self._alike:
            self._alike[kind] = self._asked(ImageRequest(prompt="any", model=model.name))
        return self._alike[kind]

    def of_preset(self, preset: Preset) -> Forecast | None:
        """Of all that a preset needs, whether it is here or not."""
        return self._asked(ImageRequest(prompt="any", preset=preset.name, model=preset.model))

    def _asked(self, request: ImageRequest) -> Forecast | None:
        try:
            return self._studio.orders.forecast(request, listing=self._listing)
        except FooocusLiteError:
            return None
