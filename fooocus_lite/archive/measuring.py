"""Counts and times read out of the database, for whoever watches over the program."""

import sqlite3
import statistics
import time

from .database import Database


def jobs_by_state(database: Database) -> dict[str, int]:
    """How many jobs are in each state, of all that were ever accepted."""
    rows = database.connection().execute("SELECT state, count(*) FROM jobs GROUP BY state")
    return dict(map(tuple, rows))


def waiting(database: Database) -> int:
    """How many jobs wait."""
    return int(_one(database, "SELECT count(*) FROM jobs WHERE state = 'queued'") or 0)


def oldest_wait_s(database: Database) -> float:
    """Seconds since the oldest waiting job came; 0 when none waits."""
    oldest = _one(database, "SELECT min(created) FROM jobs WHERE state = 'queued'")
    return 0.0 if oldest is None else max(0.0, time.time() - oldest)


def seconds_per_step(database: Database) -> float | None:
    """Of the newest job that made a step."""
    return _one(
        database,
        """SELECT seconds_per_step FROM jobs WHERE seconds_per_step IS NOT NULL
        ORDER BY number DESC LIMIT 1""",
    )


def seconds_per_picture(database: Database) -> float | None:
    """The median of the latest 20 pictures; None until one was made."""
    rows = database.connection().execute(
        "SELECT cook_s FROM pictures WHERE cook_s IS NOT NULL ORDER BY created DESC LIMIT 20"
    )
    times = [row["cook_s"] for row in rows]
    return statistics.median(times) if times else None


def retries(database: Database) -> int:
    """How often a job was tried again, after a fault or a crash."""
    return int(_one(database, "SELECT sum(attempts - 1) FROM jobs WHERE attempts > 1") or 0)


def promoted(database: Database) -> int:
    """How many jobs were promoted because they had waited too long."""
    return int(_one(database, "SELECT count(*) FROM jobs WHERE promoted < 9e999") or 0)


def load_times(database: Database) -> dict[str, float]:
    """Seconds that loading a model took, by its name; the slowest of its memory plans."""
    rows = database.connection().execute(
        "SELECT model, max(seconds) FROM load_times GROUP BY model"
    )
    return dict(map(tuple, rows))


def _one(database: Database, statement: str) -> float | None:
    row: sqlite3.Row = database.connection().execute(statement).fetchone()
    return None if row is None or row[0] is None else float(row[0])
