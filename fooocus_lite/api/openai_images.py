"""The images API of OpenAI, as its own client speaks it, in front of the models that are here."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from ..events import Cancelled, Failed, Picture, PictureReady, Step
from ..recipe import request_from
from ..studio import Studio
from ..visitor import Visitor
from . import native
from .answers import OUTPUTS
from .caller import Caller, House
from .following import STOPPED, ended, told_why
from .openai_request import FORM, Edit, ImagesRequest, edit_of
from .refusals import (
    JobEnded,
    Refusal,
    RefusalAnswer,
    Responses,
    answer_to,
    refusal_of,
    status_of,
)
from .stream import DONE

WAIT_S = 590.0
"""Their client gives up after 600 s, and then asks for the same once more."""
STEP_EVERY_S = 0.1
THEIR_MODELS = ("gpt-image", "dall-e", "chatgpt-image")
"""Names their client knows: they ask for whatever is the default here."""
UNBUFFERED = {"cache-control": "no-store", "x-accel-buffering": "no"}
NOT_AGAIN = {"x-should-retry": "false"}
"""Their client asks again at 408, 409 and 5xx unless told so: it would start one more job."""
ANSWERS: Responses = {
    400: {"model": RefusalAnswer, "description": "A value that is not possible"},
    408: {
        "model": RefusalAnswer,
        "description": "Not within ten minutes: the job, whose id is in `id`, goes on; or it was "
        "ended because it took too long. `data` has the pictures finished so far",
    },
}
router = APIRouter(tags=["Images"])


@dataclass(frozen=True)
class _Job:
    """A job started for them, the sizes of its pictures, and what its events are called."""

    asked: ImagesRequest
    id: str
    drawn: native.Drawn
    kind: Literal["image_generation", "image_edit"]


@router.get("/models")
def models(studio: House) -> dict[str, Any]:
    """The models that are here."""
    names = sorted(studio.stock.models())
    data = [
        {"id": name, "object": "model", "created": 0, "owned_by": "fooocus-lite"} for name in names
    ]
    return {"object": "list", "data": data}


@router.post("/images/generations", response_model=None, responses=ANSWERS)
async def generations(
    asked: ImagesRequest, request: Request, studio: House, caller: Caller
) -> Response:
    """Pictures of a prompt. The model draws at a size it is good at; `rendered` says which.

    Waits until they are there; with `stream` previews come as partial images.
    """
    job = await asyncio.to_thread(_start, studio, caller, asked)
    return await _made(job, request, studio, caller)


@router.post("/images/edits", response_model=None, responses=ANSWERS, openapi_extra=FORM)
async def edits(
    edit: Annotated[Edit, Depends(edit_of)], request: Request, studio: House, caller: Caller
) -> Response:
    """Pictures that start from another one, sent as a form; otherwise as `/images/generations`.

    It is kept as `POST /api/v1/inputs` would keep it, and has the same limits. No masks.
    """
    job = await asyncio.to_thread(_start, studio, caller, edit.asked, edit)
    return await _made(job, request, studio, caller)


async def _made(job: _Job, request: Request, studio: Studio, caller: Visitor) -> Response:
    """The answer with the pictures, or the stream that brings them."""
    if job.asked.stream:
        told = _streamed(studio, caller, job)
        headers = {**UNBUFFERED, **job.drawn.header}
        return StreamingResponse(told, media_type="text/event-stream", headers=headers)
    view = await ended(studio, job.id, caller.owner, WAIT_S)
    base = str(request.base_url).removesuffix("v1/").rstrip("/")
    data = [
        await asyncio.to_thread(_datum, studio, caller, job, each, base) for each in view.pictures
    ]
    answer = {"created": int(time.time()), "data": data, **_facts(job)}
    if not view.is_final or not view.pictures or view.state == "failed":
        refused = answer_to(told_why(view), lambda *why: {**answer, "id": job.id, **shaped(*why)})
        refused.headers.update(NOT_AGAIN)
        return refused
    return JSONResponse(answer, headers=job.drawn.header)


def _start(studio: Studio, caller: Visitor, asked: ImagesRequest, edit: Edit | None = None) -> _Job:
    """Puts the job into the line. The picture of an `edit` is kept first."""
    values: dict[str, object] = {"prompt": asked.prompt, "count": asked.n}
    values |= _named(studio, asked.model)
    values |= _performance(studio, values, asked.quality)
    size = native.read(asked.size)
    if edit is not None:
        values["image"] = studio.gallery.add_input(edit.picture, caller.owner)
        values["strength"] = edit.asked.strength
    drawn = native.sized(studio, values, size)
    values["width"], values["height"] = drawn.rendered
    values["image_format"] = asked.output_format
    job_id = studio.orders.start(request_from(values), caller)
    return _Job(asked, job_id, drawn, "image_edit" if edit else "image_generation")


def _named(studio: Studio, name: str | None) -> dict[str, object]:
    """A preset, or a model, by the name in `model`."""
    if name is None or name.startswith(THEIR_MODELS):
        return {}
    return {"preset": name} if name in studio.stock.presets else {"model": name}


def _performance(studio: Studio, values: dict[str, object], quality: str) -> dict[str, object]:
    """low is Speed, high and hd are Quality, where the model has them; else the preset decides."""
    wanted = {"low": "Speed", "high": "Quality", "hd": "Quality"}.get(quality)
    model = studio.orders.plan(request_from({**values, "prompt": "any", "count": 1}))[0].model
    rows = studio.stock.family_of(model).rows(studio.stock.is_distilled(model))
    return {"performance": wanted} if wanted in [row.name for row in rows] else {}


def _facts(job: _Job) -> dict[str, object]:
    quality = {"standard": "medium", "hd": "high"}.get(job.asked.quality, job.asked.quality)
    return {
        "size": native.text(job.drawn.size),
        "rendered": native.text(job.drawn.rendered),
        "output_format": job.asked.output_format,
        "background": "opaque",
        "quality": "medium" if quality == "auto" else quality,
    }


def _datum(
    studio: Studio, caller: Visitor, job: _Job, picture: Picture, base: str
) -> dict[str, object]:
    """One picture as they want it, with the words that the model was really asked."""
    said: dict[str, object] = {"revised_prompt": picture.recipe.prompt, "seed": picture.recipe.seed}
    if job.asked.response_format == "url":
        query = f"format={job.asked.output_format}&size={native.text(job.drawn.size)}"
        return {"url": f"{base}{OUTPUTS}/{picture.id}?{query}", **said}
    return {"b64_json": _encoded(studio, caller, job, picture), **said}


def _encoded(studio: Studio, caller: Visitor, job: _Job, picture: Picture) -> str:
    content, _ = studio.gallery.picture_as(
        picture.id, job.asked.output_format, caller.owner, job.drawn.size
    )
    return base64.b64encode(content).decode("ascii")


async def _streamed(studio: Studio, caller: Visitor, job: _Job) -> AsyncGenerator[str, None]:
    """Their events: partial images evenly over the steps, then each picture."""
    partials: dict[int, int] = {}
    events = studio.jobs.watch(job.id, caller.owner, STEP_EVERY_S)
    async for event in events:
        match event:
            case Step(preview=bytes() as preview):
                sent = partials.get(event.picture, 0)
                if sent < job.asked.partial_images and _is_due(event, sent, job):
                    partials[event.picture] = sent + 1
                    image = base64.b64encode(preview).decode("ascii")
                    facts = {**_facts(job), "output_format": "jpeg", "partial_image_index": sent}
                    yield _event(job, "partial_image", image, facts)
            case PictureReady():
                image = await asyncio.to_thread(_encoded, studio, caller, job, event.picture)
                usage = {"total_tokens": 0, "input_tokens": 0, "output_tokens": 0}
                details = {"image_tokens": 0, "text_tokens": 0}
                facts = {**_facts(job), "usage": {**usage, "input_tokens_details": details}}
                yield _event(job, "completed", image, facts)
            case Cancelled(pictures=0):
                yield _error(JobEnded(STOPPED, "cancelled"))
            case Failed():
                yield _error(JobEnded(event.error.message, event.error.code, event.error.field))
            case _:
                pass
    yield DONE


def _is_due(step: Step, sent: int, job: _Job) -> bool:
    """Of three partial images the first comes after a quarter of the steps."""
    return step.step * (job.asked.partial_images + 1) >= (sent + 1) * step.total_steps


def _event(job: _Job, what: str, image: str, facts: dict[str, object]) -> str:
    name = f"{job.kind}.{what}"
    data = {"type": name, "b64_json": image, "created_at": int(time.time()), **facts}
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def _error(error: JobEnded) -> str:
    data = {"type": "error", **shaped(refusal_of(error), status_of(error))}
    return f"event: error\ndata: {json.dumps(data)}\n\n"


def shaped(refusal: Refusal, status: int) -> dict[str, Any]:
    """A refusal with the names that their client reads as well."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {**refusal.model_dump(), "param": refusal.field, "type": kind}}
