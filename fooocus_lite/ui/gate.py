"""The one door: every request is somebody's before it goes on, and with users nobody comes in
unless they are known. What is not named here as open is closed.

It leaves in each request who sent it: `visitor_of(request)`, and the owner's cookie.
"""

import base64
import binascii
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ..api.app import shape_at
from ..api.refusals import answer_to, ours
from ..errors import FooocusLiteError, NotAllowed, NotFound, NotLoggedIn, TooMany
from ..reception.doorkeeper import Doorkeeper
from ..visitor import Visitor
from .owner import browser_token, cookie, with_owner
from .security import LOCAL_HOSTS, host_name, refuse
from .stay import ASK_EVERY_S, Ended, Stay

SESSION = "fooocus_lite_session"
LOGIN = "/login"
# Gradio asks its own page whether it has started; what is open tells nothing about anybody.
OPEN = frozenset({LOGIN, "/gradio_api/startup-events", "/api/v1/health", "/api/v1/ready"})
# Parts of Gradio that the page does not use and that look beyond one visitor, or beyond this
# machine.
CLOSED = (
    "/gradio_api/proxy=",
    "/gradio_api/vibe",
    "/gradio_api/run-history",
    "/gradio_api/deep_link",
    "/gradio_api/dev/",
    "/gradio_api/process_recording",
    "/gradio_api/upload",
    "/monitoring",
    "/runs",
)
PAGES = frozenset({"", "/", "/account"})
LOOPBACK = frozenset({"127.0.0.1", "::1"})
FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded",
             "via", "cf-connecting-ip")  # fmt: skip
STOPPED = "Sharing has been ended by the host."
LOG_IN = "Log in first: on the page, or with the header “Authorization: Bearer KEY”."


class Gate:
    """ASGI middleware before everything that serves the page and the API.

    Who has come in may stay while they are welcome: a stream or a page that is still open when
    sharing ends, or a login or key, is cut off within `ask_every_s`.
    """

    def __init__(
        self, app: ASGIApp, doorkeeper: Doorkeeper, ask_every_s: float = ASK_EVERY_S
    ) -> None:
        self.app = app
        self.doorkeeper = doorkeeper
        self.ask_every_s = ask_every_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if scope["path"].startswith(CLOSED):
            await refuse(NotFound("There is nothing here."), scope, receive, send)
            return
        try:
            visitor = self._who(scope)
        except FooocusLiteError as error:
            await _turn_away(error, scope, receive, send)
            return
        state = {**scope.get("state", {}), "visitor": visitor}
        known = {**with_owner(scope, visitor.owner), "state": state}
        stay = Stay(lambda: self._check_same(scope, visitor), self.ask_every_s)
        try:
            await stay.serve(self.app, known, receive, send)
        except Ended as ended:
            await _turn_away(ended.why, scope, receive, send)

    def _who(self, scope: Scope) -> Visitor:
        """Raises NotLoggedIn, NotAllowed, TooMany; BadRequest for an unreadable users file."""
        keeper, is_open = self.doorkeeper, scope["path"] in OPEN
        headers = Headers(scope=scope)
        address = scope["client"][0] if scope.get("client") else ""
        if not keeper.has_login:
            visitor = self._of_open_page(scope, headers, address)
        elif key := _key(headers.get("authorization", "")):
            visitor = keeper.of_key(key, address)
        else:
            found = keeper.of_session(cookie(scope, SESSION))
            if found is None and not is_open:
                raise NotLoggedIn(LOG_IN)
            visitor = found or Visitor(owner="")
        if keeper.is_stopped and not visitor.is_host and not is_open:
            raise NotAllowed(STOPPED)
        return visitor

    def _check_same(self, scope: Scope, visitor: Visitor) -> None:
        """Raises as `_who` does, and NotLoggedIn when the sender is somebody else by now.

        On an open page whose login or key has ended is let in all the same, but as a visitor.
        """
        if self._who(scope).owner != visitor.owner:
            raise NotLoggedIn(LOG_IN)

    def _of_open_page(self, scope: Scope, headers: Headers, address: str) -> Visitor:
        """A user who is known all the same, by login or key, such as the host; else whoever it is.

        A key that is not known is no offence: clients of OpenAI cannot be without one.
        """
        keeper = self.doorkeeper
        if not keeper.settings.is_local_only:
            found = keeper.of_session(cookie(scope, SESSION))
            found = found or keeper.of_known_key(_key(headers.get("authorization", "")))
            if found is not None:
                return found
        owner = browser_token(headers.get("cookie", "")) or ""
        return keeper.of_browser(owner, address, self._is_direct(headers, address))

    def _is_direct(self, headers: Headers, address: str) -> bool:
        """Whether a person at this very machine asks: by a local name, through no proxy."""
        return (
            address in LOOPBACK
            and host_name(headers.get("host", "")) in LOCAL_HOSTS
            and not any(name in headers for name in FORWARDED)
            and not self.doorkeeper.settings.trusted_proxies
        )


def _key(authorization: str) -> str:
    """The key of `Bearer KEY`, or of Basic, which some programs use with any name before it."""
    kind, _, value = authorization.strip().partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, ValueError):
            return "unreadable"
    return ""


async def _turn_away(error: FooocusLiteError, scope: Scope, receive: Receive, send: Send) -> None:
    """To the login page for somebody who opens the page; a sentence and a code for a program."""
    if scope["type"] == "websocket":
        await refuse(error, scope, receive, send)
        return
    is_visit = scope["method"] in ("GET", "HEAD") and scope["path"] in PAGES
    if is_visit and isinstance(error, NotLoggedIn):
        address = quote(scope.get("root_path", "").rstrip("/") + LOGIN)
        headers = {"cache-control": "no-store"}
        await RedirectResponse(address, 303, headers=headers)(scope, receive, send)
        return
    # Anything else is trouble of ours: the users file cannot be read.
    status = None if isinstance(error, NotLoggedIn | NotAllowed | TooMany) else 503
    answer = answer_to(error, shape_at(scope["path"]) or ours, status)
    await answer(scope, receive, send)
