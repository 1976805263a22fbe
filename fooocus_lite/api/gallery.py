"""Finished pictures: the history, the files, a smaller one, another format, and away with one."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import Response as Content

from ..recipe import ImageFormat
from . import native
from .answers import Done, Listed, result
from .caller import Caller, House
from .refusals import RefusalAnswer, Responses

PICTURE: Responses = {
    200: {"content": {"image/png": {}, "image/jpeg": {}, "image/webp": {}}},
    404: {"model": RefusalAnswer, "description": "No such picture, or somebody else's"},
}
KEPT = {"cache-control": "private, max-age=86400, immutable", "vary": "cookie, authorization"}
PictureId = Annotated[str, Path(max_length=64)]
router = APIRouter(tags=["History"])


@router.get("/history")
def history(
    studio: House,
    caller: Caller,
    search: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[float | None, Query(allow_inf_nan=False)] = None,
) -> Listed:
    """The caller's pictures, newest first, with every word of `search` in prompt or styles."""
    found = studio.gallery.history(caller.owner, search, limit + 1, before)
    page = found[:limit]
    return Listed(
        results=[result(picture) for picture in page],
        next=page[-1].created if len(found) > limit else None,
    )


@router.get("/outputs/{picture_id}", response_class=Content, responses=PICTURE)
def output(
    picture_id: PictureId,
    studio: House,
    caller: Caller,
    image_format: Annotated[ImageFormat | None, Query(alias="format")] = None,
    size: Annotated[str, Query(max_length=40, description="WIDTHxHEIGHT, cut to shape")] = "auto",
) -> Response:
    """The picture as it was saved, or in another format and size with its recipe inside."""
    if image_format is None and size == "auto":
        content, media_type = studio.gallery.picture_bytes(picture_id, caller.owner)
    else:
        wanted = image_format or studio.settings.image_format
        content, media_type = studio.gallery.picture_as(
            picture_id, wanted, caller.owner, native.read(size)
        )
    return Response(content, media_type=media_type, headers=KEPT)


@router.get("/outputs/{picture_id}/thumbnail", response_class=Content, responses=PICTURE)
def thumbnail(picture_id: PictureId, studio: House, caller: Caller) -> Response:
    """A small WebP, at most 192 pixels a side."""
    content = studio.gallery.thumbnail(picture_id, caller.owner)
    return Response(content, media_type="image/webp", headers=KEPT)


@router.delete("/outputs/{picture_id}", responses={404: PICTURE[404]})
@router.delete("/history/{picture_id}", responses={404: PICTURE[404]})
def delete(picture_id: PictureId, studio: House, caller: Caller) -> Done:
    """Deletes the picture's file and its place in the history, for good."""
    studio.gallery.delete(picture_id, caller.owner)
    return Done()
