"""All that names in a request can mean: what an installation has. Filled by others."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import FooocusLiteError, UnknownName, WeightsError
from ..recipe import LoRA
from .expansion import Expander, additions
from .families import Family
from .presets import Preset
from .styles import Style
from .wildcards import Wildcards

MODEL_FOLDER = "models/checkpoints"
LORA_FOLDER = "models/loras"
EMBEDDING_FOLDER = "models/embeddings"
"""Where people put files of their own, for sentences about those that are not here."""


@dataclass(frozen=True)
class Pantry:
    """What there is, by name; families, LoRAs and embeddings by the name of the model."""

    presets: Mapping[str, Preset]
    styles: Mapping[str, Style]
    families: Mapping[str, Family]
    """Also of models that presets name and that are not here yet."""
    loras: Mapping[str, frozenset[str]]
    default_preset: str
    wildcards: Wildcards = field(default_factory=dict)
    embeddings: Mapping[str, frozenset[str]] = field(default_factory=dict)
    inputs: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Width and height of the pictures that whoever asks may start from, by their id."""
    unusable: Mapping[str, str] = field(default_factory=dict)
    """Why a model that is here cannot be used, in a sentence; other files as "models/loras/ink"."""
    expand: Expander = additions
    """Who writes what Enhance adds."""

    def loras_here(self, loras: Iterable[LoRA], model: str) -> tuple[LoRA, ...]:
        """The same under the names that they have here.

        Raises UnknownName, or WeightsError for one of no use, unless the model can have all.
        """
        known = self.loras[model]
        found = []
        for lora in loras:
            name = as_here(lora.name, known)
            if name is None:
                raise self.stranger("lora", lora.name, known, LORA_FOLDER)
            found.append(LoRA(name=name, weight=lora.weight))
        return tuple(found)

    def stranger(self, kind: str, name: str, known: Iterable[str], folder: str) -> FooocusLiteError:
        """The error about a LoRA or embedding of no known name: it is no use, or is not here."""
        why = self.unusable.get(f"{folder}/{name}")
        return (
            WeightsError(why, field=kind) if why else UnknownName.among(kind, name, known, folder)
        )


def as_here(name: str, known: Collection[str]) -> str | None:
    """The known name that is meant: this one, else the only one that differs by case alone."""
    if name in known:
        return name
    alike = [each for each in known if each.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None
