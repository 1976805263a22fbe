"""A job while it is being made: how far it is, what people want of it, which pictures are done."""

import sqlite3

from ..recipe import Recipe
from .job import Wish

NO_WISH_BUT_STOP = Wish(stop=True, skip=False)


def note_progress(
    connection: sqlite3.Connection,
    job_id: str,
    picture_index: int | None,
    step: int,
    total_steps: int,
    seconds_per_step: float | None,
    stage: str | None,
) -> Wish:
    """Notes how far the lane is; what people asked for. See `JobStore.heartbeat`."""
    row = connection.execute(
        """UPDATE jobs SET picture_index = ?1, step = ?2, total_steps = ?3,
            seconds_per_step = ?4, stage = ?5,
            state = CASE WHEN ?5 IS NULL THEN 'running' ELSE state END
        WHERE id = ?6 AND state IN ('loading', 'running')
        RETURNING stop_requested, skip_requested""",
        (picture_index, step, total_steps, seconds_per_step, stage, job_id),
    ).fetchall()
    if not row:
        return NO_WISH_BUT_STOP
    stop, skip = row[0]
    return Wish(stop=bool(stop), skip=skip is not None and skip == picture_index)


def next_index(connection: sqlite3.Connection, job_id: str) -> int | None:
    """The first picture neither made nor skipped; None when all are."""
    (found,) = connection.execute(
        "SELECT min(picture_index) FROM recipes WHERE job_id = ? AND outcome IS NULL", (job_id,)
    ).fetchone()
    return None if found is None else int(found)


def set_recipe(
    connection: sqlite3.Connection, job_id: str, picture_index: int, recipe: Recipe
) -> None:
    connection.execute(
        "UPDATE recipes SET recipe = ? WHERE job_id = ? AND picture_index = ?",
        (recipe.model_dump_json(), job_id, picture_index),
    )


def set_outcome(
    connection: sqlite3.Connection, job_id: str, picture_index: int, outcome: str
) -> None:
    """Notes what became of a recipe, and starts the progress of the next one at 0."""
    connection.execute(
        "UPDATE recipes SET outcome = ? WHERE job_id = ? AND picture_index = ? AND outcome IS NULL",
        (outcome, job_id, picture_index),
    )
    connection.execute(
        """UPDATE jobs SET step = 0, remaining =
            (SELECT count(*) FROM recipes WHERE job_id = ?1 AND outcome IS NULL) WHERE id = ?1""",
        (job_id,),
    )


def try_again(connection: sqlite3.Connection, job_id: str, max_attempts: int) -> int | None:
    """Counts another try; its number, or None when the job has had them all."""
    row = connection.execute(
        """UPDATE jobs SET attempts = attempts + 1, step = 0
        WHERE id = ? AND attempts < ? AND state IN ('loading', 'running') RETURNING attempts""",
        (job_id, max_attempts),
    ).fetchall()
    return int(row[0]["attempts"]) if row else None


def release(connection: sqlite3.Connection, job_id: str) -> None:
    """Puts a job back as if its try had not begun; one that should stop ends as cancelled."""
    connection.execute(
        """UPDATE jobs SET attempts = max(0, attempts - 1), stage = NULL, step = 0,
            state = CASE WHEN stop_requested THEN 'cancelled' ELSE 'queued' END
        WHERE id = ? AND state IN ('loading', 'running')""",
        (job_id,),
    )
