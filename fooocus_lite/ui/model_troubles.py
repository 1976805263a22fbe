"""What a card says is wrong with a model or file that lies here, and what helps. All as text."""

from typing import Any

from ..studio import Studio
from ..supplies.model_store import Model, ModelStore, OwnFile

NONE = {"problem": "", "needs": "", "again": "", "is_damaged": False}


def of_model(
    studio: Studio, store: ModelStore | None, model: Model, file: OwnFile | None
) -> dict[str, Any]:
    """{"problem", "needs", "again", "is_damaged"} of a model that lies in a folder or a `file`.

    `needs` and `again` are names to download: of what it lacks, and of itself once more. They are
    empty for a visitor, who has no `store`, and where no download helps.
    """
    if file is not None and file.problem:
        if store is not None and file.download:
            return {**NONE, "problem": file.lacks, "needs": file.download}
        return {**NONE, "problem": file.problem}
    problem = studio.stock.damage(model)
    if not problem:
        return NONE
    again = studio.stock.origin(model.folder) if store and store.may_remove(model) else ""
    return {**NONE, "problem": problem, "again": again, "is_damaged": True}


def of_file(studio: Studio, store: ModelStore | None, file: OwnFile) -> dict[str, Any]:
    """The same of a single file that is no model, or cannot be read as one."""
    if not file.is_damaged:
        return {**NONE, "problem": file.problem}
    again = studio.stock.origin(file.path) if store and store.is_ours(file.path) else ""
    return {**NONE, "problem": file.problem, "again": again, "is_damaged": True}
