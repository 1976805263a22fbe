"""What the page says about one's own jobs in the line, as text. Others' are only a number."""

from typing import Any

from ..errors import NotFound
from ..events import JobView
from ..studio import Studio
from ..visitor import Visitor
from .progress import line_of

SHOWN_CHARACTERS = 240


def listing(studio: Studio, visitor: Visitor) -> dict[str, Any]:
    """{"jobs", "waiting", "room"}: one's unfinished jobs in the order they run, and how many of
    them wait, and how many more may.
    """
    between = studio.between(visitor.owner)
    jobs = []
    for job_id in studio.active(visitor.owner):
        try:
            view = studio.view(job_id, visitor.owner)
        except NotFound:
            continue
        if not view.is_final:
            jobs.append(_job(view, between.get(job_id, 0)))
    waiting = sum(job["is_waiting"] for job in jobs)
    room = max(0, studio.waiting_limit(visitor) - waiting)
    return {"jobs": jobs, "waiting": waiting, "room": room}


def _job(view: JobView, others: int) -> dict[str, Any]:
    asked = view.recipes[0].request
    pictures = len(view.recipes)
    return {
        "id": view.id,
        "prompt": asked.prompt.strip()[:SHOWN_CHARACTERS],
        "pictures": "1 picture" if pictures == 1 else f"{pictures} pictures",
        "line": line_of(view, view.now),
        "is_waiting": view.state == "queued",
        "others": f"{others} picture{'' if others == 1 else 's'} of others" if others else "",
    }
