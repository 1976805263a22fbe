"""Addresses beside Gradio's own: pictures, history, style cards and a sign of life.

Each looks at the owner first; a stranger's picture is simply not there (404).
"""

import re
from collections import OrderedDict
from pathlib import Path
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ..errors import FooocusLiteError
from ..events import Picture
from ..studio import Studio
from ..thinking.link import Shared, to_file, to_link
from .answers import NO_STORE, answer, nothing_here
from .cards import card
from .owner import find_owner
from .styles_panel import pictures_made

THUMBNAIL_SIDE = 320
THUMBNAILS_KEPT = 400
HISTORY_PAGE = 40
PRIVATE_DAY = {"cache-control": "private, max-age=86400, immutable", "vary": "cookie"}
_ID = re.compile(r"[0-9a-f]{32}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Routes:
    """The addresses of one server. `instance` tells a page whether the program was started anew."""

    def __init__(self, studio: Studio, instance: str) -> None:
        self.studio = studio
        self.instance = instance
        self._thumbnails: OrderedDict[str, bytes] = OrderedDict()

    def all(self) -> list[Route]:
        return [
            Route("/pictures/{picture_id}", self.picture),
            Route("/pictures/{picture_id}/thumbnail", self.thumbnail),
            Route("/pictures/{picture_id}/link", self.link),
            Route("/pictures/{picture_id}/recipe", self.recipe),
            Route("/history", self.history),
            Route("/styles/pictures", self.style_pictures),
            Route("/styles/{name}/thumbnail", self.style_thumbnail),
            Route("/alive", self.alive),
        ]

    async def picture(self, request: Request) -> Response:
        """The picture as it was saved; `?download=1` makes the browser keep it as a file."""
        found = await run_in_threadpool(self._find, request)
        if found is None:
            return nothing_here()
        picture, owner = found
        try:
            content, media_type = await run_in_threadpool(
                self.studio.gallery.picture_bytes, picture.id, owner
            )
        except FooocusLiteError:
            return nothing_here()
        headers = dict(PRIVATE_DAY)
        if request.query_params.get("download"):
            headers["content-disposition"] = f'attachment; filename="{download_name(picture)}"'
        return Response(content, media_type=media_type, headers=headers)

    async def thumbnail(self, request: Request) -> Response:
        """At most 320 pixels a side, WebP, made on the fly and kept in memory for a while."""
        found = await run_in_threadpool(self._find, request)
        if found is None:
            return nothing_here()
        picture, owner = found
        content = self._thumbnails.get(picture.id)
        if content is None:
            try:
                content = await run_in_threadpool(
                    self.studio.gallery.thumbnail, picture.id, owner, THUMBNAIL_SIDE
                )
            except (FooocusLiteError, OSError):
                return nothing_here()
            self._thumbnails[picture.id] = content
            while len(self._thumbnails) > THUMBNAILS_KEPT:
                self._thumbnails.popitem(last=False)
        return Response(content, media_type="image/webp", headers=PRIVATE_DAY)

    async def link(self, request: Request) -> Response:
        """{"link": "#r=…"}: the picture's recipe, to put behind the page's own address."""
        shared = await self._shared(request)
        if shared is None:
            return nothing_here()
        return answer({"link": to_link(shared)})

    async def recipe(self, request: Request) -> Response:
        """The same as a file to keep."""
        shared = await self._shared(request)
        if shared is None:
            return nothing_here()
        name = f"recipe-{shared.recipe.seed}.json"
        headers = {**NO_STORE, "content-disposition": f'attachment; filename="{name}"'}
        return Response(to_file(shared), media_type="application/json", headers=headers)

    async def history(self, request: Request) -> Response:
        """Pictures of earlier visits, newest first; `before` continues after the last one seen."""
        owner = find_owner(request.headers.get("cookie", ""))
        if owner is None:
            return nothing_here()
        search = request.query_params.get("search", "")[:200]
        before = _number(request.query_params.get("before"))
        pictures = await run_in_threadpool(
            self.studio.gallery.history, owner, search, HISTORY_PAGE + 1, before
        )
        cards = [card(picture) for picture in pictures[:HISTORY_PAGE]]
        has_more = len(pictures) > HISTORY_PAGE
        return answer({"pictures": cards, "has_more": has_more})

    async def style_pictures(self, _request: Request) -> Response:
        """Which style cards have a picture, and since when."""
        made = await run_in_threadpool(pictures_made, self.studio)
        return answer(made)

    async def style_thumbnail(self, request: Request) -> Response:
        style = self.studio.stock.styles.get(unquote(request.path_params["name"]))
        file = self.studio.stock.style_card(style.name) if style else None
        if file is None:
            return nothing_here()
        return FileResponse(file, headers={"cache-control": "private, max-age=3600"})

    async def alive(self, request: Request) -> Response:
        """Which run of the program this is, whether the asker has work in it, how it is doing."""
        owner = find_owner(request.headers.get("cookie", ""))
        jobs = await run_in_threadpool(self.studio.jobs.active, owner) if owner else []
        facts = {
            "instance": self.instance,
            "is_busy": bool(jobs),
            "is_ready": self.studio.is_ready,
            "is_settled": self.studio.is_settled,
            "status": self.studio.status(),
            "notices": list(self.studio.notices),
        }
        return answer(facts)

    async def _shared(self, request: Request) -> Shared | None:
        found = await run_in_threadpool(self._find, request)
        if found is None:
            return None
        picture, owner = found
        try:
            return await run_in_threadpool(self.studio.gallery.shared, picture.id, owner)
        except FooocusLiteError:
            return None

    def _find(self, request: Request) -> tuple[Picture, str] | None:
        picture_id = request.path_params["picture_id"]
        owner = find_owner(request.headers.get("cookie", ""))
        if owner is None or not _ID.fullmatch(picture_id):
            return None
        try:
            return self.studio.gallery.picture(picture_id, owner), owner
        except FooocusLiteError:
            return None


def download_name(picture: Picture) -> str:
    """A file name any system takes, made of the saved file's own."""
    stem = _UNSAFE.sub("-", Path(picture.path).stem).strip("-.") or picture.id
    suffix = _UNSAFE.sub("", Path(picture.path).suffix) or ".png"
    return f"{stem[:120]}{suffix}"


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
