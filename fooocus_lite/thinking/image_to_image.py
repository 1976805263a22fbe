"""Whether a picture may start from another one, which the request names by its id."""

from ..errors import BadRequest
from ..recipe import ImageRequest
from .families import FAMILIES, Family
from .pantry import Pantry

CANNOT_START = ("flow_dpmpp_2m",)
"""Schedulers that diffusers cannot begin in the middle for models of flow matching."""


def image_size(
    request: ImageRequest, family: Family, scheduler: str, pantry: Pantry
) -> tuple[int, int] | None:
    """Width and height of the picture to start from; None when the request names none.

    Raises BadRequest when the model or scheduler cannot start from one, or it is not there.
    """
    if request.image is None:
        return None
    if family.img2img is None:
        able = ", ".join(each.title for each in FAMILIES.values() if each.img2img)
        raise BadRequest(
            f"{family.title} cannot start from a picture. Take the picture away, or choose a model "
            f"of {able}.",
            field="image",
        )
    if scheduler in CANNOT_START:
        allowed = [name for name in family.schedulers if name not in CANNOT_START]
        raise BadRequest(
            f"The scheduler {scheduler} cannot start from a picture. Choose "
            f"{' or '.join(allowed)}.",
            field="scheduler",
            allowed=allowed,
        )
    if request.image not in pantry.inputs:
        raise BadRequest(missing_input(request.image), field="image")
    return pantry.inputs[request.image]


def missing_input(image: str) -> str:
    """The sentence for a picture that was never added, or is somebody else's, or gone since."""
    return (
        f"The picture to start from ({image[:12]}…) is not here. Add it again: input pictures that "
        "nothing refers to are kept for some days only."
    )
