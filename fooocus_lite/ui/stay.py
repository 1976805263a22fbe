"""A request that is served for as long as its sender may be here. Knows no users and no rules."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import FooocusLiteError

ASK_EVERY_S = 1.0


class Ended(Exception):
    """The sender may no longer be here, and has not been answered: `why`."""

    def __init__(self, why: FooocusLiteError) -> None:
        super().__init__(why.message)
        self.why = why


class Stay:
    """One request. `ask` raises FooocusLiteError once it may not go on.

    A stream that has begun is cut off then. An answer of known length is left to its end: it is on
    its way, and nothing new comes in it.
    """

    def __init__(self, ask: Callable[[], object], every_s: float = ASK_EVERY_S) -> None:
        self._ask = ask
        self._every_s = every_s
        self._limit = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None
        self._why: FooocusLiteError | None = None
        self._has_begun = False
        self._has_length = False
        self._is_over = False

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises Ended when there is still time to say why."""

        async def send_noted(message: Message) -> None:
            self._note(message)
            await send(message)

        self._ask_later()
        try:
            async with self._limit:
                await app(scope, receive, send_noted)
        except TimeoutError:
            if self._why is None:
                raise
            if not self._has_begun:
                raise Ended(self._why) from None
            if not self._is_over:  # an application may end its stream itself when it is cut off
                await _hang_up(scope, send)
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _ask_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._every_s, self._ask_again)

    def _ask_again(self) -> None:
        if self._has_length:
            return
        try:
            self._ask()
        except FooocusLiteError as error:
            self._why = error
            self._limit.reschedule(asyncio.get_running_loop().time())
        else:
            self._ask_later()

    def _note(self, message: Message) -> None:
        self._has_begun = True
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message.get("headers", ())}
            self._has_length = b"content-length" in names
        elif message["type"] == "http.response.body":
            self._is_over = not message.get("more_body", False)


async def _hang_up(scope: Scope, send: Send) -> None:
    """Ends a stream that has begun."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await send({"type": "http.response.body", "body": b"", "more_body": False})
