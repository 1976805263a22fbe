"""The index of pictures: one row per picture, its path kept relative to a base (the home folder).

So the history survives a moved home, and pictures of another `--output-path` stay in it. Knows
nothing of what is inside a file.
"""

import logging
import sqlite3
from pathlib import Path

from pydantic import ValidationError

from ..events import Picture
from ..recipe import Recipe

log = logging.getLogger(__name__)

INSERT = """
INSERT INTO pictures (id, job_id, picture_index, owner, path, recipe, words, created, width,
    height, is_saved, cook_s)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (job_id, picture_index) DO NOTHING
ON CONFLICT (path) WHERE is_saved DO UPDATE SET id = excluded.id, job_id = excluded.job_id,
    picture_index = excluded.picture_index, owner = excluded.owner, cook_s = excluded.cook_s
    WHERE pictures.job_id IS NULL AND excluded.job_id IS NOT NULL"""


def insert(
    connection: sqlite3.Connection, picture: Picture, base: Path, cook_s: float | None
) -> bool:
    """Adds a picture; False when that file, or that place in its job, is there already.

    A file that a rebuild found before its job recorded it becomes the job's.
    """
    cursor = connection.execute(
        INSERT,
        (
            picture.id,
            picture.job_id or None,
            picture.index,
            picture.owner,
            stored_path(picture.path, base),
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


def stored_path(path: Path, base: Path) -> str:
    """Relative to `base` and with forward slashes where it lies below, else absolute."""
    return (path.relative_to(base) if path.is_relative_to(base) else path).as_posix()


def searchable(recipe: Recipe) -> str:
    """What a search looks through: the prompt as typed and as drawn, and the styles, casefolded."""
    parts = (recipe.request.prompt, recipe.prompt, " ".join(recipe.styles))
    return "\n".join(parts).casefold()


def picture_from(row: sqlite3.Row, base: Path) -> Picture | None:
    """The picture of a row, or None (and a line in the log) when its recipe cannot be read."""
    try:
        recipe = Recipe.model_validate_json(row["recipe"])
    except ValidationError as error:
        log.warning(
            "The recipe of picture %s cannot be read: %s", row["id"], error.errors()[0]["msg"]
        )
        return None
    return Picture(
        id=row["id"],
        job_id=row["job_id"] or "",
        index=row["picture_index"],
        owner=row["owner"],
        path=base / row["path"],
        recipe=recipe,
        created=row["created"],
        width=row["width"],
        height=row["height"],
        is_saved=bool(row["is_saved"]),
    )
