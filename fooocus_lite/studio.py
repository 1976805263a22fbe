"""The front: opens the rooms and is the only thing a door imports.

start(request) -> job id, view / watch (job) -> what is happening, skip, stop, history, presets, styles.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Literal

from .events import Event, JobView, Picture
from .recipe import ImageRequest, Recipe
from .settings import Settings
from .thinking.families import Family
from .thinking.presets import Preset
from .thinking.styles import Style

LOCAL = "local"


class Studio:
    """One open house. `owner` is who asks: a browser's token, or "local" for the command line."""

    settings: Settings
    notices: tuple[str, ...]
    """Sentences to show once: a data file left out, a database set aside."""

    @classmethod
    def open(cls, settings: Settings, cooks: Literal["all", "own", "none"] = "all") -> "Studio":
        raise NotImplementedError

    def close(self) -> None: ...

    def presets(self) -> dict[str, Preset]: ...

    def styles(self) -> dict[str, Style]: ...

    def family_of(self, model: str) -> Family: ...

    def schedulers(self) -> tuple[str, ...]: ...

    def plan(self, request: ImageRequest) -> list[Recipe]:
        """What would be made, without making it. Raises BadRequest or UnknownName."""
        ...

    def start(self, request: ImageRequest, owner: str = LOCAL) -> str:
        """The id of a job that is on disk. Raises BadRequest (also when the line is full)."""
        ...

    def view(self, job_id: str, owner: str = LOCAL) -> JobView:
        """The job as it stands, newest preview included. Raises NotFound (also for a stranger)."""
        ...

    def active(self, owner: str = LOCAL) -> list[str]:
        """Ids of the owner's unfinished jobs, in the order they will run."""
        ...

    def watch(self, job_id: str, owner: str = LOCAL, interval_s: float = 0.22) -> AsyncIterator[Event]:
        """Events from now to the end, the newest of each kind, at most one step per interval."""
        ...

    def follow(self, job_id: str, owner: str = LOCAL, interval_s: float = 0.1) -> Iterator[Event]:
        """`watch` for callers without an event loop."""
        ...

    def skip(self, job_id: str, owner: str = LOCAL) -> None:
        """Leave the picture being made; go on with the next."""
        ...

    def stop(self, job_id: str, owner: str = LOCAL) -> None:
        """End the job; finished pictures stay."""
        ...

    def history(
        self, owner: str = LOCAL, search: str = "", limit: int = 60, before: float | None = None
    ) -> list[Picture]:
        """Newest first. Alone on localhost every owner's pictures are shown."""
        ...

    def picture(self, picture_id: str, owner: str = LOCAL) -> Picture:
        """Raises NotFound, also for a stranger's picture."""
        ...

    def picture_bytes(self, picture_id: str, owner: str = LOCAL) -> tuple[bytes, str]:
        """The file's bytes and media type; a picture that could not be saved is served from memory."""
        ...

    def status(self) -> str:
        """One line: device and why, or what is still being loaded."""
        ...
