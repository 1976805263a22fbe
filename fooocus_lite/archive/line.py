"""Who is next: start-time fair queueing between owners (Golestani 1994, "self-clocked").

Every job gets a `turn` when it is added: the later of the line's clock and its owner's last turn in
its class, plus the number of its pictures over the weight of the class. Who asks for little is soon
served; who alone asks for much waits only behind himself. Ahead of them all go the promoted.

Waiting is measured in seconds that the line was open, which the lane adds up from a clock that
nobody can set, so that no jump of the time of day promotes anybody or holds anybody back.
"""

import json
import sqlite3
from collections.abc import Collection, Mapping
from types import MappingProxyType

from ..errors import LineFull, TooMany
from ..visitor import Priority, Spare
from .job import Job, text_of

WEIGHTS: Mapping[Priority | Spare, float] = MappingProxyType(
    {"turbo": 10, "fast": 5, "relax": 1, "spare": 1e-12}
)
"""For one picture of an owner in relax, an owner in turbo gets ten."""

PROMOTED_AFTER_S = 300.0
"""So long nothing of an owner may be made in a class before the next job there is promoted."""

ORDER = "promoted, turn, number"
"""`promoted` is when a promoted job began to wait, and infinite for the others."""

# One statement, so that two programs never take the same job.
CLAIM = f"""
UPDATE jobs SET state = 'loading', attempts = attempts + 1, is_started = 1, stage = NULL, step = 0,
    total_steps = 0, picture_index = NULL, seconds_per_step = NULL, skip_requested = NULL
WHERE number = (SELECT number FROM jobs WHERE state = 'queued' {{only}} ORDER BY {ORDER} LIMIT 1)
RETURNING id"""

# Whose own job is being made waits for nobody else.
REST = """
UPDATE jobs SET waiting_since = (SELECT seconds FROM line_clock)
WHERE state = 'queued' AND promoted = 9e999 AND (owner, priority) IN
    (SELECT owner, priority FROM jobs WHERE state IN ('loading', 'running'))"""

# Only the next one of its owner and class: the others wait for that one.
PROMOTE = """
UPDATE jobs SET promoted = waiting_since
WHERE state = 'queued' AND promoted = 9e999 AND priority <> 'spare'
    AND waiting_since <= (SELECT seconds FROM line_clock) - ?
    AND NOT EXISTS (SELECT 1 FROM jobs AS other INDEXED BY jobs_waiting
        WHERE other.state = 'queued' AND other.owner = jobs.owner
        AND other.priority = jobs.priority AND (other.promoted, other.turn, other.number)
            < (jobs.promoted, jobs.turn, jobs.number))"""


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


def enter(connection: sqlite3.Connection, job: Job, picture_s: float | None) -> None:
    """Puts a new job at its place; its request and recipes stand in tables of their own."""
    pictures = len(job.recipes)
    row = {
        "id": job.id,
        "owner": job.owner,
        "state": job.state,
        "priority": job.priority,
        "turn": turn_for(connection, job.owner, job.priority, pictures),
        "waiting_since": seconds_open(connection),
        "created": job.created,
        "remaining": pictures,
        "picture_s": picture_s,
        "error": text_of(job.error),
    }
    values = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO jobs ({', '.join(row)}) VALUES ({values})", row)
    connection.execute(
        "INSERT INTO requests VALUES (?, ?)", (job.id, job.request.model_dump_json())
    )
    connection.executemany(
        "INSERT INTO recipes (job_id, picture_index, recipe) VALUES (?, ?, ?)",
        [(job.id, index, each.model_dump_json()) for index, each in enumerate(job.recipes)],
    )


def turn_for(
    connection: sqlite3.Connection, owner: str, priority: Priority | Spare, pictures: int
) -> float:
    """The turn of a new job. A job cancelled before its first step costs its owner nothing.

    The clock is the highest turn that was ever served in its turn: a job that was promoted, or had
    only what others left, does not push newcomers back.
    """
    (clock,) = connection.execute(
        """SELECT max(turn) FROM jobs
        WHERE is_started AND promoted = 9e999 AND priority <> 'spare'"""
    ).fetchone()
    (last,) = connection.execute(
        """SELECT max(turn) FROM jobs
        WHERE owner = ? AND priority = ? AND (is_started OR state = 'queued')""",
        (owner, priority),
    ).fetchone()
    return max(clock or 0.0, last or 0.0) + pictures / WEIGHTS[priority]


def seconds_open(connection: sqlite3.Connection) -> float:
    """The line's own time: how long it has been open with somebody in it."""
    (seconds,) = connection.execute("SELECT seconds FROM line_clock").fetchone()
    return float(seconds)


def tick(connection: sqlite3.Connection, elapsed_s: float) -> None:
    """Lets the line's time go on while jobs wait, and promotes whose time has come."""
    connection.execute(
        """UPDATE line_clock SET seconds = seconds + ?
        WHERE EXISTS (SELECT 1 FROM jobs WHERE state = 'queued')""",
        (max(0.0, elapsed_s),),
    )
    connection.execute(REST)
    connection.execute(PROMOTE, (PROMOTED_AFTER_S,))


def claim_next(connection: sqlite3.Connection, only: Collection[str] | None) -> str | None:
    """Takes the next job out of the line (among `only` these ids, if given); its id."""
    if only is None:
        rows = connection.execute(CLAIM.format(only="")).fetchall()
    else:
        restricted = CLAIM.format(only="AND id IN (SELECT value FROM json_each(?))")
        rows = connection.execute(restricted, (json.dumps(sorted(only)),)).fetchall()
    if not rows:
        return None
    connection.execute(REST)
    return str(rows[0]["id"])


def ids_waiting(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Ids of all waiting jobs, next one first."""
    rows = connection.execute(f"SELECT id FROM jobs WHERE state = 'queued' ORDER BY {ORDER}")
    return tuple(row["id"] for row in rows)


def ids_unfinished(connection: sqlite3.Connection, owner: str | None) -> tuple[str, ...]:
    """Ids of the owner's jobs that are being made or waiting, in the order they run.

    `owner` None is everybody.
    """
    rows = connection.execute(
        f"""SELECT id FROM jobs
        WHERE (?1 IS NULL OR owner = ?1) AND state IN ('queued', 'loading', 'running')
        ORDER BY state = 'queued', {ORDER}""",
        (owner,),
    )
    return tuple(row["id"] for row in rows)
