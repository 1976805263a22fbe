"""What a job tells whoever watches it. Frozen values, `match`ed in the doors."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .recipe import Recipe

JobState = Literal["queued", "loading", "running", "completed", "failed", "cancelled", "blocked"]
FINAL_STATES: frozenset[str] = frozenset({"completed", "failed", "cancelled", "blocked"})


@dataclass(frozen=True)
class Picture:
    """One finished picture. `path` is absolute; `created` is seconds since the epoch."""

    id: str
    job_id: str
    index: int
    owner: str
    path: Path
    recipe: Recipe
    created: float
    width: int
    height: int
    is_saved: bool = True


@dataclass(frozen=True)
class JobError:
    """Why a job failed, in words for people (`message`) and for programs (`code`)."""

    code: str
    message: str
    field: str | None = None


@dataclass(frozen=True)
class Queued:
    """`position` 1 is next; `eta_s`, until it begins, is None until a picture has been timed."""

    position: int
    eta_s: float | None


@dataclass(frozen=True)
class Loading:
    """`stage` is a short sentence such as "Loading the starter model"."""

    stage: str


@dataclass(frozen=True)
class Step:
    """Progress inside picture `picture` of `pictures`, both counted from 1.

    `preview` is a JPEG, or None when nobody watches or nothing new is there. `step` runs from 0
    (before the first) to `total_steps`.
    """

    picture: int
    pictures: int
    step: int
    total_steps: int
    seconds_per_step: float | None = None
    eta_s: float | None = None
    preview: bytes | None = field(default=None, repr=False)

    @property
    def progress(self) -> float:
        """Share of the whole job's steps that is done, 0..1."""
        within = min(1.0, self.step / self.total_steps) if self.total_steps else 0.0
        return min(1.0, (self.picture - 1 + within) / max(1, self.pictures))


@dataclass(frozen=True)
class PictureReady:
    picture: Picture


@dataclass(frozen=True)
class Finished:
    """`notices`: sentences about what did not take part as asked, such as layers of a LoRA."""

    pictures: int
    skipped: int
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cancelled:
    pictures: int


@dataclass(frozen=True)
class Failed:
    error: JobError


Event = Queued | Loading | Step | PictureReady | Finished | Cancelled | Failed


@dataclass(frozen=True)
class JobView:
    """A job as it stands this moment: all a door needs to draw it, from the start or the middle.

    `now` is the newest of Queued, Loading and Step; None once the job has ended. `notices` are
    those of this process: the pictures' own files keep them for good.
    """

    id: str
    owner: str
    state: JobState
    created: float
    recipes: tuple[Recipe, ...]
    pictures: tuple[Picture, ...]
    skipped: tuple[int, ...]
    now: Queued | Loading | Step | None
    error: JobError | None
    notices: tuple[str, ...] = ()

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    @property
    def progress(self) -> float:
        """Share of all steps that is done, 0..1."""
        if self.state == "completed":
            return 1.0
        done = (len(self.pictures) + len(self.skipped)) / max(1, len(self.recipes))
        within = self.now.progress if isinstance(self.now, Step) else 0.0
        return min(1.0, max(done, within))
