"""A program that uses our API of a served page: plain requests on one connection. Knows no job."""

import http.client
import json
import time
from collections.abc import Mapping
from typing import Any

API = "/api/v1"
READY_TIMEOUT_S = 300.0
ASK_EVERY_S = 0.2
IDLE_S = 3.0
"""The page's server ends a connection that was silent for five seconds."""


class Caller:
    """One who calls; with a key, a user."""

    def __init__(self, port: int, key: str | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._asked = 0.0
        self._headers = {"content-type": "application/json"}
        if key is not None:
            self._headers["authorization"] = f"Bearer {key}"

    def ask(self, path: str, order: Mapping[str, object] | None = None) -> tuple[int, Any]:
        """Status and answer of a GET, or with an order of a POST."""
        body = None if order is None else json.dumps(order)
        method = "GET" if order is None else "POST"
        if time.monotonic() - self._asked > IDLE_S:
            self._connection.close()  # it opens by itself
        self._asked = time.monotonic()
        self._connection.request(method, API + path, body, self._headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def wait_until_ready(self) -> None:
        """Raises TimeoutError when the engine is not there in time."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while self.ask("/ready")[0] != 200:
            if time.monotonic() > deadline:
                raise TimeoutError("The engine did not come.")
            time.sleep(ASK_EVERY_S)
