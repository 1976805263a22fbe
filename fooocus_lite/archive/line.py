"""Who is next: start-time fair queueing between owners (Golestani 1994, "self-clocked").

Every job gets a `turn` when it is added and keeps it, so the position shown is true: the later of
the line's clock and its owner's last turn, plus the number of its pictures. Who asks for little is
soon served; who alone asks for much waits only behind himself.
"""

import json
import sqlite3
from collections.abc import Collection

from ..errors import LineFull, TooMany

QUEUED = "SELECT id FROM jobs WHERE state = 'queued' ORDER BY priority DESC, turn, number"

# One statement, so that two programs never take the same job.
CLAIM = """
UPDATE jobs SET state = 'loading', attempts = attempts + 1, is_started = 1, stage = NULL, step = 0,
    total_steps = 0, picture_index = NULL, seconds_per_step = NULL, skip_requested = NULL
WHERE number = (SELECT number FROM jobs WHERE state = 'queued' {only}
    ORDER BY priority DESC, turn, number LIMIT 1)
RETURNING id"""


def check_room(
    connection: sqlite3.Connection, owner: str, line_limit: int, waiting_per_owner: int
) -> None:
    """Raises LineFull, or TooMany when it is the owner who has too many jobs waiting."""
    (own,) = connection.execute(
        "SELECT count(*) FROM jobs WHERE state = 'queued' AND owner = ?", (owner,)
    ).fetchone()
    if own >= waiting_per_owner:
        raise TooMany(
            f"You have {own:,} jobs waiting; the limit is {waiting_per_owner:,}. "
            "Wait until one is done, or stop one."
        )
    (everybody,) = connection.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()
    if everybody >= line_limit:
        raise LineFull(
            f"The line is full: {everybody:,} jobs are waiting, the limit is {line_limit:,}. "
            "Try again in a few minutes."
        )


def turn_for(
    connection: sqlite3.Connection, owner: str, pictures: int, weight: float = 1.0
) -> float:
    """The turn of a new job. A job cancelled before its first step costs its owner nothing.

    The clock is the highest turn that was ever served at normal priority: a job that went ahead of
    the others does not push newcomers back. A picture of an owner with `weight` 2 counts half.
    """
    (clock,) = connection.execute(
        "SELECT max(turn) FROM jobs WHERE is_started AND priority <= 0"
    ).fetchone()
    (last,) = connection.execute(
        "SELECT max(turn) FROM jobs WHERE owner = ? AND (is_started OR state = 'queued')", (owner,)
    ).fetchone()
    return max(clock or 0.0, last or 0.0) + pictures / weight


def claim_next(connection: sqlite3.Connection, only: Collection[str] | None) -> str | None:
    """Takes the next job out of the line (among `only` these ids, if given); its id."""
    if only is None:
        rows = connection.execute(CLAIM.format(only="")).fetchall()
    else:
        restricted = CLAIM.format(only="AND id IN (SELECT value FROM json_each(?))")
        rows = connection.execute(restricted, (json.dumps(sorted(only)),)).fetchall()
    return rows[0]["id"] if rows else None


def ids_waiting(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Ids of all waiting jobs, next one first."""
    return tuple(row["id"] for row in connection.execute(QUEUED))


def ids_unfinished(connection: sqlite3.Connection, owner: str | None) -> tuple[str, ...]:
    """Ids of the owner's jobs that are being made or waiting, in the order they run.

    `owner` None is everybody.
    """
    rows = connection.execute(
        """SELECT id FROM jobs
        WHERE (?1 IS NULL OR owner = ?1) AND state IN ('queued', 'loading', 'running')
        ORDER BY state = 'queued', priority DESC, turn, number""",
        (owner,),
    )
    return tuple(row["id"] for row in rows)


def place_of(connection: sqlite3.Connection, job_id: str) -> tuple[int, int] | None:
    """(waiting jobs, pictures yet to be made) ahead of a waiting job; None when it is not waiting.

    The pictures include those of the jobs being made now, the jobs do not.
    """
    own = connection.execute(
        "SELECT -priority, turn, number FROM jobs WHERE id = ? AND state = 'queued'", (job_id,)
    ).fetchone()
    if own is None:
        return None
    jobs, pictures = connection.execute(
        """SELECT count(*), coalesce(sum(remaining), 0) FROM jobs
        WHERE state = 'queued' AND (-priority, turn, number) < (?, ?, ?)""",
        tuple(own),
    ).fetchone()
    (being_made,) = connection.execute(
        "SELECT coalesce(sum(remaining), 0) FROM jobs WHERE state IN ('loading', 'running')"
    ).fetchone()
    return jobs, pictures + being_made
