"""Which refiners are on this disk: models that finish the pictures of others."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..thinking.families import REFINERS, Family
from . import catalogue
from .catalogue import Model, Unsorted


def find(models_dirs: Sequence[Path], lying: Unsorted | None = None) -> dict[str, Model]:
    """Refiners by name, named as models are; of two with one name the earlier folder's counts.

    A pipeline with the refiner's class counts that has no first text encoder: SDXL's own parts can
    be saved under the same class. A single file counts once the settings it lacks are here.
    `lying` is what lies there, if that is known already.
    """
    found: dict[str, Model] = {}
    lying = lying or catalogue.unsorted(models_dirs)
    for each in lying.pipelines:
        family = _family_of(each.index)
        if family is not None and each.name not in found:
            found[each.name] = catalogue.of_folder(
                each.name, each.folder, family.name, each.revision
            )
    for file in lying.files:
        said = file.inspection
        if said and said.kind == "refiner" and said.family and not file.problem:
            found.setdefault(file.name, catalogue.of_file(file, said, said.family))
    return dict(sorted(found.items()))


def _family_of(index: Mapping[str, Any]) -> Family | None:
    if index.get("text_encoder") != [None, None]:
        return None
    class_name = index.get("_class_name")
    return next((each for each in REFINERS.values() if each.pipeline == class_name), None)
