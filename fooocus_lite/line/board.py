"""What happens right now in this process, kept in memory: newest step, watchers, unsaved pictures.

Everything that must survive is in the job store; losing the board loses only previews.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock

from ..events import JobError, Loading, Picture, Step

MAX_UNSAVED = 32
MAX_NOTED = 256


class Board:
    """Shared between the lane's thread, which writes, and the doors, which read."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._now: dict[str, Loading | Step] = {}
        self._watchers: dict[str, int] = {}
        self._failures: OrderedDict[str, JobError] = OrderedDict()
        self._notices: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._unsaved: OrderedDict[str, tuple[Picture, bytes]] = OrderedDict()

    def show(self, job_id: str, now: Loading | Step) -> None:
        """Replaces what the job is doing; a step without a preview keeps the last one."""
        with self._lock:
            before = self._now.get(job_id)
            if isinstance(now, Step) and isinstance(before, Step) and now.preview is None:
                is_same_picture = now.picture == before.picture
                now = replace(now, preview=before.preview if is_same_picture else None)
            self._now[job_id] = now

    def clear(self, job_id: str) -> None:
        with self._lock:
            self._now.pop(job_id, None)

    def now(self, job_id: str) -> Loading | Step | None:
        with self._lock:
            return self._now.get(job_id)

    def milestone(self, job_id: str) -> object:
        """Changes when something comes that a person waits for; a mere step changes nothing."""
        now = self.now(job_id)
        return (now.picture, now.preview is not None) if isinstance(now, Step) else now

    @contextmanager
    def watching(self, job_id: str) -> Iterator[None]:
        """While inside, previews are made for the job."""
        with self._lock:
            self._watchers[job_id] = self._watchers.get(job_id, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._watchers[job_id] -= 1
                if not self._watchers[job_id]:
                    del self._watchers[job_id]

    def is_watched(self, job_id: str) -> bool:
        with self._lock:
            return job_id in self._watchers

    def fail(self, job_id: str, error: JobError) -> None:
        """Remembers a failure that could not be written down (a full disk)."""
        with self._lock:
            self._failures[job_id] = error
            while len(self._failures) > MAX_UNSAVED:
                self._failures.popitem(last=False)

    def failure(self, job_id: str) -> JobError | None:
        with self._lock:
            return self._failures.get(job_id)

    def note(self, job_id: str, notices: Sequence[str]) -> None:
        """Remembers what its person should read once; the same sentence only once."""
        with self._lock:
            known = self._notices.pop(job_id, ())
            if together := tuple(dict.fromkeys((*known, *notices))):
                self._notices[job_id] = together
            while len(self._notices) > MAX_NOTED:
                self._notices.popitem(last=False)

    def notices(self, job_id: str) -> tuple[str, ...]:
        with self._lock:
            return self._notices.get(job_id, ())

    def keep(self, picture: Picture, content: bytes) -> None:
        """Holds a picture that could not be saved, so that it can still be downloaded."""
        with self._lock:
            self._unsaved[picture.id] = (picture, content)
            while len(self._unsaved) > MAX_UNSAVED:
                self._unsaved.popitem(last=False)

    def unsaved(self, picture_id: str) -> tuple[Picture, bytes] | None:
        with self._lock:
            return self._unsaved.get(picture_id)

    def forget(self, picture_id: str) -> None:
        """Lets go of a picture that could not be saved."""
        with self._lock:
            self._unsaved.pop(picture_id, None)

    def unsaved_of(self, job_id: str) -> list[Picture]:
        with self._lock:
            return [picture for picture, _ in self._unsaved.values() if picture.job_id == job_id]
