"""One line in the log for each order and each refusal, with an id that the answer carries too.

Paths only: what stands behind a "?" may hold words of a prompt.
"""

import logging
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)
HEADER = "x-request-id"
MAX_PATH = 200
QUIET_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class RequestLog:
    """ASGI middleware around all others."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(4)
        address = scope["client"][0] if scope.get("client") else "?"
        path = ascii(scope["path"][:MAX_PATH])

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault(HEADER, request_id)
                status = message["status"]
                if status >= 400 or scope["method"] not in QUIET_METHODS:
                    line = "%s %s %s %s %d"
                    log.info(line, request_id, address, scope["method"], path, status)
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            log.exception("%s %s %s %s failed", request_id, address, scope["method"], path)
            raise
