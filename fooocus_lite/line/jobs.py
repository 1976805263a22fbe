"""How jobs stand: looked at, watched, counted. Any thread, any number of watchers.

Knows nothing of how a job is made or asked for.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

from pydantic import ValidationError

from ..archive import measuring, moves
from ..archive.database import Database
from ..archive.job import Job
from ..archive.jobs import JobStore
from ..errors import NotFound
from ..events import Event, JobView, Loading, Queued, Step
from ..visitor import LOCAL
from .board import Board
from .forecasts import Forecasts
from .measures import Measures
from .news import Seen, told


def owned(store: JobStore, job_id: str, owner: str) -> Job:
    """The job, if it is the owner's; "local" owns all. Raises NotFound, also for a stranger's, and
    for one whose words another version of the program wrote.
    """
    try:
        return store.get(job_id, None if owner == LOCAL else owner)
    except ValidationError:
        raise NotFound(
            "This job was written by another version of the program and cannot be read. Its "
            "pictures are in the history.",
            field="id",
        ) from None


class Jobs:
    """Everybody's jobs, each shown to its owner."""

    def __init__(
        self, database: Database, store: JobStore, board: Board, forecasts: Forecasts
    ) -> None:
        self._database = database
        self._store = store
        self._board = board
        self._forecasts = forecasts

    def active(self, owner: str = LOCAL) -> list[str]:
        """Ids of the owner's unfinished jobs, in the order they will run."""
        return list(self._store.active(None if owner == LOCAL else owner))

    def between(self, owner: str) -> dict[str, int]:
        """For each of `active`: pictures of others after the owner's job before it."""
        return moves.pictures_between(self._database, owner)

    def waiting(self) -> int:
        """How many jobs wait, everybody's."""
        return measuring.waiting(self._database)

    def measures(self) -> Measures:
        """How the program is doing, in numbers."""
        facts = self._forecasts.facts
        is_gpu = facts is not None and facts.free_vram_mib is not None
        return Measures(
            jobs=measuring.jobs_by_state(self._database),
            oldest_wait_s=measuring.oldest_wait_s(self._database),
            seconds_per_step=measuring.seconds_per_step(self._database),
            seconds_per_picture=measuring.seconds_per_picture(self._database),
            load_s=measuring.load_times(self._database),
            free_vram_mib=facts.free_vram_mib if facts else None,
            total_vram_mib=facts.total_mib if facts and is_gpu else None,
            retries=measuring.retries(self._database),
            promoted=measuring.promoted(self._database),
        )

    def view(self, job_id: str, owner: str = LOCAL) -> JobView:
        """The job as it stands, newest preview included. Raises NotFound, also for a stranger."""
        # The board first: a job that ends meanwhile is cleared from it, and its row tells less.
        shown = self._board.now(job_id)
        job = owned(self._store, job_id, owner)
        failure = self._board.failure(job.id)
        saved = self._store.pictures_of(job.id)
        return JobView(
            id=job.id,
            owner=job.owner,
            state="failed" if failure else job.state,
            created=job.created,
            recipes=job.recipes,
            pictures=(*saved, *self._board.unsaved_of(job.id)),
            skipped=job.skipped,
            now=self._now(job, shown),
            error=failure or job.error,
            notices=self._board.notices(job.id),
        )

    def _now(self, job: Job, shown: Loading | Step | None) -> Queued | Loading | Step | None:
        if job.state == "queued":
            place = self._store.place(job.id)
            # It may have begun since it was read.
            return Queued(1, None) if place is None else Queued(place.position, place.eta_s)
        if job.is_final:
            return None
        return shown or told(job)

    async def watch(
        self, job_id: str, owner: str = LOCAL, interval_s: float = 0.22
    ) -> AsyncIterator[Event]:
        """Events from now to the end, the newest of each kind, at most one step per interval."""
        seen = Seen()
        with self._board.watching(job_id):
            while not seen.is_over:
                milestone = self._board.milestone(job_id)
                for event in seen.news(await asyncio.to_thread(self.view, job_id, owner)):
                    yield event
                if not seen.is_over:
                    await self._pause(job_id, milestone, interval_s)

    async def _pause(self, job_id: str, milestone: object, interval_s: float) -> None:
        """At most the interval; less when a first preview, a picture or the end is there."""
        deadline = time.monotonic() + interval_s
        while (left_s := deadline - time.monotonic()) > 0:
            await asyncio.sleep(min(0.02, left_s))
            if self._board.milestone(job_id) != milestone:
                return

    def follow(
        self, job_id: str, owner: str = LOCAL, interval_s: float = 0.1
    ) -> Iterator[Event | None]:
        """`watch` for callers without an event loop; None when an interval brought no news."""
        seen = Seen()
        while not seen.is_over:
            yield from seen.news(self.view(job_id, owner))
            if not seen.is_over:
                yield None
                time.sleep(interval_s)
