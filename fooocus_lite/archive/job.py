"""A job as the store remembers it. Knows nothing of how the line is ordered."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import cast

from ..events import FINAL_STATES, JobError, JobState
from ..recipe import ImageRequest, Recipe
from ..visitor import Priority, Spare


@dataclass(frozen=True)
class Job:
    """One row of the line. Every picture index counts from 0, as `recipes` does.

    `stage` is a sentence while something is loaded, else None; `picture_index`, `step` and
    `total_steps` are what the lane reported last. `created` is seconds since the epoch.
    """

    id: str
    owner: str
    state: JobState
    request: ImageRequest
    recipes: tuple[Recipe, ...]
    attempts: int
    priority: Priority | Spare
    created: float
    skipped: tuple[int, ...] = ()
    error: JobError | None = None
    picture_index: int | None = None
    step: int = 0
    total_steps: int = 0
    seconds_per_step: float | None = None
    stage: str | None = None
    stop_requested: bool = False

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES


@dataclass(frozen=True)
class Wish:
    """What people asked for since the last heartbeat: end the job, or leave this picture."""

    stop: bool
    skip: bool


def job_from(row: sqlite3.Row, request: str, recipes: Sequence[sqlite3.Row]) -> Job:
    """The job of its rows; `recipes` are in order.

    Raises pydantic's ValidationError when a text in it is of another version of the program.
    """
    return Job(
        id=row["id"],
        owner=row["owner"],
        state=cast(JobState, row["state"]),
        request=ImageRequest.model_validate_json(request),
        recipes=tuple(Recipe.model_validate_json(each["recipe"]) for each in recipes),
        attempts=row["attempts"],
        priority=cast(Priority | Spare, row["priority"]),
        created=row["created"],
        skipped=tuple(each["picture_index"] for each in recipes if each["outcome"] == "skipped"),
        error=error_from(row["error"]),
        picture_index=row["picture_index"],
        step=row["step"],
        total_steps=row["total_steps"],
        seconds_per_step=row["seconds_per_step"],
        stage=row["stage"],
        stop_requested=bool(row["stop_requested"]),
    )


def text_of(error: JobError | None) -> str | None:
    """The error as JSON, for the row."""
    return None if error is None else json.dumps(asdict(error), ensure_ascii=False)


def error_from(text: str | None) -> JobError | None:
    """The error of a row; the inverse of `text_of`."""
    return None if text is None else JobError(**json.loads(text))
