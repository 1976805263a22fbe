"""What an owner does with their own waiting jobs: another order, all cancelled, who is in between.

Jobs trade places among themselves, as if they had been asked for in that order.
"""

import math
import sqlite3
from collections.abc import Sequence
from typing import Literal

from ..errors import BadRequest, NotWaiting
from . import line
from .database import Database

To = Literal["first", "last", "up", "down"]
SLOT = ("promoted", "turn", "number", "priority", "waiting_since", "is_started")
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
    """Gives the slots of `own`, in their order, to the jobs of `wanted`.

    A slot's turn was reckoned for a job of some size. One that asks for more gets a later turn, and
    what is behind it, too, or a large job could be had for the price of a small one.
    """
    rows = connection.execute("SELECT * FROM jobs WHERE state = 'queued'")
    jobs = {row["id"]: row for row in rows}
    seats = []
    charged: dict[str, float] = {}
    latest = 0.0
    for old, new in zip(own, wanted, strict=True):
        slot = {name: jobs[old][name] for name in SLOT}
        weight, group = line.WEIGHTS[slot["priority"]], slot["priority"]
        begin = charged.get(group, slot["turn"] - jobs[old]["remaining"] / weight)
        turn = max(slot["turn"], begin + jobs[new]["remaining"] / weight)
        if slot["promoted"] == math.inf:
            latest = turn = max(turn, latest)
        charged[group] = slot["turn"] = turn
        seats.append((*slot.values(), new))
    # A number belongs to one row at a time, so all of them are given up first.
    connection.executemany(
        "UPDATE jobs SET number = -number WHERE id = ?", [(new,) for new in wanted]
    )
    places = ", ".join(f"{name} = ?" for name in SLOT)
    connection.executemany(f"UPDATE jobs SET {places} WHERE id = ?", seats)
