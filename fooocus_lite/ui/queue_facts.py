"""What the page says about one's own jobs in the line, as text. Others' are only a number."""

from typing import Any

from ..errors import NotFound
from ..events import JobView, Queued
from ..studio import Studio
from ..thinking.amounts import time_left
from ..visitor import Visitor
from .progress import line_of

SHOWN_CHARACTERS = 240


def listing(studio: Studio, visitor: Visitor) -> dict[str, Any]:
    """{"jobs", "waiting", "room"}: one's unfinished jobs in the order they run, and how many of
    them wait, and how many more may.
    """
    between = studio.jobs.between(visitor.owner)
    jobs = []
    for job_id in studio.jobs.active(visitor.owner):
        try:
            view = studio.jobs.view(job_id, visitor.owner)
        except NotFound:
            continue
        if not view.is_final:
            jobs.append(_job(view, between.get(job_id, 0)))
    waiting = sum(job["is_waiting"] for job in jobs)
    room = max(0, studio.orders.waiting_limit(visitor) - waiting)
    return {"jobs": jobs, "waiting": waiting, "room": room}


def _job(view: JobView, others: int) -> dict[str, Any]:
    asked = view.recipes[0].request
    return {
        "id": view.id,
        "prompt": asked.prompt.strip()[:SHOWN_CHARACTERS],
        "line": _line(view),
        "is_waiting": view.state == "queued",
        "others": f"Before this: {_pictures(others)} of others" if others else "",
    }


def _line(view: JobView) -> str:
    """Such as "4 pictures · in about 2 min"."""
    match view.now:
        case Queued(position, eta_s) if view.state == "queued":
            place = "next" if position == 1 else f"place {position}"
            line = place if eta_s is None else f"in about {time_left(eta_s)}"
            return f"{_pictures(len(view.recipes))} · {line}"
        case now:
            return line_of(view, now)


def _pictures(number: int) -> str:
    return "1 picture" if number == 1 else f"{number} pictures"
