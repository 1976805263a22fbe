"""What lies in the model folders at one moment: models, LoRAs, and why some are no use."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from ..errors import UnknownName
from ..recipe import Recipe
from ..thinking.families import FAMILIES, REFINERS
from ..weights import catalogue, folders, lock, own_files, refiners, snapshots
from ..weights.catalogue import Model, Unsorted
from ..weights.folders import Found
from ..weights.inspected import Inspected
from ..weights.own_files import OwnFile
from . import missing
from .wishes import performance_loras


class Listing:
    """Each kind is looked for when it is first asked for, and only once.

    Files come and go: every request takes a listing of its own, and hands it to all who ask.
    """

    def __init__(self, model_folders: Sequence[Path], inspected: Inspected) -> None:
        self._folders = model_folders
        self._inspected = inspected
        self._brought: dict[tuple[str, Path], dict[str, Path]] = {}

    @cached_property
    def models(self) -> dict[str, Model]:
        """By name."""
        return catalogue.find(self._folders, self._lying)

    def model(self, name: str) -> Model:
        """Raises UnknownName when there is no such model."""
        if name not in self.models:
            raise UnknownName.among("model", name, self.models)
        return self.models[name]

    @cached_property
    def refiners(self) -> dict[str, Model]:
        """The models that end pictures of others, by name."""
        return refiners.find(self._folders, self._lying)

    def refiner_of(self, recipe: Recipe) -> Model | None:
        """None for a recipe without one. Raises WeightsError when it is not here, or no use."""
        if recipe.refiner is None:
            return None
        refiner = self.refiners.get(recipe.refiner)
        if refiner is None or recipe.family not in REFINERS:
            unusable = self.unusable.get(recipe.refiner, "")
            raise missing.refiner_error(recipe.refiner, FAMILIES[recipe.family], unusable)
        return refiner

    @cached_property
    def models_and_refiners(self) -> dict[str, Model]:
        """All that makes pictures, alone or not, by name."""
        return self.refiners | self.models

    @cached_property
    def checkpoints(self) -> Sequence[OwnFile]:
        """The single files among the checkpoints, usable or not."""
        return self._lying.files

    def own_files(self, *kinds: str) -> list[OwnFile]:
        """The single files in these folders, such as "loras" (all, when none is named).

        Each with what its header says, or the reason why it cannot be used as it is.
        """
        found = own_files.found(self._folders, kinds)
        self._inspected.keep()
        return found

    def lora_files(self, model: Model | None = None) -> dict[str, Path]:
        """LoRAs by name: the model's own before those that every model may use."""
        return self._from_the_hub | self._loras.files | self._own(folders.LORAS, model)

    def embedding_files(self, model: Model | None = None) -> dict[str, Path]:
        """Textual inversions by name: the model's own before those that every model may use."""
        own = self._own(folders.EMBEDDINGS, model)
        return catalogue.by_file_name(self._embeddings.files) | catalogue.by_file_name(own)

    @cached_property
    def unusable(self) -> dict[str, str]:
        """Why what is here cannot be used, or not as a model, by its name."""
        files = [file for file in self.checkpoints if file.problem]
        alone = {name: missing.refiner_alone(name) for name in self.refiners}
        # People leave out the ending of old.ckpt, as they do with every other model.
        stems = {file.name.removesuffix(file.path.suffix): file.problem for file in files}
        others = catalogue.unusable(self._lying)
        return others | stems | alone | {file.name: file.problem for file in files}

    @cached_property
    def unconverted(self) -> dict[str, str]:
        """Why LoRAs and embeddings are no use as they are, by folder and name without ending."""
        return {
            f"models/{kind}/{name.removesuffix(path.suffix)}": own_files.unusable(path)
            for kind, found in (
                (folders.LORAS, self._loras),
                (folders.EMBEDDINGS, self._embeddings),
            )
            for name, path in found.pickles.items()
        }

    @cached_property
    def _lying(self) -> Unsorted:
        found = catalogue.unsorted(self._folders)
        self._inspected.keep()
        return found

    @cached_property
    def _loras(self) -> Found:
        return folders.find(self._folders, folders.LORAS)

    @cached_property
    def _from_the_hub(self) -> dict[str, Path]:
        """The LoRAs of performances that lie in a Hub's cache, as other tools leave them there."""
        found: dict[str, Path] = {}
        for models_dir in self._folders:
            here = [
                (name, lora.repo_id, lora.file)
                for name, lora in performance_loras().items()
                if lora.repo_id and snapshots.folder_of(models_dir, lora.repo_id).is_dir()
            ]
            in_use = lock.in_use(models_dir) if here else {}
            for name, repo_id, file in here:
                if repo_id in in_use and (in_use[repo_id] / file).is_file():
                    found.setdefault(name, in_use[repo_id] / file)
        return found

    @cached_property
    def _embeddings(self) -> Found:
        return folders.find(self._folders, folders.EMBEDDINGS)

    def _own(self, kind: str, model: Model | None) -> dict[str, Path]:
        """The files of this kind that came with a model; none without one."""
        if model is None:
            return {}
        if (kind, model.folder) not in self._brought:
            self._brought[kind, model.folder] = folders.find([model.folder], kind).files
        return self._brought[kind, model.folder]
