"""The API of A1111's web UI, as far as it makes pictures, for programs written for it."""

import asyncio
import base64
import json
from typing import Any

from fastapi import APIRouter, Request, Response

from .. import __version__
from ..errors import BadRequest, FooocusLiteError
from ..events import JobView, Loading, Picture, Queued, Step
from ..recipe import MAX_COUNT, request_from
from ..studio import Studio
from ..thinking import metadata
from ..thinking.foreign import samplers as names
from ..thinking.schedulers import SCHEDULERS
from ..visitor import Visitor
from . import native
from .a1111_choices import Chosen, model_named
from .a1111_request import Img2ImgRequest, Txt2ImgRequest
from .caller import Caller, House
from .following import ended_while_watched, told_why
from .refusals import Refusal, RefusalAnswer, Responses, answer_to

WAIT_S = 600.0
THEIR_DEFAULTS = frozenset({"Euler a", "Euler"})
THEIR_NAMES = {
    "image": "init_images",
    "strength": "denoising_strength",
    "scheduler": "sampler_name",
    "guidance_scale": "cfg_scale",
    "num_inference_steps": "steps",
}
"""What they call a field of ours that a refusal names."""
UNFINISHED: Responses = {
    408: {
        "model": RefusalAnswer,
        "description": "Not within ten minutes: the job, whose id is in `job`, goes on; or it was "
        "ended because it took too long. `images` has the pictures finished so far",
    }
}
router = APIRouter(tags=["A1111"])


@router.post("/txt2img", response_model=None, responses=UNFINISHED)
async def txt2img(
    asked: Txt2ImgRequest, request: Request, studio: House, caller: Caller
) -> Response:
    """Pictures of a prompt, when they are done; drawn at a size that the model is good at."""
    return await _made(asked, await request.json(), request.app.state.chosen, studio, caller)


@router.post("/img2img", response_model=None, responses=UNFINISHED)
async def img2img(
    asked: Img2ImgRequest, request: Request, studio: House, caller: Caller
) -> Response:
    """Pictures that start from another one. It is kept as `POST /api/v1/inputs` would keep it, and
    has the same limits.
    """
    body = await request.json()
    if not asked.include_init_images:
        body["init_images"] = None
    return await _made(asked, body, request.app.state.chosen, studio, caller)


@router.get("/progress", response_model=None)
def progress(studio: House, caller: Caller, skip_current_image: bool = False) -> dict[str, Any]:
    """How far the caller's first unfinished job is."""
    view = _first(studio, caller)
    now = view.now if view else None
    step = now if isinstance(now, Step) else None
    image = step.preview if step and not skip_current_image else None
    state = {
        "skipped": False,
        "interrupted": False,
        "job": view.id if view else "",
        "job_count": len(view.recipes) - len(view.pictures) if view else 0,
        "job_timestamp": "0",
        "job_no": step.picture - 1 if step else 0,
        "sampling_step": step.step if step else 0,
        "sampling_steps": step.total_steps if step else 0,
    }
    return {
        "progress": view.progress if view else 0.0,
        "eta_relative": getattr(now, "eta_s", None) or 0.0,
        "state": state,
        "current_image": base64.b64encode(image).decode("ascii") if image else None,
        "textinfo": _stage(now),
    }


@router.post("/interrupt")
def interrupt(studio: House, caller: Caller) -> dict[str, Any]:
    """Ends the caller's first unfinished job."""
    if view := _first(studio, caller):
        studio.orders.stop(view.id, caller.owner)
    return {}


@router.post("/skip")
def skip(studio: House, caller: Caller) -> dict[str, Any]:
    """Leaves the picture being made."""
    if view := _first(studio, caller):
        studio.orders.skip(view.id, caller.owner)
    return {}


def shaped(refusal: Refusal, _status: int) -> dict[str, Any]:
    """A refusal with `detail`, which their programs show."""
    return {"error": refusal.model_dump(), "detail": refusal.message}


async def _made(
    asked: Txt2ImgRequest,
    parameters: dict[str, Any],
    chosen: Chosen,
    studio: Studio,
    caller: Visitor,
) -> Response:
    """The answer with the pictures. `parameters`: what was sent, which is given back."""
    job_id, drawn = await asyncio.to_thread(_start, studio, caller, asked, chosen)
    view = await ended_while_watched(studio, job_id, caller.owner, WAIT_S)
    images = []
    if asked.send_images:
        images = [
            await asyncio.to_thread(_encoded, studio, caller, picture, drawn)
            for picture in view.pictures
        ]
    info = json.dumps(_info(view, drawn), ensure_ascii=False)
    answer = {"images": images, "parameters": parameters, "info": info}
    if view.state in ("failed", "blocked") or not view.is_final:
        return answer_to(told_why(view), lambda *why: {**answer, "job": view.id, **shaped(*why)})
    # ASCII: what was sent is given back, and may be no text that UTF-8 can hold.
    return Response(json.dumps(answer), headers=drawn.header, media_type="application/json")


