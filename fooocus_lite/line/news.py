"""From how a job stands to what is new about it: views in, events out.

A watcher may join at any moment and as often as it likes; what it missed is told in one go.
"""

from collections.abc import Iterator

from ..archive.job import Job
from ..events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    JobError,
    JobView,
    Loading,
    PictureReady,
    Queued,
    Step,
)


class Seen:
    """What a watcher has been told already, so that each view yields only its news."""

    def __init__(self) -> None:
        self._pictures: set[str] = set()
        self._now: Queued | Loading | Step | None = None
        self.is_over = False

    def news(self, view: JobView) -> Iterator[Event]:
        for picture in view.pictures:
            if picture.id not in self._pictures:
                self._pictures.add(picture.id)
                yield PictureReady(picture)
        if view.now is not None and view.now != self._now:
            self._now = view.now
            yield view.now
        if view.is_final:
            self.is_over = True
            yield _last_event(view)


def told(job: Job) -> Loading | Step | None:
    """What another process, which has the device, last wrote down about the job."""
    if job.stage is not None or job.picture_index is None:
        return Loading(job.stage or "Getting ready")
    return Step(
        picture=job.picture_index + 1,
        pictures=len(job.recipes),
        step=job.step,
        total_steps=job.total_steps,
        seconds_per_step=job.seconds_per_step,
    )


def _last_event(view: JobView) -> Event:
    match view.state:
        case "completed":
            return Finished(len(view.pictures), len(view.skipped), view.notices)
        case "cancelled":
            return Cancelled(len(view.pictures))
        case _:
            reason = view.error or JobError("failed", "The job ended without a reason.")
            return Failed(reason)
