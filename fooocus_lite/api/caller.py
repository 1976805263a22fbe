"""Who sent a call, in one place for all three APIs."""

from typing import Annotated

from fastapi import Depends, Request

from ..studio import Studio
from ..visitor import HOST, Visitor, visitor_of


def studio_of(request: Request) -> Studio:
    """The studio behind the application that was called."""
    studio: Studio = request.app.state.studio
    return studio


def caller_of(request: Request) -> Visitor:
    """Whoever the gate let in. Alone on localhost it is the one person there, who sees all jobs."""
    visitor = visitor_of(request)
    is_alone = studio_of(request).settings.is_local_only and visitor.is_host
    return HOST if is_alone else visitor


House = Annotated[Studio, Depends(studio_of)]
Caller = Annotated[Visitor, Depends(caller_of)]
