"""Making pictures: start a job, look at it, follow it, stop it."""

import asyncio
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from ..reception.webhooks import Webhooks
from ..studio import Studio
from .answers import JobAnswer, Line, job_answer
from .caller import Caller, House
from .following import ended
from .refusals import Refusal, RefusalAnswer, Responses
from .relay import Relays
from .request import GenerateRequest, Move
from .stream import messages

WAIT_S = 120.0
JOBS_SHOWN = 100
UNBUFFERED = {"cache-control": "no-store", "x-accel-buffering": "no"}
NOT_FOUND: Responses = {
    404: {"model": RefusalAnswer, "description": "No such job, or somebody else's"}
}
NOT_WAITING: Responses = {
    **NOT_FOUND,
    409: {"model": RefusalAnswer, "description": "It has begun or ended meanwhile"},
}
REFUSED: Responses = {
    status: {"model": RefusalAnswer, "description": description}
    for status, description in (
        (400, "A value that is not possible, with those that are"),
        (404, "No such model, with those there are"),
        (409, "The model has to be downloaded first"),
        (429, "Too many jobs of yours are waiting; see Retry-After"),
        (503, "The line is full; see Retry-After"),
    )
}
router = APIRouter(tags=["Pictures"])


@router.post(
    "/generate",
    status_code=202,
    responses={
        **REFUSED,
        200: {"model": JobAnswer, "description": "With wait=true: the job has ended"},
        408: {
            "model": JobAnswer,
            "description": "With wait=true: not within 120 s, and it goes on; or it was ended "
            "because it took too long",
        },
    },
)
async def generate(
    asked: GenerateRequest,
    request: Request,
    response: Response,
    studio: House,
    caller: Caller,
    wait: Annotated[bool, Query(description="Answer when the job has ended")] = False,
) -> JobAnswer:
    """Puts a job into the line. It is on disk before the answer comes."""
    webhooks: Webhooks = request.app.state.webhooks
    if asked.webhook is not None:
        await asyncio.to_thread(webhooks.check, asked.webhook)
    job_id = await asyncio.to_thread(studio.orders.start, asked.image_request(), caller)
    if asked.webhook is not None:
        message = partial(_told_when_ended, studio, job_id, caller.owner)
        webhooks.tell_when_ended(asked.webhook, caller.owner, message)
    response.headers["location"] = f"/api/v1/generate/{job_id}"
    view = await ended(studio, job_id, caller.owner, WAIT_S if wait else 0)
    answer = job_answer(view)
    if wait and view.error is not None and view.error.code == "timeout":
        response.status_code = 408
        return answer
    if wait and not view.is_final:
        response.status_code = 408
        words = "The job did not end within 120 seconds. It goes on; ask for it by its id."
        return answer.model_copy(update={"error": Refusal(code="timeout", message=words)})
    response.status_code = 200 if wait else 202
    return answer


@router.get("/generate/{job_id}", responses=NOT_FOUND)
def job(job_id: str, studio: House, caller: Caller) -> JobAnswer:
    """The job as it stands, with the pictures finished so far."""
    return job_answer(studio.jobs.view(job_id, caller.owner))


@router.post("/generate/{job_id}/cancel", responses=NOT_FOUND)
def cancel(job_id: str, studio: House, caller: Caller) -> JobAnswer:
    """Ends the job after its running step; finished pictures stay."""
    studio.orders.stop(job_id, caller.owner)
    return job_answer(studio.jobs.view(job_id, caller.owner))


@router.post("/generate/{job_id}/move", responses=NOT_WAITING)
def move(job_id: str, wish: Move, studio: House, caller: Caller) -> JobAnswer:
    """Another place for a waiting job among the caller's own, as if asked for in that order."""
    studio.orders.move(job_id, wish.to, wish.before, caller.owner)
    return job_answer(studio.jobs.view(job_id, caller.owner))


@router.post("/generate/{job_id}/duplicate", status_code=202, responses={**REFUSED, **NOT_FOUND})
def duplicate(job_id: str, response: Response, studio: House, caller: Caller) -> JobAnswer:
    """A new job that asks for the same; a random seed is drawn again."""
    new_id = studio.orders.duplicate(job_id, caller)
    response.headers["location"] = f"/api/v1/generate/{new_id}"
    return job_answer(studio.jobs.view(new_id, caller.owner))


@router.post("/generate/{job_id}/skip", responses=NOT_FOUND)
def skip(job_id: str, studio: House, caller: Caller) -> JobAnswer:
    """Leaves the picture being made and goes on with the next."""
    studio.orders.skip(job_id, caller.owner)
    return job_answer(studio.jobs.view(job_id, caller.owner))


@router.get(
    "/generate/{job_id}/stream",
    response_class=StreamingResponse,
    responses={**NOT_FOUND, 200: {"content": {"text/event-stream": {}}}},
)
async def stream(
    job_id: str,
    request: Request,
    studio: House,
    caller: Caller,
    last_event_id: Annotated[str, Header()] = "",
) -> StreamingResponse:
    """Server-sent events: queued, loading, step (with a JPEG preview), picture, and the end."""
    await asyncio.to_thread(studio.jobs.view, job_id, caller.owner)
    relays: Relays = request.app.state.relays
    told = messages(relays, job_id, caller.owner, last_event_id)
    return StreamingResponse(told, media_type="text/event-stream", headers=UNBUFFERED)


@router.get("/webhook-secret")
def webhook_secret(request: Request, caller: Caller) -> dict[str, str]:
    """What the caller's webhooks are signed with: HMAC-SHA256 over "timestamp.body"."""
    webhooks: Webhooks = request.app.state.webhooks
    return {"secret": webhooks.secret_of(caller.owner)}


@router.get("/queue")
def queue(studio: House, caller: Caller) -> Line:
    """How long the line is, and the caller's own unfinished jobs, the first hundred of them."""
    ids = studio.jobs.active(caller.owner)[:JOBS_SHOWN]
    views = [studio.jobs.view(job_id, caller.owner) for job_id in ids]
    unfinished = [job_answer(view) for view in views if not view.is_final]
    return Line(waiting=studio.jobs.waiting(), jobs=unfinished)


def _told_when_ended(studio: Studio, job_id: str, owner: str) -> dict[str, object] | None:
    """The answer for the job, for a webhook; None while it has not ended."""
    view = studio.jobs.view(job_id, owner)
    return job_answer(view).model_dump(mode="json") if view.is_final else None
