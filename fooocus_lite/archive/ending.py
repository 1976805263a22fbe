"""How a job ends: once, by the lane or by whoever finds it left behind after a crash."""

import sqlite3
from dataclasses import dataclass

from ..events import JobError, JobState
from .job import text_of

IS_FINAL = "state IN ('completed', 'failed', 'cancelled', 'blocked')"


@dataclass(frozen=True)
class Recovery:
    """Ids of the jobs a dead program left behind, by what became of them."""

    queued: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()


def finish(
    connection: sqlite3.Connection, job_id: str, state: JobState, error: JobError | None
) -> bool:
    """Gives a job its final state; False, and nothing changed, when it has one."""
    cursor = connection.execute(
        f"UPDATE jobs SET state = ?, error = ?, stage = NULL WHERE id = ? AND NOT {IS_FINAL}",
        (state, text_of(error), job_id),
    )
    return cursor.rowcount == 1


def recover_all(connection: sqlite3.Connection, max_attempts: int) -> Recovery:
    """Takes every job that was being made out of its state; see `JobStore.recover`."""
    found: dict[str, list[str]] = {"queued": [], "failed": [], "cancelled": [], "completed": []}
    left = connection.execute(
        "SELECT * FROM jobs WHERE state IN ('loading', 'running') ORDER BY number"
    ).fetchall()
    for row in left:
        found[_recover_one(connection, row, max_attempts)].append(row["id"])
    return Recovery(**{state: tuple(ids) for state, ids in found.items()})


def _recover_one(connection: sqlite3.Connection, row: sqlite3.Row, max_attempts: int) -> str:
    """Gives one left-behind job its new state and returns it."""
    if row["stop_requested"]:
        finish(connection, row["id"], "cancelled", None)
        return "cancelled"
    if row["remaining"] == 0:
        finish(connection, row["id"], "completed", None)
        return "completed"
    if row["attempts"] >= max_attempts:
        reason = (
            f"The program ended unexpectedly {row['attempts']} times while it made this job, so it "
            "is not tried again. Try a smaller size or fewer pictures; the log has the details."
        )
        finish(connection, row["id"], "failed", JobError("crashed", reason))
        return "failed"
    connection.execute(
        "UPDATE jobs SET state = 'queued', stage = NULL, step = 0 WHERE id = ?", (row["id"],)
    )
    return "queued"
