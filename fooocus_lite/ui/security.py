"""Who may talk to the page from a browser: our own page may, other sites may not.

Gradio reflects any Origin off localhost and never looks at Host, so both are checked here.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..api.app import shape_at
from ..api.body_limit import BodyLimit
from ..api.refusals import answer_to, status_of
from ..errors import BadRequest, FooocusLiteError, NotAllowed

MAX_ORDER_BYTES = 2_000_000
ORDER_TIMEOUT_S = 30.0
ORDERS = ("/gradio_api/", "/login", "/account")
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD"})
UNKNOWN_HOST = "This page is not known by that name. Open it by its own address."
FOREIGN = "This page takes orders from itself only."
READABLE_HEADERS = ("location", "retry-after", "x-fooocus-lite-rendered", "x-request-id")


class SameOrigin:
    """Refuses (403) what another site asks for, and (400) hosts not in `hosts`, if any are given.

    A page elsewhere that points its name at 127.0.0.1 (DNS rebinding) is stopped by the host check.
    `origins` are other sites that may ask, such as "https://studio.example". `is_proxied`: a proxy
    that can be trusted says by which name it was asked.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Collection[str] = LOCAL_HOSTS,
        origins: Collection[str] = (),
        is_space: bool = False,
        is_proxied: bool = False,
    ) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)
        self.origins = frozenset(origin.lower().rstrip("/") for origin in origins)
        self.is_space = is_space
        self.is_proxied = is_space or is_proxied

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["type"] == "http":
            send = self._with_headers(send)
        if self.hosts and host_name(headers.get("host", "")) not in self.hosts:
            await refuse(BadRequest(UNKNOWN_HOST), scope, receive, send)
        elif self._is_foreign(headers) and not _is_visit(scope, headers):
            await refuse(NotAllowed(FOREIGN), scope, receive, send)
        elif scope["type"] == "websocket":
            await self.app(scope, receive, send)
        else:
            await self.app(self._believed(scope), receive, send)

    def _is_foreign(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is not None and origin.lower() in self.origins:
            return False
        if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return True
        if origin is None:
            return False
        hosts = {headers.get("host", "").lower()}
        if self.is_proxied:
            hosts.add(headers.get("x-forwarded-host", "").lower())
        return _netloc(origin) not in hosts - {""}

    def _believed(self, scope: Scope) -> Scope:
        """Without what only a proxy may claim; Gradio would build its addresses from it."""
        if self.is_proxied:
            return scope
        headers = [each for each in scope["headers"] if each[0] != b"x-forwarded-host"]
        return {**scope, "headers": headers}

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("referrer-policy", "same-origin")
                headers.setdefault("permissions-policy", "camera=(), microphone=(), geolocation=()")
                if not self.is_space:
                    headers.setdefault("content-security-policy", "frame-ancestors 'self'")
                    headers.setdefault("x-frame-options", "SAMEORIGIN")
            await send(message)

        return send_with_headers


class OtherSites:
    """What scripts of other sites may read: what `origins` names, and nothing else (CORS).

    Gradio tells browsers that any site may read it, off localhost; its headers are taken out.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self.inner = app
        self.app = CORSMiddleware(
            self._without_its_own,
            allow_origins=tuple(origin.lower().rstrip("/") for origin in origins),
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=("*",),
            allow_credentials=True,
            expose_headers=READABLE_HEADERS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    async def _without_its_own(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_without(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [
                    (name, value)
                    for name, value in message.get("headers", ())
                    if not name.lower().startswith(b"access-control-")
                ]
                message = {**message, "headers": kept}
            await send(message)

        await self.inner(scope, receive, send_without)


class PageBodies:
    """Bounds what an order of the page may weigh and how long it may take.

    Gradio reads a whole body first. Addresses that take files have bounds of their own, and the
    APIs theirs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.bounded = BodyLimit(app, MAX_ORDER_BYTES, ORDER_TIMEOUT_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_order = scope.get("path", "").startswith(ORDERS)
        await (self.bounded if is_order else self.app)(scope, receive, send)


async def refuse(error: FooocusLiteError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request of either kind without letting it in.

    A program is answered in the shape of its API, a person in plain words.
    """
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    elif shape := shape_at(scope["path"]):
        await answer_to(error, shape)(scope, receive, send)
    else:
        await PlainTextResponse(error.message, status_of(error))(scope, receive, send)


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Whether a foreign request may come in: a link or a picture, which no script can read."""
    is_read = scope["type"] == "http" and scope["method"] in SAFE_METHODS
    return is_read and headers.get("origin") is None


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def host_name(host: str) -> str:
    """The name in a Host header without its port; brackets of an IPv6 address removed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
