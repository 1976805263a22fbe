"""Is it alive, can it work, how busy is it: for whoever watches over the program."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from .. import __version__
from ..errors import NotAllowed
from . import metrics
from .caller import Caller, House

HOSTS_NUMBERS = (
    "The numbers are for the host: ask from the computer itself, or with a key of a host user."
)
router = APIRouter(tags=["Operation"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"
    version: str = __version__


class Ready(BaseModel):
    ready: bool
    status: str


@router.get("/health")
async def health() -> Health:
    """The program answers."""
    return Health()


@router.get("/ready", responses={503: {"model": Ready, "description": "Still loading"}})
def ready(studio: House, response: Response) -> Ready:
    """The engine is there: a job would be begun."""
    if not studio.is_ready:
        response.status_code = 503
    return Ready(ready=studio.is_ready, status=studio.status())


@router.get("/metrics", response_class=PlainTextResponse)
def measured(request: Request, studio: House, caller: Caller) -> PlainTextResponse:
    """Numbers for Prometheus; the host's alone, since they tell how much others do."""
    if not caller.is_host:
        raise NotAllowed(HOSTS_NUMBERS)
    requests: metrics.Requests = request.app.state.requests
    return PlainTextResponse(
        metrics.text(studio.jobs.measures(), requests), media_type=metrics.MEDIA_TYPE
    )
