"""Addresses of the Queue panel: one's own jobs in the line, and orders about them.

Every answer is the queue as it stands then, with a `problem` where an order could not be followed.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast, get_args

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import BadRequest, FooocusLiteError, NotFound, NotWaiting
from ..studio import Studio, To
from ..visitor import Visitor, visitor_of
from .answers import Order, answer, nothing_here, order_of
from .queue_facts import listing

Act = Callable[[Studio, Visitor, Order], object]


def _move(studio: Studio, visitor: Visitor, order: Order) -> None:
    if order.get("to") not in get_args(To):
        raise BadRequest("That is no place a job could go to.")
    studio.orders.move(_id(order), to=cast(To, order["to"]), owner=visitor.owner)


ORDERS: Mapping[str, Act] = MappingProxyType(
    {
        "move": _move,
        "cancel": lambda studio, visitor, order: studio.orders.stop(_id(order), visitor.owner),
        "duplicate": lambda studio, visitor, order: studio.orders.duplicate(_id(order), visitor),
        "clear": lambda studio, visitor, _order: studio.orders.stop_waiting(visitor.owner),
    }
)


class QueueRoutes:
    """Looks at the owner first: another's job is simply not there (404)."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def all(self) -> list[Route]:
        return [
            Route("/queue", self.queue),
            Route("/queue/{order}", self.order, methods=["POST"]),
        ]

    async def queue(self, request: Request) -> Response:
        """One's own jobs; the answer of `queue_facts.listing`."""
        visitor = visitor_of(request)
        if not visitor.owner:
            return nothing_here()
        return answer(await run_in_threadpool(listing, self.studio, visitor))

    async def order(self, request: Request) -> Response:
        """move {id, to}, cancel {id}, duplicate {id} or clear {}."""
        visitor = visitor_of(request)
        act = ORDERS.get(request.path_params["order"])
        if not visitor.owner or act is None:
            return nothing_here()
        problem, status = "", 200
        try:
            order = await order_of(request)
            await run_in_threadpool(act, self.studio, visitor, order)
        except FooocusLiteError as error:
            problem = error.message
            status = {NotFound: 404, NotWaiting: 409}.get(type(error), 400)
        found = await run_in_threadpool(listing, self.studio, visitor)
        return answer({**found, "problem": problem}, status)


def _id(order: Order) -> str:
    return str(order.get("id", ""))
