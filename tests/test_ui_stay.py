"""A request goes on while its sender may be here, and no longer."""

import asyncio

import pytest

from fooocus_lite.errors import NotAllowed
from fooocus_lite.ui.stay import Ended, Stay

HTTP = {"type": "http"}
SOCKET = {"type": "websocket"}
BEGIN = {"type": "http.response.start", "status": 200, "headers": []}
SIZED = {**BEGIN, "headers": [(b"content-length", b"5")]}
GONE = NotAllowed("You may no longer be here.")


class Visit:
    """One request to an application that sends `first` and then waits for `is_done`."""

    def __init__(self, *first: dict[str, object], scope: dict[str, str] = HTTP) -> None:
        self.first = first
        self.scope = scope
        self.sent: list[dict[str, object]] = []
        self.is_done = asyncio.Event()
        self.was_closed = False
        self.asked = 0

    async def app(self, _scope, _receive, send) -> None:
        try:
            for message in self.first:
                await send(message)
            await self.is_done.wait()
        finally:
            self.was_closed = True

    def ask(self) -> None:
        """The third time the answer is no."""
        self.asked += 1
        if self.asked == 3:
            raise GONE

    async def serve(self) -> None:
        async def send(message) -> None:
            self.sent.append(message)

        await Stay(self.ask, every_s=0.001).serve(self.app, self.scope, None, send)


def test_a_stream_is_cut_off_and_its_application_told():
    visit = Visit(BEGIN)
    asyncio.run(visit.serve())
    assert visit.was_closed
    assert visit.sent == [BEGIN, {"type": "http.response.body", "body": b"", "more_body": False}]


def test_an_application_that_ends_its_stream_itself_is_not_interrupted():
    visit = Visit(BEGIN)
    last = {"type": "http.response.body", "body": b"bye", "more_body": False}

    async def app(scope, receive, send) -> None:
        try:
            await Visit.app(visit, scope, receive, send)
        finally:
            await send(last)

    visit.app = app
    asyncio.run(visit.serve())
    assert visit.sent == [BEGIN, last]


def test_a_socket_is_closed():
    visit = Visit({"type": "websocket.accept"}, scope=SOCKET)
    asyncio.run(visit.serve())
    assert visit.sent[-1] == {"type": "websocket.close", "code": 1008}


def test_who_has_not_been_answered_hears_why():
    visit = Visit()
    with pytest.raises(Ended) as told:
        asyncio.run(visit.serve())
    assert told.value.why is GONE
    assert visit.sent == []


def test_an_answer_of_known_length_is_left_to_its_end():
    visit = Visit(SIZED)

    async def served() -> None:
        serving = asyncio.create_task(visit.serve())
        while not visit.sent:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        visit.is_done.set()
        await serving

    asyncio.run(served())
    assert visit.sent == [SIZED]
    assert visit.asked == 0


def test_a_time_limit_of_the_application_itself_is_its_own_matter():
    async def app(_scope, _receive, _send) -> None:
        raise TimeoutError("mine")

    async def serve() -> None:
        await Stay(lambda: None).serve(app, HTTP, None, None)

    with pytest.raises(TimeoutError, match="mine"):
        asyncio.run(serve())
