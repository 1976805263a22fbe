"""What is happening, as frames for the stage: a plain dictionary each. Knows nothing of widgets."""

import asyncio
import base64
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from ..errors import NotFound
from ..events import Cancelled, Event, Failed, Finished, JobView, Loading, Picture, Queued, Step
from ..studio import Studio
from ..thinking.amounts import time_left
from .sheet import tiles_of

HEARTBEAT_S = 5.0
SAY_EVERY_S = 3.0
IDLE: dict[str, Any] = {"state": "idle", "job": "", "line": "", "say": "", "share": 0.0}


@dataclass(frozen=True)
class Shown:
    """One update: the stage's frame, and the job's pictures when there is a new one."""

    frame: dict[str, Any]
    view: JobView
    pictures: tuple[Picture, ...] | None = None
    is_last: bool = False


async def frames(studio: Studio, owner: str, newest: str = "") -> AsyncIterator[Shown]:
    """What the owner's jobs do, one job after the other, until none is left.

    `newest` is a job just started: it is shown even if it ended before anybody looked.
    """
    known: list[str] = [newest] if newest else []
    shown: set[str] = set()
    while True:
        # A quick job may end while the one before it is shown; it is shown afterwards.
        active = await asyncio.to_thread(studio.jobs.active, owner)
        known += [job_id for job_id in active if job_id not in known]
        ended = [job_id for job_id in known if job_id not in active]
        unseen = [job_id for job_id in [*ended, *active] if job_id not in shown]
        if not unseen:
            return
        job_id = unseen[0]
        shown.add(job_id)
        try:
            view = await asyncio.to_thread(studio.jobs.view, job_id, owner)
            if job_id != newest and _was_taken_back(view):
                continue
            async with aclosing(_frames_of_job(studio, owner, job_id)) as updates:
                async for update in updates:
                    yield update
                    if await _is_overtaken(studio, owner, update, shown):
                        shown.remove(job_id)
                        break
        except NotFound:
            continue


def _was_taken_back(view: JobView) -> bool:
    """Whether it was cancelled before it had a picture to show."""
    return view.state == "cancelled" and not view.pictures


async def _is_overtaken(studio: Studio, owner: str, update: Shown, shown: set[str]) -> bool:
    """Whether the job shown waits while its owner put another one before it."""
    if update.frame["state"] != "queued":
        return False
    active = await asyncio.to_thread(studio.jobs.active, owner)
    return bool(active) and active[0] not in shown


async def _frames_of_job(studio: Studio, owner: str, job_id: str) -> AsyncGenerator[Shown]:
    view = await asyncio.to_thread(studio.jobs.view, job_id, owner)
    speak = _Speaker()
    shown_pictures = len(view.pictures)
    picture = 0
    now = view.now
    yield Shown(frame_of(view, now, speak), view, view.pictures)
    beat = 0
    async for event in _with_heartbeat(studio.jobs.watch(job_id, owner)):
        if event is None:
            beat += 1
            yield Shown({**frame_of(view, now, speak), "beat": beat}, view)
            continue
        # A step of the next picture tells as well that one is finished.
        if not isinstance(event, Step) or event.picture != picture:
            picture = event.picture if isinstance(event, Step) else picture
            view = await asyncio.to_thread(studio.jobs.view, job_id, owner)
        has_new = len(view.pictures) != shown_pictures
        shown_pictures = len(view.pictures)
        # Never the view's own: it is ahead of the events, and the next one would fall back.
        if isinstance(event, Step | Loading | Queued):
            now = event
        yield Shown(frame_of(view, now, speak), view, view.pictures if has_new else None)
    view = await asyncio.to_thread(studio.jobs.view, job_id, owner)
    yield Shown(frame_of(view, view.now, speak), view, view.pictures, is_last=True)


