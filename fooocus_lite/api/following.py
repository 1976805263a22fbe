"""Waiting for one job to end."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from ..errors import FooocusLiteError
from ..events import JobView
from ..studio import Studio
from .refusals import JobEnded, TooSlow

POLL_S = 0.1
STOPPED = "The job was stopped before it had a picture."


async def ended(
    studio: Studio,
    job_id: str,
    owner: str,
    timeout_s: float,
    tell: Callable[[JobView], Awaitable[None]] | None = None,
) -> JobView:
    """The job once it has ended, or as it stands after `timeout_s`; `tell` hears of each look.

    No watcher: the lane makes no previews for somebody who only waits.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        view = await asyncio.to_thread(studio.jobs.view, job_id, owner)
        if view.is_final or time.monotonic() >= deadline:
            return view
        if tell is not None:
            await tell(view)
        await asyncio.sleep(POLL_S)


async def ended_while_watched(studio: Studio, job_id: str, owner: str, timeout_s: float) -> JobView:
    """`ended`, with previews being made meanwhile for whoever asks how far it is."""
    with studio.board.watching(job_id):
        return await ended(studio, job_id, owner, timeout_s)


def told_why(view: JobView) -> FooocusLiteError:
    """The error of a job that ended without what it was asked for, or that has not ended."""
    if not view.is_final:
        return TooSlow("The job did not end in time. It goes on; its pictures will be in History.")
    if view.error is None:
        return JobEnded(STOPPED, "cancelled")
    return JobEnded(view.error.message, view.error.code, view.error.field)
