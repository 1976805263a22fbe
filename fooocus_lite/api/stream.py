"""A job as server-sent events, for one listener: in order, not too often, resumed by an id."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator

from .relay import Relay, Relays

STEP_EVERY_S = 1.0
COMMENT_EVERY_S = 15.0
DONE = "data: [DONE]\n\n"
COMMENT = ": the line is open\n\n"


async def messages(
    relays: Relays, job_id: str, owner: str, last_event_id: str = ""
) -> AsyncGenerator[str, None]:
    """Everything about the job from now to its end, and the line `data: [DONE]`.

    `last_event_id` is the `id:` of the last one seen before a connection broke: pictures and steps
    told by then are left out. A comment comes every 15 s, so that no proxy closes the connection.
    """
    with relays.joined(job_id, owner) as relay:
        listener = _Listener(relay, last_event_id)
        heard_at = time.monotonic()
        while True:
            changed = relay.changed
            for message in listener.news():
                heard_at = time.monotonic()
                yield message
            if listener.is_over:
                break
            if time.monotonic() - heard_at >= COMMENT_EVERY_S:
                heard_at = time.monotonic()
                yield COMMENT
            await _either(changed, listener.patience_s(COMMENT_EVERY_S))
    yield DONE


async def _either(changed: asyncio.Event, timeout_s: float) -> None:
    """Waits for news, at most so long."""
    try:
        await asyncio.wait_for(changed.wait(), timeout_s)
    except TimeoutError:
        return


class _Listener:
    """What one listener knows: pictures told, and the text and time of what it last saw happen.

    Its ids are "pictures.picture.step": the place to go on from.
    """

    def __init__(self, relay: Relay, last_event_id: str) -> None:
        self._relay = relay
        self._told, self._place = _read(last_event_id)
        self._now: str | None = None
        self._step_at = float("-inf")
        self.is_over = False

    def news(self) -> Iterator[str]:
        """What is due now. Whoever takes it may take its time: more may come meanwhile."""
        relay = self._relay
        yield from self._pictures()
        is_new = relay.now is not None and relay.now is not self._now
        if is_new and relay.end is None and self._is_due():
            is_known = relay.is_step and relay.place == self._place
            self._now, self._place = relay.now, relay.place
            if relay.is_step:
                self._step_at = time.monotonic()
            if not is_known and relay.now is not None:
                yield self._message(relay.now)
        if relay.end is not None:
            yield from self._pictures()
            self.is_over = True
            yield self._message(relay.end)

    def _pictures(self) -> Iterator[str]:
        while self._told < len(self._relay.pictures):
            self._told += 1
            yield self._message(self._relay.pictures[self._told - 1])

    def patience_s(self, at_most: float) -> float:
        """How long to wait for a change; less while a step waits for its time."""
        if self._relay.now is self._now or self._is_due():
            return at_most
        return max(0.01, self._step_at + STEP_EVERY_S - time.monotonic())

    def _is_due(self) -> bool:
        """The first step of a picture comes at once, others not too often."""
        relay = self._relay
        is_other = not relay.is_step or relay.place[0] != self._place[0]
        return is_other or time.monotonic() - self._step_at >= STEP_EVERY_S

    def _message(self, text: str) -> str:
        picture, step = self._place
        return f"id: {self._told}.{picture}.{step}\ndata: {text}\n\n"


def _read(last_event_id: str) -> tuple[int, tuple[int, int]]:
    """Pictures told, and the place of the last step; a strange id counts as none."""
    parts = last_event_id.strip().split(".")
    if len(parts) != 3 or not all(p.isascii() and p.isdecimal() and len(p) < 10 for p in parts):
        return 0, (0, 0)
    told, picture, step = (int(part) for part in parts)
    return told, (picture, step)
