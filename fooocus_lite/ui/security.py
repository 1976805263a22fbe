"""Who may talk to the page from a browser: our own page may, other sites may not.

Gradio reflects any Origin off localhost and never looks at Host, so both are checked here.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD"})


class SameOrigin:
    """Refuses (403) what another site asks for, and (400) unknown hosts when local only.

    A page elsewhere that points its name at 127.0.0.1 (DNS rebinding) is stopped by the host check.
    """

    def __init__(self, app: ASGIApp, is_local_only: bool, is_space: bool = False) -> None:
        self.app = app
        self.is_local_only = is_local_only
        self.is_space = is_space

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self.is_local_only and host_name(headers.get("host", "")) not in LOCAL_HOSTS:
            refusal = PlainTextResponse("Open this page by its local address.", 400)
            await refusal(scope, receive, send)
            return
        is_foreign = self._is_foreign(headers)
        if is_foreign and scope["method"] not in SAFE_METHODS:
            refusal = PlainTextResponse("This page takes orders from itself only.", 403)
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, self._with_headers(send))

    def _is_foreign(self, headers: Headers) -> bool:
        if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return True
        origin = headers.get("origin")
        if origin is None:
            return False
        hosts = {headers.get("host", "").lower()}
        if self.is_space:
            hosts.add(headers.get("x-forwarded-host", "").lower())
        return urlsplit(origin).netloc.lower() not in hosts - {""}

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("referrer-policy", "same-origin")
                if not self.is_space:
                    headers.setdefault("content-security-policy", "frame-ancestors 'self'")
                    headers.setdefault("x-frame-options", "SAMEORIGIN")
            await send(message)

        return send_with_headers


def host_name(host: str) -> str:
    """The name in a Host header without its port; brackets of an IPv6 address removed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
