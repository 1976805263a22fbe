"""Who sent a call, in one place for all APIs."""

from typing import Annotated

from fastapi import Depends, Request

from ..studio import Studio
from ..visitor import HOST, AnyRequest, Visitor, visitor_of


def studio_of(request: Request) -> Studio:
    """The studio behind the application that was called."""
    studio: Studio = request.app.state.studio
    return studio


def asker_of(studio: Studio, request: AnyRequest) -> Visitor:
    """Whoever the gate let in. Alone on localhost it is the one person there, who sees all jobs."""
    visitor = visitor_of(request)
    is_alone = studio.settings.is_local_only and visitor.is_host
    return HOST if is_alone else visitor


def caller_of(request: Request) -> Visitor:
    """`asker_of` for the routes of an application."""
    return asker_of(studio_of(request), request)


House = Annotated[Studio, Depends(studio_of)]
Caller = Annotated[Visitor, Depends(caller_of)]
