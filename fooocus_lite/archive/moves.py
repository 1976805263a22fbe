"""What an owner does with their own waiting jobs: another order, all cancelled, who is in between.

Jobs trade places among themselves, so nobody else's position changes. Knows places, not the rule
by which the line gives them.
"""

import sqlite3
from collections.abc import Sequence
from typing import Literal

from ..errors import BadRequest, NotWaiting
from . import line
from .database import Database

To = Literal["first", "last", "up", "down"]
SLOT = ("priority", "turn", "number", "is_started")
"""What a place in the line is made of. `is_started`: whether the line's clock has passed it."""


def move(
    database: Database, owner: str, job_id: str, to: To | None = None, before: str | None = None
) -> None:
    """Puts a waiting job before another one of the same owner, or where `to` says among them.

    The first one stays first when it is moved "up". Raises NotWaiting when either has begun or
    ended meanwhile, BadRequest for a job before itself; nothing is changed then.
    """
    if before == job_id:
        raise BadRequest("A job cannot come before itself. Name another one.", field="before")
    with database.transaction() as connection:
        own = _own_waiting(connection, owner)
        if job_id not in own or (before is not None and before not in own):
            raise NotWaiting(
                "That job does not wait any more, so the order stays as it was.", field="id"
            )
        wanted = [each for each in own if each != job_id]
        place = wanted.index(before) if before else _place(own.index(job_id), len(wanted), to)
        wanted.insert(place, job_id)
        _seat(connection, own, wanted)


def cancel_waiting(database: Database, owner: str) -> int:
    """Ends all waiting jobs of the owner, and says how many; one that has begun goes on."""
    with database.transaction() as connection:
        cursor = connection.execute(
            """UPDATE jobs SET stop_requested = 1, state = 'cancelled'
            WHERE owner = ? AND state = 'queued'""",
            (owner,),
        )
        return cursor.rowcount


def pictures_between(database: Database, owner: str) -> dict[str, int]:
    """For each unfinished job of the owner: others' pictures after the owner's job before it."""
    connection = database.connection()
    order = line.ids_unfinished(connection, None)
    rows = connection.execute(
        "SELECT id, owner, remaining FROM jobs WHERE state IN ('queued', 'loading', 'running')"
    )
    jobs = {row["id"]: row for row in rows}
    found: dict[str, int] = {}
    others = 0
    for job_id in order:
        job = jobs.get(job_id)
        if job is None:
            continue
        if job["owner"] == owner:
            found[job_id] = others
            others = 0
        else:
            others += job["remaining"]
    return found


def _own_waiting(connection: sqlite3.Connection, owner: str) -> list[str]:
    rows = connection.execute("SELECT id FROM jobs WHERE owner = ? AND state = 'queued'", (owner,))
    own = {row["id"] for row in rows}
    return [job_id for job_id in line.ids_waiting(connection) if job_id in own]


def _place(now: int, last: int, to: To | None) -> int:
    """The new index of the job at index `now`; `last` is the highest there is."""
    match to:
        case "first":
            return 0
        case "up":
            return max(0, now - 1)
        case "down":
            return min(last, now + 1)
        case _:
            return last


def _seat(connection: sqlite3.Connection, own: Sequence[str], wanted: Sequence[str]) -> None:
    """Gives the slots of `own`, in their order, to the jobs of `wanted`."""
    slots = {
        row["id"]: tuple(row[name] for name in SLOT)
        for row in connection.execute("SELECT * FROM jobs WHERE state = 'queued'")
    }
    changed = [(slots[old], new) for old, new in zip(own, wanted, strict=True) if old != new]
    # A number belongs to one row at a time, so all of them are given up first.
    connection.executemany(
        "UPDATE jobs SET number = -number WHERE id = ?", [(new,) for _, new in changed]
    )
    places = ", ".join(f"{name} = ?" for name in SLOT)
    connection.executemany(
        f"UPDATE jobs SET {places} WHERE id = ?", [(*slot, new) for slot, new in changed]
    )
