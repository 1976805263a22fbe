"""What is here to cook with: presets, styles, models, LoRAs, and the device for them."""

from functools import cached_property
from pathlib import Path

from . import library
from .archive import pictures
from .errors import UnknownName, WeightsError
from .events import Picture
from .settings import Settings
from .thinking import memory
from .thinking.families import FAMILIES, Family
from .thinking.presets import Preset
from .thinking.resolve import Pantry, preset_for
from .thinking.schedulers import SCHEDULERS
from .thinking.styles import Style
from .weights import catalogue, verify
from .weights.catalogue import Model


class Stock:
    """Looked up by name; files of the home folder are added to, and beat, the program's own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._library = library.read(settings)

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each preset or style file that was left out."""
        return self._library.problems

    @property
    def presets(self) -> dict[str, Preset]:
        return self._library.presets

    @property
    def styles(self) -> dict[str, Style]:
        return self._library.styles

    @property
    def schedulers(self) -> tuple[str, ...]:
        return tuple(SCHEDULERS)

    def models(self) -> dict[str, Model]:
        """The models that lie here now, by name."""
        return catalogue.find(self._model_folders())

    def model(self, name: str) -> Model:
        """Raises UnknownName when there is no such model."""
        models = self.models()
        if name not in models:
            raise UnknownName.among("model", name, models)
        return models[name]

    def family_of(self, model: str) -> Family:
        """Raises UnknownName when there is no such model."""
        return FAMILIES[self.model(model).family]

    def lora_files(self, model: Model) -> dict[str, Path]:
        return catalogue.find_loras(model.folder, self._model_folders())

    def preset_named(self, name: str | None = None) -> Preset:
        """The preset of that name, or the default one. Raises UnknownName."""
        return preset_for(name, self.pantry())

    def pantry(self) -> Pantry:
        """All that a request may name, for `resolve`."""
        models = self.models()
        return Pantry(
            presets=self.presets,
            styles=self.styles,
            families={name: FAMILIES[model.family] for name, model in models.items()},
            loras={name: frozenset(self.lora_files(model)) for name, model in models.items()},
            default_preset=self._settings.preset,
        )

    @cached_property
    def default_device(self) -> str:
        """`device_report` of the default preset's model."""
        return self.device_report(self.preset_named().model)

    def device_report(self, model: str) -> str:
        """The device, number format and why, for a model. Imports torch to ask the machine."""
        from .engine import hardware

        model_mib = verify.parameters(self.model(model).folder) * 2 // hardware.MIB
        return memory.plan(hardware.facts(), model_mib).reason

    def style_card(self, name: str) -> Path | None:
        """The picture for a style's card, if one was rendered."""
        return library.style_card(self._settings, name)

    def keep_style_card(self, picture: Picture) -> None:
        """Makes the picture the card of its first style. Raises DiskError."""
        target = library.own_style_card(self._settings, picture.recipe.styles[0])
        pictures.save_thumbnail(picture.path, target)

    @staticmethod
    def preset_problem(path: Path) -> str | None:
        """What is wrong with a preset file, with its line; None when nothing is."""
        return library.check(path)

    @staticmethod
    def model_problem(model: Model) -> str | None:
        """What is wrong with a model's files; None when every one is whole."""
        try:
            verify.check_folder(model.folder)
        except WeightsError as error:
            return error.message
        return None

    def _model_folders(self) -> list[Path]:
        return list(dict.fromkeys([self._settings.models, library.program_folder("models")]))
