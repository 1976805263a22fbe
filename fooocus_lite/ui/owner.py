"""Who asks: a random token in a cookie the browser keeps. Knows nothing of jobs or pictures."""

import re
import secrets
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import FooocusLiteError

COOKIE = "fooocus_lite_owner"
YEAR_S = 365 * 24 * 3600
_TOKEN = re.compile(r"[0-9a-f]{32}")


class NoOwner(FooocusLiteError):
    code = "no_owner"


def find_owner(cookies: str) -> str | None:
    """The first well-formed owner token in a Cookie header, or None."""
    for name, value in _pairs(cookies):
        if name == COOKIE and _TOKEN.fullmatch(value):
            return value
    return None


def owner_of(headers: Mapping[str, str]) -> str:
    """The owner of a request. Raises NoOwner when the browser kept no cookie."""
    owner = find_owner(headers.get("cookie", ""))
    if owner is None:
        raise NoOwner(
            "Your browser did not keep the small cookie that tells your pictures from other "
            "people's. Allow cookies for this page, then reload it."
        )
    return owner


class OwnerCookie:
    """Gives each new browser a token on its first page, and shows it to that very request too."""

    def __init__(self, app: ASGIApp, is_space: bool = False) -> None:
        self.app = app
        self.is_space = is_space

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_page_load(scope) or find_owner(_cookies(scope)):
            await self.app(scope, receive, send)
            return
        token = secrets.token_hex(16)
        cookie = self._set_cookie(scope, token).encode("ascii")

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"set-cookie", cookie)]}
            await send(message)

        await self.app(_with_token(scope, token), receive, send_with_cookie)

    def _set_cookie(self, scope: Scope, token: str) -> str:
        """In a Space the page sits in a frame of another site, where only such a cookie is kept."""
        kept = f"{COOKIE}={token}; Path=/; Max-Age={YEAR_S}; HttpOnly; "
        if self.is_space or _is_https(scope):
            return kept + "SameSite=None; Secure; Partitioned"
        return kept + "SameSite=Lax"


def _is_page_load(scope: Scope) -> bool:
    is_get = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
    return is_get and scope["path"] in ("", "/")


def _is_https(scope: Scope) -> bool:
    forwarded = _header(scope, b"x-forwarded-proto").split(",")[0].strip()
    return scope.get("scheme") == "https" or forwarded == "https"


def _with_token(scope: Scope, token: str) -> Scope:
    kept = [f"{name}={value}" for name, value in _pairs(_cookies(scope)) if name != COOKIE]
    cookies = "; ".join([*kept, f"{COOKIE}={token}"])
    headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
    return {**scope, "headers": [*headers, (b"cookie", cookies.encode("latin-1"))]}


def _cookies(scope: Scope) -> str:
    return _header(scope, b"cookie", "; ")


def _header(scope: Scope, wanted: bytes, joint: str = ",") -> str:
    return joint.join(value.decode("latin-1") for name, value in scope["headers"] if name == wanted)


def _pairs(cookies: str) -> list[tuple[str, str]]:
    pairs = (part.strip().partition("=") for part in cookies.split(";"))
    return [(name, value) for name, _, value in pairs if name]
