"""The files that one recipe is cooked from, once its names have been looked up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..thinking.model_size import ModelSize, together
from . import sizes
from .catalogue import Model


@dataclass(frozen=True)
class Ingredients:
    """A recipe's model, its refiner if it has one, and its LoRAs and embeddings by name."""

    model: Model
    refiner: Model | None = None
    loras: Mapping[str, Path] = field(default_factory=dict)
    embeddings: Mapping[str, Path] = field(default_factory=dict)

    @property
    def models(self) -> tuple[Model, ...]:
        """The model, and the refiner behind it."""
        return (self.model,) if self.refiner is None else (self.model, self.refiner)

    @property
    def size(self) -> ModelSize:
        """What the models weigh. Raises WeightsError when a part is missing or damaged."""
        base, *others = (sizes.of_folder(each.folder, each.config) for each in self.models)
        return together(base, others[0]) if others else base
