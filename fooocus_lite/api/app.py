"""The applications and where they hang: each its own FastAPI, served by the page's process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.routing import Mount

from .. import __version__
from ..reception.webhooks import Webhooks
from ..studio import Studio
from . import (
    a1111,
    a1111_choices,
    catalog,
    docs_page,
    downloads,
    gallery,
    health,
    inputs,
    jobs,
    openai_images,
)
from .a1111_request import Img2ImgRequest, Txt2ImgRequest
from .body_limit import BodyLimit
from .metrics import Requests, Timed
from .openai_request import EditsRequest, ImagesRequest
from .refusals import REFUSALS, Shape, add_handlers, ours
from .relay import Relays
from .request import GenerateRequest

OURS = (
    jobs.router,
    inputs.router,
    gallery.router,
    catalog.router,
    downloads.router,
    health.router,
)
THEIRS = (a1111.router, a1111_choices.router)
SHAPES: Mapping[str, Shape] = MappingProxyType(
    {"/api/": ours, "/v1/": openai_images.shaped, "/sdapi/": a1111.shaped, "/mcp": ours}
)


@dataclass(frozen=True)
class Api:
    """Where one hangs, what it answers, and what is sent to which of its addresses."""

    path: str
    title: str
    routers: Sequence[APIRouter]
    asked: Mapping[str, type[BaseModel]]


def shape_at(path: str) -> Shape | None:
    """The shape that a program expects of a refusal there; None where a person reads it."""
    return next((shape for start, shape in SHAPES.items() if path.startswith(start)), None)


def routes(studio: Studio) -> list[Mount]:
    """The three APIs, to be put before the page's own addresses."""
    requests, webhooks = Requests(), Webhooks(studio.settings)
    apis = (
        Api("/api/v1", "Fooocus Lite", OURS, {"/generate": GenerateRequest}),
        Api(
            "/v1",
            "Images",
            (openai_images.router,),
            {"/images/generations": ImagesRequest, "/images/edits": EditsRequest},
        ),
        Api("/sdapi/v1", "A1111", THEIRS, {"/txt2img": Txt2ImgRequest, "/img2img": Img2ImgRequest}),
    )
    return [Mount(api.path, application(api, studio, requests, webhooks)) for api in apis]


def application(api: Api, studio: Studio, requests: Requests, webhooks: Webhooks) -> FastAPI:
    """One API. Its description is at /openapi.json, and for people at /docs."""
    settings = studio.settings
    shape = shape_at(api.path + "/") or ours
    limit = Middleware(
        BodyLimit,
        limit_bytes=settings.body_limit_mb * 10**6,
        timeout_s=settings.body_timeout_s,
        shape=shape,
    )
    app = FastAPI(
        title=api.title,
        version=__version__,
        # FastAPI's own pages load their scripts from another site.
        docs_url=None,
        redoc_url=None,
        responses=REFUSALS,
        middleware=[Middleware(Timed, requests=requests), limit],
    )
    app.state.studio = studio
    app.state.requests = requests
    app.state.webhooks = webhooks
    app.state.relays = Relays(studio)
    app.state.chosen = a1111_choices.Chosen()
    for router in api.routers:
        app.include_router(router)
    add_handlers(app, api.asked, shape)

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(docs_page.page(app.openapi()))

    return app
