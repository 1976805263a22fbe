"""Pictures that were saved by a program that ended before it could write them down.

Where a picture is about to be saved is noted first, so what lies there later is known.
"""

import logging
import secrets
import sqlite3
from pathlib import Path

from pydantic import ValidationError

from ..events import Picture
from ..recipe import Recipe
from . import index, making, pictures

log = logging.getLogger(__name__)


def expect(
    connection: sqlite3.Connection, job_id: str, picture_index: int, path: Path, base: Path
) -> None:
    """Notes where a picture is about to be saved."""
    connection.execute(
        "UPDATE recipes SET path = ? WHERE job_id = ? AND picture_index = ?",
        (index.stored_path(path, base), job_id, picture_index),
    )


def adopt(connection: sqlite3.Connection, base: Path) -> int:
    """Records those that are there; how many. For whoever holds the device's lock."""
    rows = connection.execute(
        """SELECT recipes.*, jobs.owner FROM recipes JOIN jobs ON jobs.id = recipes.job_id
        WHERE path IS NOT NULL AND outcome IS NULL"""
    ).fetchall()
    return sum(_adopt_one(connection, row, base) for row in rows)


def _adopt_one(connection: sqlite3.Connection, row: sqlite3.Row, base: Path) -> bool:
    path = base / row["path"]
    try:
        recipe = Recipe.model_validate_json(row["recipe"])
        created = pictures.created_of(path)
    except (OSError, ValidationError):  # it never came to a file, or nobody can say of what
        return False
    picture = Picture(
        id=secrets.token_hex(16),
        job_id=row["job_id"],
        index=row["picture_index"],
        owner=row["owner"],
        path=path,
        recipe=recipe,
        created=created,
        width=recipe.width,
        height=recipe.height,
    )
    index.insert(connection, picture, base, None)
    making.set_outcome(connection, picture.job_id, picture.index, "picture")
    log.info("%s was saved, and is now written down", path.name)
    return True
