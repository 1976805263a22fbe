"""Which refiners are on this disk: models that finish the pictures of others."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import WeightsError
from ..thinking.families import REFINERS
from . import catalogue, verify


def find(models_dirs: Sequence[Path]) -> dict[str, Path]:
    """Folders by name, named as models are; of two with one name the earlier folder's counts.

    A pipeline with the refiner's class counts that has no first text encoder: SDXL's own parts can
    be saved under the same class.
    """
    found: dict[str, Path] = {}
    for models_dir in models_dirs:
        for name, folder, _ in catalogue.pipelines(models_dir):
            if name not in found and _is_refiner(folder):
                found[name] = folder
    return found


def _is_refiner(folder: Path) -> bool:
    try:
        index = verify.model_index(folder)
    except WeightsError:  # the catalogue says what is wrong
        return False
    classes = {family.pipeline for family in REFINERS.values()}
    return index.get("_class_name") in classes and index.get("text_encoder") == [None, None]
