"""Where every waiting job stands: how many go before it, and how long that will take.

Worked out for the whole line at once and kept until something is written, so that a thousand
followers of a thousand jobs cost no more than one.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from . import line, measuring
from .database import Database


@dataclass(frozen=True)
class Place:
    """`position` 1 is next. `eta_s`: seconds until it begins, None until a picture was timed."""

    position: int
    eta_s: float | None


class Places:
    """The places of one database's line. Asked by any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._version: int | None = None
        self._places: Mapping[str, Place] = {}

    def of(self, job_id: str) -> Place | None:
        """The job's place, in the very order the line is served; None when it is not waiting."""
        with self._lock:
            # Asked before the line is read: what is written meanwhile counts for the next time.
            version = self._database.version()
            if version != self._version:
                self._places = _places(self._database)
                self._version = version
            return self._places.get(job_id)


def _places(database: Database) -> dict[str, Place]:
    usual_s = measuring.seconds_per_picture(database)
    connection = database.connection()
    eta_s: float | None = 0.0
    for row in connection.execute("SELECT * FROM jobs WHERE state IN ('loading', 'running')"):
        eta_s = _sum(eta_s, _left_s(row, usual_s))
    places: dict[str, Place] = {}
    waiting = connection.execute(
        f"""SELECT id, remaining, picture_s FROM jobs WHERE state = 'queued'
        ORDER BY {line.ORDER}"""
    )
    for position, row in enumerate(waiting, 1):
        places[row["id"]] = Place(position, eta_s)
        each_s = usual_s if row["picture_s"] is None else row["picture_s"]
        eta_s = _sum(eta_s, None if each_s is None else row["remaining"] * each_s)
    return places


def _left_s(row: sqlite3.Row, usual_s: float | None) -> float | None:
    """What is left of a job being made: by the pace of its steps, else by its forecast."""
    if row["seconds_per_step"] is not None:
        steps = row["remaining"] * row["total_steps"] - row["step"]
        return float(max(0.0, steps * row["seconds_per_step"]))
    each_s = usual_s if row["picture_s"] is None else row["picture_s"]
    if each_s is None:
        return None
    done = row["step"] / row["total_steps"] if row["total_steps"] else 0.0
    return float(max(0.0, row["remaining"] - done) * each_s)


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
