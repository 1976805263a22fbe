"""Pictures to start from: sent once, then named by their id in any number of requests."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import Response as Content

from ..errors import BadRequest
from .answers import InputAnswer
from .caller import Caller, House
from .gallery import KEPT
from .refusals import RefusalAnswer, Responses

KINDS = ("image/png", "image/jpeg", "image/webp")
BINARY = {"schema": {"type": "string", "format": "binary"}}
BODY: dict[str, Any] = {"requestBody": {"required": True, "content": dict.fromkeys(KINDS, BINARY)}}
THUMBNAIL: Responses = {
    200: {"content": {"image/webp": {}}},
    404: {"model": RefusalAnswer, "description": "No such picture, or somebody else's"},
}
router = APIRouter(tags=["Pictures"])


@router.post("/inputs", status_code=201, openapi_extra=BODY)
async def add(request: Request, response: Response, studio: House, caller: Caller) -> InputAnswer:
    """Keeps a picture, whose bytes are the body, for `image` of a request. Only its sender may
    use it. Twice the same gives the same id.
    """
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise BadRequest("Send the picture's own bytes as the body, not a form.", field="image")
    data = await request.body()
    image = await asyncio.to_thread(studio.gallery.add_input, data, caller.owner)
    width, height = studio.gallery.input_size(image, caller.owner)
    response.headers["location"] = f"/api/v1/inputs/{image}/thumbnail"
    return InputAnswer(
        id=image, width=width, height=height, thumbnail_url=response.headers["location"]
    )


@router.get("/inputs/{image}/thumbnail", response_class=Content, responses=THUMBNAIL)
def thumbnail(
    image: Annotated[str, Path(max_length=64)], studio: House, caller: Caller
) -> Response:
    """A small WebP, at most 192 pixels a side."""
    content = studio.gallery.input_thumbnail(image, caller.owner)
    return Response(content, media_type="image/webp", headers=KEPT)
