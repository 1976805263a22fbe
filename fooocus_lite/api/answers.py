"""What a program is told about a job and a picture: the shapes of the answers."""

import hashlib
import re
from typing import Any, Literal

from pydantic import BaseModel, Field

from ..events import JobState, JobView, Loading, Picture, Queued, Step
from .refusals import Refusal

OUTPUTS = "/api/v1/outputs"
_TOKEN = re.compile(r"[0-9a-f]{32}")


class Result(BaseModel):
    """One finished picture. `image_url` is an address on this server."""

    id: str
    image_url: str
    thumbnail_url: str
    seed: int
    width: int
    height: int
    created: float
    metadata: dict[str, Any] = Field(description="The recipe: every choice made for it.")


class JobAnswer(BaseModel):
    """A job as it stands. `eta` is in seconds, None until something has been timed."""

    id: str
    status: JobState
    progress: float = Field(description="0 to 100")
    position: int | None = Field(description="1 is next; null once it has begun")
    eta: float | None
    stage: str | None = Field(description="What is being loaded, while it is")
    owner: str = Field(description="Whose it is: opens nothing, but stays the same.")
    created: float
    results: list[Result]
    skipped: list[int]
    notices: list[str] = Field(description="What did not take part as asked, in sentences")
    error: Refusal | None


class InputAnswer(BaseModel):
    """A picture to start from; `id` is what `image` of a request takes."""

    id: str
    width: int
    height: int
    thumbnail_url: str


class Listed(BaseModel):
    """One page of pictures; `next` goes into `before` for the following one."""

    results: list[Result]
    next: float | None


class Line(BaseModel):
    """How long the line is, and the caller's unfinished jobs in it, next one first."""

    waiting: int
    jobs: list[JobAnswer]


class Done(BaseModel):
    status: Literal["ok"] = "ok"


def job_answer(view: JobView) -> JobAnswer:
    """The answer for a job."""
    error = view.error
    return JobAnswer(
        id=view.id,
        status=view.state,
        progress=round(100 * view.progress, 1),
        position=view.now.position if isinstance(view.now, Queued) else None,
        eta=view.now.eta_s if isinstance(view.now, Queued | Step) else None,
        stage=view.now.stage if isinstance(view.now, Loading) else None,
        owner=shown_owner(view.owner),
        created=view.created,
        results=[result(picture) for picture in view.pictures],
        skipped=list(view.skipped),
        notices=list(view.notices),
        error=None
        if error is None
        else Refusal(code=error.code, message=error.message, field=error.field),
    )


def shown_owner(owner: str) -> str:
    """The owner as others may read it: of a browser a digest, since its token is all it takes to
    be that browser, and webhooks carry the answer to somebody else's server.
    """
    return hashlib.sha256(owner.encode()).hexdigest()[:32] if _TOKEN.fullmatch(owner) else owner


def result(picture: Picture) -> Result:
    """The answer for a picture."""
    return Result(
        id=picture.id,
        image_url=f"{OUTPUTS}/{picture.id}",
        thumbnail_url=f"{OUTPUTS}/{picture.id}/thumbnail",
        seed=picture.recipe.seed,
        width=picture.width,
        height=picture.height,
        created=picture.created,
        metadata=picture.recipe.model_dump(mode="json"),
    )
