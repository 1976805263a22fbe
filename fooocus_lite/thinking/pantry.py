"""All that names in a request can mean: what an installation has. Filled by others."""

from collections.abc import Iterable, Mapping
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

    def check_loras(self, loras: Iterable[LoRA], model: str) -> None:
        """Raises UnknownName, or WeightsError for one of no use, unless the model can have all."""
        known = self.loras[model]
        for lora in loras:
            if lora.name not in known:
                raise self.stranger("lora", lora.name, known, LORA_FOLDER)

    def stranger(self, kind: str, name: str, known: Iterable[str], folder: str) -> FooocusLiteError:
        """The error about a LoRA or embedding of no known name: it is no use, or is not here."""
        why = self.unusable.get(f"{folder}/{name}")
        return (
            WeightsError(why, field=kind) if why else UnknownName.among(kind, name, known, folder)
        )
