"""Tells other programs, signed, that a job has ended: asks now and then, sends, tries again.

What is still to be told is kept in memory only: who needs to be sure asks for the job as well.
"""

import hashlib
import heapq
import hmac
import http.client
import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

from ..errors import BadRequest, FooocusLiteError, TooMany
from ..settings import Settings
from . import public_address

log = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
TIMEOUT_S = 10.0
WAITS_S = (5.0, 30.0, 120.0, 600.0)
"""After each try that failed but the last."""
AT_ONCE = 4
MAX_PENDING = 2_000
SECRET_FILE = "webhook-secret"

Message = Callable[[], Mapping[str, object] | None]
"""What to tell, or None while the job has not ended. Raises FooocusLiteError when it is gone."""


@dataclass(order=True)
class _Pending:
    """One address to be told; `at` is when to look or to try again, on the monotonic clock."""

    at: float
    number: int
    url: str = field(compare=False)
    owner: str = field(compare=False)
    message: Message = field(compare=False)
    body: bytes | None = field(default=None, compare=False)
    tries: int = field(default=0, compare=False)


class Webhooks:
    """One thread looks which jobs have ended, a few more send; none before the first webhook."""

    def __init__(self, settings: Settings, waits_s: tuple[float, ...] = WAITS_S) -> None:
        self._settings = settings
        self._waits_s = waits_s
        self._pending: list[_Pending] = []
        self._changed = threading.Condition()
        self._count = 0
        self._unfinished = 0
        self._thread: threading.Thread | None = None

    def check(self, url: str) -> None:
        """Raises BadRequest for an address that will not be told, TooMany when too many wait.

        Looks its host up. To be asked before the job is accepted: afterwards is too late to refuse.
        """
        with self._changed:
            if self._unfinished >= MAX_PENDING:
                raise TooMany("Too many webhooks are waiting. Try again later, or without one.")
        public_address.resolve(public_address.split(url), self._settings.allow_private_webhooks)

    def tell_when_ended(self, url: str, owner: str, message: Message) -> None:
        """Sends `message()` as soon as it is not None."""
        with self._changed:
            self._count += 1
            self._unfinished += 1
            first = _Pending(time.monotonic() + LOOK_EVERY_S / 4, self._count, url, owner, message)
            heapq.heappush(self._pending, first)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
                self._thread.start()
            self._changed.notify()

    def secret_of(self, owner: str) -> str:
        """What this owner's messages are signed with; nobody else's are."""
        return hmac.new(self._secret, owner.encode(), hashlib.sha256).hexdigest()

    @cached_property
    def _secret(self) -> bytes:
        """The program's own, made once, readable by its user only."""
        path = self._settings.state / SECRET_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
        return path.read_bytes()

    @cached_property
    def _senders(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._pending or self._pending[0].at > time.monotonic():
                    left = self._pending[0].at - time.monotonic() if self._pending else None
                    self._changed.wait(left)
                due = heapq.heappop(self._pending)
            try:
                self._look(due)
            except Exception:  # one that breaks may not keep the others from being told
                log.exception("a webhook broke")
                self._over()

    def _look(self, due: _Pending) -> None:
        if due.body is None:
            try:
                told = due.message()
            except FooocusLiteError:
                self._over()
                return
            if told is None:
                self._again(due, LOOK_EVERY_S)
                return
            due.body = json.dumps(told, ensure_ascii=False).encode()
        self._senders.submit(self._send, due)

    def _send(self, due: _Pending) -> None:
        due.tries += 1
        host = public_address.split(due.url).hostname
        try:
            status = public_address.post(
                due.url,
                due.body or b"",
                self._headers(due),
                self._settings.allow_private_webhooks,
                TIMEOUT_S,
            )
            trouble = "" if 200 <= status < 300 else f"it answered {status}"
        except BadRequest as error:
            log.warning("a webhook is not sent: %s", error.message)
            self._over()
            return
        except (OSError, http.client.HTTPException) as error:
            trouble = str(error) or type(error).__name__
        if trouble and due.tries <= len(self._waits_s):
            log.info("the webhook to %s is tried again: %s", host, trouble)
            self._again(due, self._waits_s[due.tries - 1])
            return
        if trouble:
            log.warning("the webhook to %s is given up: %s", host, trouble)
        self._over()

    def _headers(self, due: _Pending) -> dict[str, str]:
        """The signature is over "timestamp.body", so that no old message can be sent again."""
        timestamp = str(int(time.time()))
        signed = timestamp.encode() + b"." + (due.body or b"")
        signature = hmac.new(self.secret_of(due.owner).encode(), signed, hashlib.sha256).hexdigest()
        return {
            "content-type": "application/json",
            "user-agent": "fooocus-lite",
            "x-fooocus-lite-timestamp": timestamp,
            "x-fooocus-lite-signature": f"sha256={signature}",
        }

    def _again(self, due: _Pending, in_s: float) -> None:
        due.at = time.monotonic() + in_s
        with self._changed:
            heapq.heappush(self._pending, due)
            self._changed.notify()

    def _over(self) -> None:
        with self._changed:
            self._unfinished -= 1