async def _with_heartbeat(events: AsyncIterator[Event]) -> AsyncIterator[Event | None]:
    """The events, with None whenever nothing came for a while, so that a page knows it is heard."""

    async def next_event() -> Event:
        return await anext(events)

    pending = asyncio.ensure_future(next_event())
    try:
        while True:
            done, _ = await asyncio.wait({pending}, timeout=HEARTBEAT_S)
            if not done:
                yield None
                continue
            try:
                event = pending.result()
            except StopAsyncIteration:
                return
            yield event
            if isinstance(event, Finished | Cancelled | Failed):
                return
            pending = asyncio.ensure_future(next_event())
    finally:
        pending.cancel()
        await asyncio.gather(pending, return_exceptions=True)
        if isinstance(events, AsyncGenerator):
            await events.aclose()


class _Speaker:
    """Lets a spoken line through only every few seconds, so that a screen reader can keep up."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.line = ""
        self.spoken_at = float("-inf")

    def __call__(self, line: str, is_urgent: bool = False) -> str:
        if is_urgent or self.clock() - self.spoken_at >= SAY_EVERY_S:
            self.line = line
            self.spoken_at = self.clock()
        return self.line


def frame_of(
    view: JobView, now: Queued | Loading | Step | None, speak: _Speaker | None = None
) -> dict[str, Any]:
    """The stage's frame for a job as it stands."""
    now = None if view.is_final else now
    line = line_of(view, now)
    speak = speak or _Speaker()
    recipe = view.recipes[0] if view.recipes else None
    frame = {
        "state": _state(view, now),
        "job": view.id,
        "line": line,
        "say": speak(line, is_urgent=view.is_final),
        "share": round(_share(view, now), 4),
        "count": len(view.recipes),
        "width": recipe.width if recipe else 1,
        "height": recipe.height if recipe else 1,
        "tiles": tiles_of(view.recipes),
    }
    if isinstance(now, Step) and now.preview:
        frame["preview"] = base64.b64encode(now.preview).decode("ascii")
        frame["picture"] = now.picture
    return frame


def line_of(view: JobView, now: Queued | Loading | Step | None) -> str:
    """One readable line such as "Picture 1 of 4 · step 5 of 20 · 0.1 s/step · about 5 s left"."""
    if view.is_final:
        return _last_line(view)
    match now:
        case Queued(position, eta_s):
            ahead = position - 1
            if ahead <= 0:
                return "You are next" + _eta(eta_s, " · starts in about ")
            return f"{_count(ahead, 'job')} ahead of yours" + _eta(eta_s, " · starts in about ")
        case Loading(stage):
            return f"{stage.rstrip('.…')}…"
        case Step():
            return _step_line(now)
        case _:
            return "Getting ready…"


def _step_line(step: Step) -> str:
    parts = [f"Picture {step.picture} of {step.pictures}"] if step.pictures > 1 else []
    # Some schedulers (PNDM) call back once more than they have steps.
    done = min(step.step, step.total_steps)
    parts.append(
        f"Step {done} of {step.total_steps}" if not parts else f"step {done} of {step.total_steps}"
    )
    if step.seconds_per_step is not None:
        parts.append(f"{step.seconds_per_step:.2g} s/step")
    if step.eta_s is not None:
        parts.append(f"about {time_left(step.eta_s)} left")
    return " · ".join(parts)


def _last_line(view: JobView) -> str:
    made = _count(len(view.pictures), "picture")
    match view.state:
        case "completed":
            skipped = f", {len(view.skipped)} skipped" if view.skipped else ""
            return ". ".join([f"Done: {made}{skipped}", *view.notices])
        case "cancelled":
            return f"Stopped. {made[0].upper()}{made[1:]} kept" if view.pictures else "Stopped"
        case _:
            return "This did not work out"


def _state(view: JobView, now: Queued | Loading | Step | None) -> str:
    """The view may be older than the event that came after it."""
    if view.is_final:
        return view.state
    match now:
        case Step():
            return "running"
        case Loading():
            return "loading"
        case _:
            return view.state


def _share(view: JobView, now: Queued | Loading | Step | None) -> float:
    if view.state == "completed":
        return 1.0
    if isinstance(now, Step) and now.pictures and now.total_steps:
        within = min(1.0, now.step / now.total_steps)
        return min(1.0, (now.picture - 1 + within) / now.pictures)
    return view.progress


def _eta(eta_s: float | None, words: str) -> str:
    return "" if eta_s is None or eta_s < 1 else f"{words}{time_left(eta_s)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
