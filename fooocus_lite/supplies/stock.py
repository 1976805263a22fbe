"""What is here to cook with: presets, styles, wildcards, models, LoRAs, and the device for them."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from ..archive import pictures
from ..errors import UnknownName, WeightsError
from ..events import Picture
from ..recipe import Recipe
from ..settings import Settings
from ..thinking.families import FAMILIES, REFINERS, Family
from ..thinking.pantry import Pantry
from ..thinking.presets import Preset
from ..thinking.resolve import is_distilled, preset_for
from ..thinking.schedulers import SCHEDULERS
from ..thinking.styles import BUILT_IN, Style, saying
from ..thinking.wildcards import Wildcards
from ..weights import catalogue, configs, folders, own_files, refiners, tokens, verify
from ..weights.catalogue import Model
from ..weights.inspect import inspect
from ..weights.inspected import Inspected
from ..weights.own_files import OwnFile
from ..weights.tokens import TokenCount
from ..weights.words import known_words, style_words
from . import library, missing, preset_files
from .data_files import Mistake
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

    def models(self) -> dict[str, Model]:
        """The models that lie here now, by name."""
        found = catalogue.find(self.model_folders())
        self._inspected.keep()
        return found

    def model(self, name: str) -> Model:
        """Raises UnknownName when there is no such model."""
        models = self.models()
        if name not in models:
            raise UnknownName.among("model", name, models)
        return models[name]

    def refiners(self) -> dict[str, Model]:
        """The models that end pictures of others, by name."""
        return refiners.find(self.model_folders())

    def refiner_of(self, recipe: Recipe) -> Model | None:
        """None for a recipe without one. Raises WeightsError when it is not here, or no use."""
        if recipe.refiner is None:
            return None
        refiner = self.refiners().get(recipe.refiner)
        if refiner is None or recipe.family not in REFINERS:
            unusable = self._unusable().get(recipe.refiner, "")
            raise missing.refiner_error(recipe.refiner, FAMILIES[recipe.family], unusable)
        return refiner

    def models_and_refiners(self) -> dict[str, Model]:
        """All that lies here to make pictures with, alone or not, by name."""
        return self.refiners() | self.models()

    def model_folders(self) -> list[Path]:
        """Where models are looked for, ours first; then the trees of other programs."""
        own = [self._settings.models, library.program_folder("models")]
        home = self._settings.home
        others = [home / each.expanduser() for each in self._settings.extra_model_folders]
        return list(dict.fromkeys([*own, *folders.trees(others)]))

    def own_files(self, *kinds: str) -> list[OwnFile]:
        """The single files in these folders, such as "loras" (all, when none is named).

        Each with what its header says, or the reason why it cannot be used as it is.
        """
        found = own_files.found(self.model_folders(), kinds)
        self._inspected.keep()
        return found

    def family_of(self, model: str) -> Family:
        """The kind of a model that is here, or that a preset names. Raises UnknownName."""
        families = self._families(self.models())
        if model not in families:
            raise UnknownName.among("model", model, families)
        return families[model]

    def is_distilled(self, model: str) -> bool:
        """Whether the model was made for few steps, by its presets, else by its name."""
        return is_distilled(model, self.presets)

    def lora_files(self, model: Model) -> dict[str, Path]:
        return catalogue.find_loras(model.folder, self.model_folders())

    def embedding_files(self, model: Model) -> dict[str, Path]:
        return catalogue.find_embeddings(model.folder, self.model_folders())

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
        files = self.embedding_files(known)
        return tokens.counts(known.settings, FAMILIES[known.family], text, files)

    def preset_named(self, name: str | None = None) -> Preset:
        """The preset of that name, or the default one. Raises UnknownName."""
        return preset_for(name, self.pantry())

    def pantry(self) -> Pantry:
        """All that a request may name, for `resolve`."""
        models = self.models()
        families = self._families(models)
        # Those that every model may use are looked for once.
        loras = frozenset(catalogue.find_loras(None, self.model_folders()))
        vectors = frozenset(catalogue.find_embeddings(None, self.model_folders()))
        return Pantry(
            presets=self.presets,
            styles=self.styles,
            families=families,
            loras={name: loras | _own(catalogue.find_loras, models.get(name)) for name in families},
            default_preset=self._settings.preset,
            wildcards=self.wildcards,
            embeddings={
                name: vectors | _own(catalogue.find_embeddings, models.get(name))
                for name in families
            },
            unusable={name: why for name, why in self._unusable().items() if name not in families}
            | self._unconverted(),
        )

    def ready_presets(self) -> tuple[str, ...]:
        """The presets whose model lies here now, and their refiner if they have one."""
        here = self.models_and_refiners().keys()
        return tuple(name for name, each in self.presets.items() if here >= {*each.needs})

    def check_is_here(self, recipes: Sequence[Recipe]) -> None:
        """Raises WeightsError when a model or LoRA of the recipes has to come first."""
        models = self.models()
        for recipe in recipes:
            if recipe.model not in models:
                ready, refiners_here = self.ready_presets(), self.refiners()
                raise missing.model_error(recipe, self.presets, ready, refiners_here)
            model = models[recipe.model]
            if model.inspection is not None:
                configs.checked(model.name, model.inspection, model.config)
            self.refiner_of(recipe)
            here = self.lora_files(model)
            for lora in recipe.loras:
                if lora.name not in here:
                    raise missing.lora_error(lora.name, FAMILIES[recipe.family])
                _check_fit(lora.name, here[lora.name], recipe, "lora")
            vectors = self.embedding_files(model)
            for name in recipe.embeddings:
                if name in vectors:
                    _check_fit(name, vectors[name], recipe, "prompt")

    def reload(self) -> None:
        """Reads the data files again: what was added, changed or taken away counts from now on."""
        self._library = library.read(self._settings)

    @cached_property
    def device(self) -> str:
        """What computes here, such as "Apple M2". Imports torch to ask the machine."""
        from ..engine import hardware

        return hardware.facts(self._settings.state).name

    def shown_styles(self, model: str) -> tuple[str, ...] | None:
        """Names of the styles that a model with few words can show; None when it sets no limit."""
        found = self.models().get(model)
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

    def _unusable(self) -> dict[str, str]:
        """Why what is here cannot be used, or not as a model, by its name."""
        files = [file for file in self.own_files(folders.CHECKPOINTS) if file.problem]
        alone = {name: missing.refiner_alone(name) for name in self.refiners()}
        # People leave out the ending of old.ckpt, as they do with every other model.
        stems = {file.name.removesuffix(file.path.suffix): file.problem for file in files}
        return stems | alone | {file.name: file.problem for file in files}

    def _unconverted(self) -> dict[str, str]:
        """Why LoRAs and embeddings are no use as they are, by folder and name without ending."""
        return {
            f"models/{kind}/{name.removesuffix(path.suffix)}": own_files.unusable(path)
            for kind in (folders.LORAS, folders.EMBEDDINGS)
            for name, path in folders.pickles(self.model_folders(), kind).items()
        }

    def _families(self, models: dict[str, Model]) -> dict[str, Family]:
        """By name: models that are here, and those that presets name with their kind."""
        named_ones = {
            preset.model: FAMILIES[preset.family]
            for preset in self.presets.values()
            if preset.family is not None
        }
        return named_ones | {name: FAMILIES[model.family] for name, model in models.items()}


def _own(find: Callable[..., dict[str, Path]], model: Model | None) -> frozenset[str]:
    """Names of the files that came with a model."""
    return frozenset(find(model.folder, ())) if model is not None else frozenset()


def _check_fit(name: str, file: Path, recipe: Recipe, field: str) -> None:
    """Raises WeightsError when the file is surely made for models of another family."""
    title = FAMILIES[recipe.family].title
    try:
        inspection = inspect(file)
    except WeightsError:  # whoever loads it says what is wrong
        return
    if said := own_files.misfit(name, inspection, recipe.family, title):
        raise WeightsError(said, field=field)
