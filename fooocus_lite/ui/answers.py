"""What the page's own addresses are asked and answer: small JSON objects, kept by no cache."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ..errors import BadRequest

NO_STORE = {"cache-control": "no-store"}
MAX_ORDER_BYTES = 10_000
Order = dict[str, Any]


def answer(values: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(values, status, headers=NO_STORE)


def nothing_here() -> Response:
    """For what is not there, and for what the asker may not know of."""
    return PlainTextResponse("There is nothing here.", 404, headers=NO_STORE)


async def order_of(request: Request) -> Order:
    """The object that the page has sent. Raises BadRequest for anything else, or more."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_ORDER_BYTES:
            raise BadRequest("That is too long.")
    try:
        order = json.loads(body)
        json.dumps(order, ensure_ascii=False).encode()  # half letters could not be answered
    except (ValueError, RecursionError):
        order = None
    if not isinstance(order, dict):
        raise BadRequest("That is no order this page could have sent.")
    return order
