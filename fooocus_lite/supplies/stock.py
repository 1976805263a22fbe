"""What is here to cook with: presets, styles, wildcards, models, LoRAs, and the device for them."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from ..archive import pictures
from ..errors import UnknownName, WeightsError
from ..events import Picture
from ..recipe import Recipe
from ..settings import Settings
from ..thinking.families import FAMILIES, Family
from ..thinking.pantry import Pantry
from ..thinking.presets import Preset
from ..thinking.resolve import is_distilled, preset_for
from ..thinking.schedulers import SCHEDULERS
from ..thinking.styles import BUILT_IN, Style, saying
from ..thinking.wildcards import Wildcards
from ..weights import configs, damage, folders, snapshots, tokens, verify
from ..weights.catalogue import Model
from ..weights.inspected import Inspected
from ..weights.own_files import OwnFile
from ..weights.tokens import TokenCount
from ..weights.words import known_words, style_words
from . import library, preset_files, readiness
from .data_files import Mistake
from .listing import Listing
from .preset_files import PresetFile


class Stock:
    """Looked up by name; files of the home folder are added to, and beat, the program's own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._library = library.read(settings)
        self._typed_for: dict[str, Model] = {}
        self._inspected = Inspected(settings.state / "inspected.json")
        self._inspected.recall()

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each file of presets, styles or wildcards that was left out."""
        return self._library.problems

    @property
    def notices(self) -> tuple[str, ...]:
        """A sentence for each part of a preset of Fooocus's that is not used here."""
        return self._library.notices

    @property
    def presets(self) -> dict[str, Preset]:
        return {name: each.preset for name, each in self._library.presets.items()}

    @property
    def preset_files(self) -> dict[str, PresetFile]:
        """Each preset with the file it was read from."""
        return self._library.presets

    @property
    def saved_presets(self) -> Path:
        """The folder that presets of one's own are written to."""
        return self._settings.home / "presets"

    @property
    def styles(self) -> dict[str, Style]:
        return self._library.styles

    @property
    def wildcards(self) -> Wildcards:
        """The lines of each wildcard by its name, such as "subject/animal"."""
        return self._library.wildcards

    @property
    def schedulers(self) -> tuple[str, ...]:
        return tuple(SCHEDULERS)

    def listing(self) -> Listing:
        """What lies in the model folders now: one look, for whoever asks more than one thing."""
        return Listing(self.model_folders(), self._inspected)

    def models(self) -> dict[str, Model]:
        """The models that lie here now, by name."""
        return self.listing().models

    def model(self, name: str) -> Model:
        """Raises UnknownName when there is no such model."""
        return self.listing().model(name)

    def models_and_refiners(self) -> dict[str, Model]:
        """All that lies here to make pictures with, alone or not, by name."""
        return self.listing().models_and_refiners

    def own_files(self, *kinds: str) -> list[OwnFile]:
        """The single files in these folders, as in `Listing`."""
        return self.listing().own_files(*kinds)

    def model_folders(self) -> list[Path]:
        """Where models are looked for, ours first; then the trees of other programs."""
        own = [self._settings.models, library.program_folder("models")]
        home = self._settings.home
        others = [home / each.expanduser() for each in self._settings.extra_model_folders]
        return list(dict.fromkeys([*own, *folders.trees(others)]))

    def family_of(self, model: str) -> Family:
        """The kind of a model that is here, or that a preset names. Raises UnknownName."""
        families = self._families(self.models())
        if model not in families:
            raise UnknownName.among("model", model, families)
        return families[model]

    def is_distilled(self, model: str) -> bool:
        """Whether the model was made for few steps, by its presets, else by its name."""
        return is_distilled(model, self.presets)

    def token_counts(self, model: str, text: str) -> tuple[TokenCount, ...]:
        """What the text is for each text encoder of the model, as it is typed.

        Empty for a model that is not here. Raises WeightsError when a tokenizer is damaged.
        """
        known = self._typed_for.get(model)
        if known is None or not known.settings.exists():
            known = self.models().get(model)
        if known is None:
            return ()
        # Looking through all models at each key would take longer than the counting.
        self._typed_for[model] = known
        files = self.listing().embedding_files(known)
        return tokens.counts(known.settings, FAMILIES[known.family], text, files)

    def preset_named(self, name: str | None = None) -> Preset:
        """The preset of that name, or the default one. Raises UnknownName."""
        return preset_for(name or self._settings.preset, self.presets)

    def pantry(self, listing: Listing | None = None) -> Pantry:
        """All that a request may name, for `resolve`: of that listing, or of one taken now."""
        listing = listing or self.listing()
        families = self._families(listing.models)
        here = {name: listing.models.get(name) for name in families}
        unusable = {name: why for name, why in listing.unusable.items() if name not in families}
        return Pantry(
            presets=self.presets,
            styles=self.styles,
            families=families,
            loras={name: frozenset(listing.lora_files(each)) for name, each in here.items()},
            default_preset=self._settings.preset,
            wildcards=self.wildcards,
            embeddings={
                name: frozenset(listing.embedding_files(each)) for name, each in here.items()
            },
            unusable=unusable | listing.unconverted,
        )

    def ready_presets(self) -> tuple[str, ...]:
        """The presets whose model lies here now, and their refiner if they have one."""
        return readiness.ready_presets(self.presets, self.listing())

    def check_is_here(self, recipes: Sequence[Recipe], listing: Listing | None = None) -> None:
        """Raises WeightsError when a model or LoRA of the recipes has to come first."""
        readiness.check(recipes, self.presets, listing or self.listing())

    def reload(self) -> None:
        """Reads the data files again: what was added, changed or taken away counts from now on."""
        self._library = library.read(self._settings)

    @cached_property
    def device(self) -> str:
        """What computes here, such as "Apple M2". Imports torch to ask the machine."""
        from ..engine import hardware

        return hardware.facts(self._settings.state).name

    def shown_styles(self, model: str, listing: Listing | None = None) -> tuple[str, ...] | None:
        """Names of the styles that a model with few words can show; None when it sets no limit."""
        found = (listing or self.listing()).models.get(model)
        words = style_words(found.folder) if found else ()
        if not words:
            return None
        shown = (*BUILT_IN, *saying(self.styles.values(), words))
        return tuple(style.name for style in shown)

    def known_words(self, model: str) -> tuple[str, ...] | None:
        """The words a small model was taught; None for one that reads English, or is not here."""
        found = self.models().get(model)
        return known_words(found.folder) if found else None

    def style_card(self, name: str) -> Path | None:
        """The picture for a style's card, if one was rendered."""
        return library.style_card(self._settings, name)

    def keep_style_card(self, picture: Picture) -> None:
        """Makes the picture the card of its first style. Raises DiskError."""
        target = library.own_style_card(self._settings, picture.recipe.styles[0])
        pictures.save_thumbnail(picture.path, target)

    def check_preset(self, path: Path) -> tuple[str | None, tuple[str, ...]]:
        """What is wrong with a preset file, with its line, or None; and what of it is not used."""
        try:
            return None, preset_files.read(path, self.styles).notices
        except Mistake as mistake:
            return str(mistake), ()

    @staticmethod
    def model_problem(model: Model) -> str | None:
        """What is wrong with a model's files; None when every one is whole."""
        try:
            verify.check_folder(model.folder)
            if model.inspection is not None:
                configs.checked(model.name, model.inspection, model.config)
        except WeightsError as error:
            return error.message
        return None

    @staticmethod
    def damage(model: Model) -> str:
        """What is known to be wrong with a model's files without reading them; or nothing."""
        return damage.known(model.folder)

    @staticmethod
    def origin(path: Path) -> str:
        """The name by which a model or file can be downloaded again; empty for one's own."""
        return snapshots.origin(path)

    def _families(self, models: dict[str, Model]) -> dict[str, Family]:
        """By name: models that are here, and those that presets name with their kind."""
        named_ones = {
            preset.model: FAMILIES[preset.family]
            for preset in self.presets.values()
            if preset.family is not None
        }
        return named_ones | {name: FAMILIES[model.family] for name, model in models.items()}
