"""The login page and the page about one's account. Plain HTML: it works without any script."""

import html
from string import Template
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ..errors import FooocusLiteError, TooMany
from ..reception.doorkeeper import LOGIN_S, USER_PREFIX, Doorkeeper
from ..visitor import Visitor, visitor_of
from .gate import LOGIN, SESSION
from .owner import cookie
from .widgets.asset import asset

MAX_FORM_BYTES = 4_096
ACCOUNT = "/account"
ASK = "No name or password yet? Ask whoever runs this program."
LOG_IN = '<form action="login"><button>Log in as the host</button></form>'
BACK = 'Nobody needs a login here but the host. <a href="./">Back to the page</a>'
PAGE_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-frame-options": "DENY",
}


class Login:
    """The addresses of logging in and out. With no users there is nothing to log into."""

    def __init__(self, doorkeeper: Doorkeeper, theme: str = "auto") -> None:
        self.doorkeeper = doorkeeper
        self.theme = theme

    def all(self) -> list[Route]:
        return [
            Route(LOGIN, self.ask, methods=["GET"]),
            Route(LOGIN, self.log_in, methods=["POST"]),
            Route(ACCOUNT, self.account, methods=["GET"]),
            Route("/account/log-out", self.log_out, methods=["POST"]),
            Route("/account/log-out-everywhere", self.log_out_everywhere, methods=["POST"]),
            Route("/account/stop-sharing", self.stop_sharing, methods=["POST"]),
            Route("/account/start-sharing", self.start_sharing, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """The form; whoever is logged in goes on to the page."""
        visitor = visitor_of(request)
        if not self.doorkeeper.can_log_in or visitor.is_host or _is_user(visitor):
            return _to(request, "/")
        return self._form()

    async def log_in(self, request: Request) -> Response:
        """Takes the form. A wrong name or password shows it again, saying so."""
        if not self.doorkeeper.can_log_in:
            return _to(request, "/")
        try:
            fields = await _fields(request)
        except ClientDisconnect:
            return Response(status_code=400)
        name, password = fields.get("name", ""), fields.get("password", "")
        address = request.client.host if request.client else ""
        try:
            token = await run_in_threadpool(self.doorkeeper.log_in, name, password, address)
        except FooocusLiteError as error:
            return self._form(error, name)
        answer = _to(request, "/")
        answer.set_cookie(
            SESSION,
            token,
            max_age=int(LOGIN_S),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https" or self.doorkeeper.settings.is_space,
        )
        return answer

    async def account(self, request: Request) -> Response:
        """Who one is here, what is left, and the ways out."""
        visitor = visitor_of(request)
        text = await run_in_threadpool(self._account, visitor)
        return HTMLResponse(text, headers=PAGE_HEADERS)

    async def log_out(self, request: Request) -> Response:
        await run_in_threadpool(self.doorkeeper.log_out, cookie(request.scope, SESSION))
        return _logged_out(request)

    async def log_out_everywhere(self, request: Request) -> Response:
        await run_in_threadpool(self.doorkeeper.log_out_everywhere, visitor_of(request))
        return _logged_out(request)

    async def stop_sharing(self, request: Request) -> Response:
        """The host's switch: from now on nobody else comes in."""
        visitor = visitor_of(request)
        if visitor.is_host:
            await run_in_threadpool(self.doorkeeper.stop_sharing, visitor)
        return _to(request, ACCOUNT)

    async def start_sharing(self, request: Request) -> Response:
        visitor = visitor_of(request)
        if visitor.is_host:
            await run_in_threadpool(self.doorkeeper.start_sharing, visitor)
        return _to(request, ACCOUNT)

    def _form(self, error: FooocusLiteError | None = None, name: str = "") -> Response:
        values = {
            "theme": self.theme,
            "name": html.escape(name[:64]),
            "problem": f'<p role="alert">{html.escape(error.message)}</p>' if error else "",
            "way_out": ASK if self.doorkeeper.has_login else BACK,
        }
        headers = dict(PAGE_HEADERS)
        status = 200 if error is None else 401
        if isinstance(error, TooMany):
            status = 429
            headers["retry-after"] = str(round(error.retry_after_s or 1))
        return HTMLResponse(_page("login.html", values), status, headers=headers)

    def _account(self, visitor: Visitor) -> str:
        """The page of an account, with what everybody used for the host."""
        values = {
            "theme": self.theme,
            "name": html.escape(visitor.name or "a visitor"),
            "facts": "".join(f"<p>{html.escape(each)}</p>" for each in self._facts(visitor)),
            "buttons": "".join(_button(*each) for each in self._buttons(visitor))
            + (LOG_IN if self._may_log_in(visitor) else ""),
            "usage": self._usage() if visitor.is_host else "",
        }
        return _page("account.html", values)

    def _facts(self, visitor: Visitor) -> list[str]:
        if visitor.is_host:
            return ["You are the host: models, presets and users are yours to change."]
        if visitor.tier is None:
            return []
        used = self.doorkeeper.audit.pictures_this_hour(visitor.counted_as)
        return [
            f"{used:,} of {visitor.tier.pictures_per_hour:,} pictures of this hour are used.",
            f"Pictures may have up to {visitor.tier.max_megapixels:g} megapixels.",
        ]

    def _buttons(self, visitor: Visitor) -> list[tuple[str, str]]:
        found = []
        if _is_user(visitor):
            found += [("log-out", "Log out"), ("log-out-everywhere", "Log out everywhere")]
        if visitor.is_host and not self.doorkeeper.settings.is_local_only:
            is_stopped = self.doorkeeper.is_stopped
            found.append(
                ("start-sharing", "Share again")
                if is_stopped
                else ("stop-sharing", "Stop sharing now")
            )
        return found

    def _may_log_in(self, visitor: Visitor) -> bool:
        return self.doorkeeper.can_log_in and not visitor.is_host and not _is_user(visitor)

    def _usage(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(each.who)}</td><td>{each.jobs:,}</td>"
            f"<td>{each.pictures:,}</td><td>{each.last_hour:,}</td></tr>"
            for each in self.doorkeeper.audit.usage()[:50]
        )
        head = "<tr><th>Who</th><th>Jobs</th><th>Pictures</th><th>This hour</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else ""


async def _fields(request: Request) -> dict[str, str]:
    """The first value of each field of a short form; none of one that is too long."""
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_FORM_BYTES:
            return {}
    given = parse_qs(data.decode("utf-8", "replace"), max_num_fields=10)
    return {name: values[0] for name, values in given.items()}


def _page(name: str, values: dict[str, str]) -> str:
    """A page of ui/assets with its style sheet in it; the values are HTML already."""
    return Template(asset(f"assets/{name}")).substitute(values, style=asset("assets/login.css"))


def _is_user(visitor: Visitor) -> bool:
    """Whether the visitor has logged in, or came with a key."""
    return visitor.owner.startswith(USER_PREFIX)


def _button(action: str, label: str) -> str:
    return f'<form method="post" action="account/{action}"><button>{label}</button></form>'


def _to(request: Request, path: str) -> RedirectResponse:
    address = request.scope.get("root_path", "").rstrip("/") + path
    return RedirectResponse(address, 303, headers={"cache-control": "no-store"})


def _logged_out(request: Request) -> Response:
    answer = _to(request, LOGIN)
    answer.delete_cookie(SESSION, httponly=True, samesite="lax")
    return answer
