"""Who asks: a random token in a cookie the browser keeps. Knows nothing of jobs or pictures.

With users the gate puts the user's own name in its place, and takes out what a browser claims.
"""

import re
import secrets
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import FooocusLiteError
from ..reception.doorkeeper import USER_PREFIX
from ..visitor import AnyRequest, Visitor, visitor_of

COOKIE = "fooocus_lite_owner"
YEAR_S = 365 * 24 * 3600
NO_COOKIE = (
    "Your browser did not keep the small cookie that tells your pictures from other people's. "
    "Allow cookies for this page, then reload it."
)
PROGRAM_PATHS = ("/api/", "/v1/", "/sdapi/", "/mcp")
_TOKEN = re.compile(r"[0-9a-f]{32}")
_OWNER = re.compile(rf"{_TOKEN.pattern}|{USER_PREFIX}[a-z0-9][a-z0-9._-]{{0,31}}")


class NoOwner(FooocusLiteError):
    code = "no_owner"


def find_owner(cookies: str) -> str | None:
    """The first well-formed owner in a Cookie header that came through the gate, or None."""
    return _found(cookies, _OWNER)


def browser_token(cookies: str) -> str | None:
    """The random token that a browser keeps; never a user's name, which it may only claim."""
    return _found(cookies, _TOKEN)


def cookie(scope: Scope, wanted: str) -> str:
    """The value of a request's cookie; empty without it."""
    return next((value for name, value in _pairs(_cookies(scope)) if name == wanted), "")


def owner_of(headers: Mapping[str, str]) -> str:
    """The owner of a request. Raises NoOwner when the browser kept no cookie."""
    owner = find_owner(headers.get("cookie", ""))
    if owner is None:
        raise NoOwner(NO_COOKIE)
    return owner


def asker_of(request: AnyRequest) -> Visitor:
    """Who asks for work, with their limits. Raises NoOwner as `owner_of` does."""
    visitor = visitor_of(request)
    if not visitor.owner:
        raise NoOwner(NO_COOKIE)
    return visitor


class OwnerCookie:
    """Gives each new visitor a token, and shows it to that very request too.

    A browser gets it with its first page (not with the pictures it loads beside it), a program with
    its first call.
    """

    def __init__(self, app: ASGIApp, is_space: bool = False) -> None:
        self.app = app
        self.is_space = is_space

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_first_call(scope) or browser_token(_cookies(scope)):
            await self.app(scope, receive, send)
            return
        token = secrets.token_hex(16)
        kept = self._set_cookie(scope, token).encode("ascii")

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"set-cookie", kept)]}
            await send(message)

        await self.app(with_owner(scope, token), receive, send_with_cookie)

    def _set_cookie(self, scope: Scope, token: str) -> str:
        """In a Space the page sits in a frame of another site, where only such a cookie is kept."""
        kept = f"{COOKIE}={token}; Path=/; Max-Age={YEAR_S}; HttpOnly; "
        if self.is_space or scope.get("scheme") == "https":
            return kept + "SameSite=None; Secure; Partitioned"
        return kept + "SameSite=Lax"


def with_owner(scope: Scope, owner: str) -> Scope:
    """The request as one of that owner and nobody else; of nobody when it is empty."""
    kept = [f"{name}={value}" for name, value in _pairs(_cookies(scope)) if name != COOKIE]
    cookies = "; ".join([*kept, f"{COOKIE}={owner}"] if owner else kept)
    headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
    return {**scope, "headers": [*headers, (b"cookie", cookies.encode("latin-1"))]}


def _is_first_call(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    if scope["path"].startswith(PROGRAM_PATHS):
        return True
    return scope["method"] in ("GET", "HEAD") and scope["path"] in ("", "/")


def _found(cookies: str, pattern: re.Pattern[str]) -> str | None:
    for name, value in _pairs(cookies):
        if name == COOKIE and pattern.fullmatch(value):
            return value
    return None


def _cookies(scope: Scope) -> str:
    values = (value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
    return "; ".join(values)


def _pairs(cookies: str) -> list[tuple[str, str]]:
    pairs = (part.strip().partition("=") for part in cookies.split(";"))
    return [(name, value) for name, _, value in pairs if name]
