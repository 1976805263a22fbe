"""The index of pictures: one row per picture, its path kept relative to the outputs folder.

Knows nothing of what is inside a file. `root` remembers where the outputs were when the picture was
saved, so that the history survives both a moved home and another `--output-path`.
"""

import logging
import sqlite3
from pathlib import Path

from pydantic import ValidationError

from ..events import Picture
from ..recipe import Recipe

log = logging.getLogger(__name__)

INSERT = """
INSERT INTO pictures (id, job_id, picture_index, owner, root, path, recipe, words, created, width,
    height, is_saved, cook_s)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""


def insert(
    connection: sqlite3.Connection, picture: Picture, outputs: Path, cook_s: float | None
) -> bool:
    """Adds a picture; False when that file, or that place in its job, is there already."""
    cursor = connection.execute(
        INSERT,
        (
            picture.id,
            picture.job_id or None,
            picture.index,
            picture.owner,
            str(outputs),
            stored_path(picture.path, outputs),
            picture.recipe.model_dump_json(),
            searchable(picture.recipe),
            picture.created,
            picture.width,
            picture.height,
            picture.is_saved,
            cook_s,
        ),
    )
    return cursor.rowcount == 1


def stored_path(path: Path, outputs: Path) -> str:
    """Relative to `outputs` and with forward slashes where it lies below, else absolute."""
    return (path.relative_to(outputs) if path.is_relative_to(outputs) else path).as_posix()


def searchable(recipe: Recipe) -> str:
    """What a search looks through: the prompt as typed and as drawn, and the styles, casefolded."""
    parts = (recipe.request.prompt, recipe.prompt, " ".join(recipe.styles))
    return "\n".join(parts).casefold()


def picture_from(row: sqlite3.Row, outputs: Path) -> Picture | None:
    """The picture of a row, or None (and a line in the log) when its recipe cannot be read."""
    try:
        recipe = Recipe.model_validate_json(row["recipe"])
    except ValidationError as error:
        log.warning(
            "The recipe of picture %s cannot be read: %s", row["id"], error.errors()[0]["msg"]
        )
        return None
    path = outputs / row["path"]
    if row["is_saved"] and not path.exists():
        path = Path(row["root"]) / row["path"]
    return Picture(
        id=row["id"],
        job_id=row["job_id"] or "",
        index=row["picture_index"],
        owner=row["owner"],
        path=path,
        recipe=recipe,
        created=row["created"],
        width=row["width"],
        height=row["height"],
        is_saved=bool(row["is_saved"]),
    )