def _start(
    studio: Studio, caller: Visitor, asked: Txt2ImgRequest, chosen: Chosen
) -> tuple[str, native.Drawn]:
    """Puts the job into the line; its id and the sizes of its pictures. A refusal names the
    field as they do.
    """
    try:
        return _started(studio, caller, asked, chosen)
    except FooocusLiteError as error:
        error.field = THEIR_NAMES.get(error.field or "", error.field)
        raise


def _started(
    studio: Studio, caller: Visitor, asked: Txt2ImgRequest, chosen: Chosen
) -> tuple[str, native.Drawn]:
    count = asked.batch_size * asked.n_iter
    if count > MAX_COUNT:
        raise BadRequest(
            f"batch_size × n_iter is {count}; at most {MAX_COUNT} pictures are made at once.",
            field="n_iter",
            allowed=[f"1 to {MAX_COUNT // asked.batch_size}"],
        )
    wanted = asked.override_settings and asked.override_settings.sd_model_checkpoint
    model = model_named(studio, wanted) if wanted else chosen.get(caller.owner, studio)
    values: dict[str, object] = {
        "prompt": asked.prompt,
        "negative_prompt": asked.negative_prompt,
        "styles": asked.styles,
        "model": model,
        "seed": asked.seed,
        "count": count,
        "num_inference_steps": asked.steps,
        "guidance_scale": asked.cfg_scale,
        "scheduler": _scheduler(studio, asked, model),
        "image_format": "png",
    }
    if isinstance(asked, Img2ImgRequest):
        values["image"] = studio.gallery.add_input(asked.init_image(), caller.owner)
        values["strength"] = asked.denoising_strength
    drawn = native.sized(studio, values, (asked.width, asked.height))
    values["width"], values["height"] = drawn.rendered
    return studio.orders.start(request_from(values), caller), drawn


def _scheduler(studio: Studio, asked: Txt2ImgRequest, model: str) -> str | None:
    """Our name for their sampler; None leaves it to the model.

    Their programs send "Euler a" when nobody chose anything, so it is no wish where the model
    cannot do it. Raises BadRequest for a pair without an equal here.
    """
    sampler = asked.sampler_name or asked.sampler_index
    if not sampler:
        return None
    found = names.ours(sampler, asked.scheduler or "")
    if found is None:
        labels = [each.a1111 for each in SCHEDULERS.values()]
        raise BadRequest(
            f"There is no sampler “{sampler[:60]}” with the schedule "
            f"“{(asked.scheduler or '')[:60]}” here.",
            field="sampler_name",
            allowed=labels,
        )
    is_wish = sampler not in THEIR_DEFAULTS or found in studio.stock.family_of(model).schedulers
    return found if is_wish else None


def _first(studio: Studio, caller: Visitor) -> JobView | None:
    """The caller's job that is being made, or will be next."""
    for job_id in studio.jobs.active(caller.owner):
        view = studio.jobs.view(job_id, caller.owner)
        if not view.is_final:
            return view
    return None


def _stage(now: Queued | Loading | Step | None) -> str | None:
    match now:
        case Queued():
            return f"Position {now.position} in the line"
        case Loading():
            return now.stage
        case _:
            return None


def _encoded(studio: Studio, caller: Visitor, picture: Picture, drawn: native.Drawn) -> str:
    content, _ = studio.gallery.picture_as(picture.id, "png", caller.owner, drawn.size)
    return base64.b64encode(content).decode("ascii")


def _info(view: JobView, drawn: native.Drawn) -> dict[str, Any]:
    """What their programs read about the pictures; `rendered` is the size the model drew."""
    recipes = [picture.recipe for picture in view.pictures] or list(view.recipes)
    first = recipes[0]
    return {
        "prompt": first.prompt,
        "all_prompts": [recipe.prompt for recipe in recipes],
        "negative_prompt": first.negative_prompt,
        "all_negative_prompts": [recipe.negative_prompt for recipe in recipes],
        "seed": first.seed,
        "all_seeds": [recipe.seed for recipe in recipes],
        "width": drawn.size[0],
        "height": drawn.size[1],
        "rendered": native.text(drawn.rendered),
        "sampler_name": SCHEDULERS[first.scheduler].a1111,
        "cfg_scale": first.guidance_scale,
        "steps": first.num_inference_steps,
        "batch_size": len(recipes),
        "denoising_strength": first.strength,
        "sd_model_name": first.model,
        "styles": list(first.styles),
        "infotexts": [metadata.to_parameters(recipe, __version__) for recipe in recipes],
        "version": f"fooocus-lite {__version__}",
    }
