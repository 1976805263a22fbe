"""One look at a job for all who follow it: each event is read, and made text, once."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import FooocusLiteError
from ..events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    JobError,
    Loading,
    PictureReady,
    Queued,
    Step,
)
from ..studio import Studio
from .answers import result

LOOK_EVERY_S = 0.5
GONE = JobError("not_found", "The job is no longer there.")
BROKE = JobError("internal", "How the job stands cannot be read. The log has the details.")

log = logging.getLogger(__name__)


class Relay:
    """What there is to tell of one job: its pictures, what it does now, and how it ended.

    The texts are JSON. `place` is the picture and step of the newest `now`, (0, 0) for another.
    Used from one event loop only.
    """

    def __init__(self) -> None:
        self.pictures: list[str] = []
        self.now: str | None = None
        self.place = (0, 0)
        self.is_step = False
        self.end: str | None = None
        self.listeners = 0
        self.changed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    async def run(self, events: AsyncIterator[Event]) -> None:
        """Takes in the events to their end."""
        try:
            async for event in events:
                self._take(event)
        except FooocusLiteError:
            self._take(Failed(GONE))
        except Exception:  # whoever listens would wait for ever
            log.exception("following a job broke")
            self._take(Failed(BROKE))

    def _take(self, event: Event) -> None:
        text = json.dumps(data(event), ensure_ascii=False)
        match event:
            case PictureReady():
                self.pictures.append(text)
            case Queued() | Loading() | Step():
                self.now = text
                self.is_step = isinstance(event, Step)
                self.place = (event.picture, event.step) if isinstance(event, Step) else (0, 0)
            case _:
                self.end = text
        self.changed.set()
        self.changed = asyncio.Event()


class Relays:
    """The relays of the jobs that somebody follows now."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._relays: dict[str, Relay] = {}

    @contextmanager
    def joined(self, job_id: str, owner: str) -> Iterator[Relay]:
        """The job's relay, which begins with its first listener and is over with its last.

        Whether `owner` may see the job has been asked before.
        """
        relay = self._relays.get(job_id)
        if relay is None:
            relay = self._relays[job_id] = Relay()
            events = self._studio.jobs.watch(job_id, owner, LOOK_EVERY_S)
            relay.task = asyncio.create_task(relay.run(events))
        relay.listeners += 1
        try:
            yield relay
        finally:
            relay.listeners -= 1
            if not relay.listeners:
                del self._relays[job_id]
                if relay.task is not None:
                    relay.task.cancel()


def data(event: Event) -> dict[str, Any]:
    """The event as JSON has it."""
    match event:
        case Queued():
            return {"event": "queued", "position": event.position, "eta": event.eta_s}
        case Loading():
            return {"event": "loading", "stage": event.stage}
        case Step():
            return _step(event)
        case PictureReady():
            made = result(event.picture).model_dump(mode="json")
            return {"event": "picture", "index": event.picture.index, **made}
        case Finished():
            return {
                "event": "completed", "progress": 100.0, "pictures": event.pictures,
                "skipped": event.skipped, "notices": list(event.notices),
            }  # fmt: skip
        case Cancelled():
            return {"event": "cancelled", "pictures": event.pictures}
        case Failed():
            error = {"code": event.error.code, "message": event.error.message}
            return {"event": "failed", "error": {**error, "field": event.error.field}}


def _step(step: Step) -> dict[str, Any]:
    image = None if step.preview is None else base64.b64encode(step.preview).decode("ascii")
    return {
        "event": "step",
        "picture": step.picture,
        "pictures": step.pictures,
        "step": step.step,
        "total_steps": step.total_steps,
        "progress": round(100 * step.progress, 1),
        "eta": step.eta_s,
        "image": image,
    }
