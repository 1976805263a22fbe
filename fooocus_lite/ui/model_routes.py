"""Addresses of the Models panel. Anybody with the page may look; only the host may change anything.

Orders are JSON; an upload is the file itself, written to the disk as it comes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ..errors import BadRequest, FooocusLiteError, NotAllowed, NotFound, WeightsError
from ..studio import Studio
from ..supplies.model_store import ModelStore
from ..supplies.uploads import Added, Upload
from ..visitor import visitor_of
from .answers import Order, answer, nothing_here, order_of
from .download_facts import underway
from .model_facts import file_kind, listing, offer

MAX_TEXT = 500
PIECE_BYTES = 2**20
SILENCE_S = 60.0
Act = Callable[[ModelStore, Order], Any]


class ModelRoutes:
    """Reads orders from the page, hands them to the studio, and says in a sentence what it says."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def all(self) -> list[Route]:
        orders: dict[str, Act] = {
            "download": lambda store, order: store.download(_text(order, "name")),
            "update": lambda store, order: store.download(_text(order, "name"), is_update=True),
            "cancel": lambda store, order: store.downloads.cancel(_text(order, "name")),
            "discard": lambda store, order: store.discard(_text(order, "name")),
            "remove": lambda store, order: store.remove(_text(order, "name")),
            "set-back": lambda store, order: store.set_back(
                _text(order, "name"), _text(order, "revision")
            ),
            "sample": lambda _store, order: self.studio.samples.ask(_text(order, "name")),
        }
        return [
            Route("/models", self.models),
            Route("/models/downloads", self.downloads),
            Route("/models/sample", self.sample, methods=["GET"]),
            Route("/models/look-up", self.look_up, methods=["POST"]),
            Route("/models/upload", self.upload, methods=["POST"]),
            *(
                Route(f"/models/{name}", self._order(act), methods=["POST"])
                for name, act in orders.items()
            ),
        ]

    async def models(self, request: Request) -> Response:
        """All that the panel shows; the answer of `model_facts.listing`."""
        visitor = visitor_of(request)
        if not visitor.owner:
            return nothing_here()
        return answer(await run_in_threadpool(listing, self.studio, visitor))

    async def downloads(self, request: Request) -> Response:
        """{"downloads", "sampling"}: asked every few seconds while one is underway."""
        if not visitor_of(request).owner:
            return nothing_here()
        return answer(await run_in_threadpool(underway, self.studio))

    async def sample(self, request: Request) -> Response:
        """The picture on the card of `?name=`."""
        name = request.query_params.get("name", "")[:MAX_TEXT]
        file = await run_in_threadpool(self.studio.samples.picture, name)
        if file is None or not visitor_of(request).owner:
            return nothing_here()
        return FileResponse(file, headers={"cache-control": "private, max-age=86400"})

    async def look_up(self, request: Request) -> Response:
        """What the Hub has under a pasted name or link."""

        def act(store: ModelStore, order: Order) -> Order:
            found = store.look_up(_text(order, "name"))
            # Before the engine is there, its device would have to be asked with torch.
            need = self.studio.needs.of_offer(found) if self.studio.is_ready else None
            is_here = found.repo_id in self.studio.stock.models() and found.name == found.repo_id
            return offer(found, store.free_bytes(), need, is_here)

        return await self._order(act)(request)

    async def upload(self, request: Request) -> Response:
        """Keeps a model file: `?name=` and a body of that file. {"text"} says where it is now."""
        try:
            store = self._store(request)
            size = int(request.headers.get("content-length", "")[:20] or 0)
            name = request.query_params.get("name", "")[:MAX_TEXT]
            upload = await run_in_threadpool(store.receive, name, size)
            try:
                await _written(request, upload)
                added = await run_in_threadpool(store.keep, upload)
            finally:
                await run_in_threadpool(upload.forget)
            return answer({"text": _welcome(added)})
        except (ClientDisconnect, TimeoutError):
            return _refusal("The file broke off on its way. Send it once more.", 408)
        except ValueError:
            return _refusal("The length of the file is not known. Send it once more.", 411)
        except _Stranger:
            return nothing_here()
        except FooocusLiteError as error:
            return _explained(error)

    def _order(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        """A handler that reads a small JSON object and does something with it as the host."""

        async def handle(request: Request) -> Response:
            try:
                store = self._store(request)
                order = await order_of(request)
                done = await run_in_threadpool(act, store, order)
            except _Stranger:
                return nothing_here()
            except FooocusLiteError as error:
                return _explained(error)
            return answer(done if isinstance(done, dict) else {})

        return handle

    def _store(self, request: Request) -> ModelStore:
        """Raises NotAllowed for a visitor, before anything is read of what they send."""
        visitor = visitor_of(request)
        if not visitor.owner:
            raise _Stranger
        return self.studio.model_store(visitor)


class _Stranger(Exception):
    """Somebody who has not opened the page."""


def _text(order: Order, key: str) -> str:
    """A short text of the order. Raises BadRequest."""
    value = order.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise BadRequest(f"A {key} is missing, or is too long. Write owner/name or paste a link.")
    return value


async def _written(request: Request, upload: Upload) -> None:
    """Writes the body in pieces; raises TimeoutError when none comes for a minute."""
    pieces = aiter(request.stream())
    waiting = bytearray()
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                waiting += await anext(pieces)
        except StopAsyncIteration:
            break
        if len(waiting) >= PIECE_BYTES:
            await run_in_threadpool(upload.write, bytes(waiting))
            waiting.clear()
    await run_in_threadpool(upload.write, bytes(waiting))


def _welcome(added: Added) -> str:
    if not added.is_new:
        return f"The same file is here already, as {added.path.parent.name}/{added.path.name}."
    words = added.inspection.trigger_words
    triggers = f" Words it listens to: {', '.join(words)}." if words else ""
    return f"“{added.name}” is here: {file_kind(added.inspection)}.{triggers}"


def _explained(error: FooocusLiteError) -> Response:
    status = {NotAllowed: 403, NotFound: 404}.get(type(error), 400)
    link = error.link if isinstance(error, WeightsError) else None
    return _refusal(error.message, status, link or "")


def _refusal(sentence: str, status: int, link: str = "") -> Response:
    return answer({"problem": sentence, "link": link}, status)
