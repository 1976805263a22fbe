"""How much, and for how long, a caller may send."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .refusals import Shape, TooLarge, TooSlow, answer_to, ours


class BodyLimit:
    """ASGI middleware: a body that is too large is refused (413), one that takes too long (408).

    Both before the application sees a byte of it, so that nobody can keep it half fed.
    """

    def __init__(
        self, app: ASGIApp, limit_bytes: int, timeout_s: float, shape: Shape = ours
    ) -> None:
        self.app = app
        self.shape = shape
        self.limit_bytes = limit_bytes
        self.timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.timeout_s):
                body = await self._whole(Headers(scope=scope), receive)
        except TimeoutError:
            words = f"The body did not come within {self.timeout_s:g} seconds."
            await answer_to(TooSlow(words), self.shape)(scope, receive, send)
            return
        except TooLarge as error:
            await answer_to(error, self.shape)(scope, receive, send)
            return
        if body is not None:
            await self.app(scope, _told(body, receive), send)

    async def _whole(self, headers: Headers, receive: Receive) -> bytes | None:
        """The body; None when the caller left. Raises TooLarge."""
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self.limit_bytes:
            raise self._too_large()
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self.limit_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                return bytes(body)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The body is larger than {self.limit_bytes / 1e6:g} MB.")


def _told(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once, and then waits for the caller to leave."""
    is_given = False

    async def again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
