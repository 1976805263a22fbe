"""Width and height: from a ratio or a wish to pixels a model family can make."""

from math import log, sqrt

from ..errors import BadRequest, UnknownName
from ..recipe import ImageRequest
from .families import Aspect, Family, ratio
from .presets import Preset


def size_for(
    request: ImageRequest, preset: Preset, family: Family, image: tuple[int, int] | None = None
) -> tuple[int, int]:
    """Width and height in pixels: what the person set, else the preset, else the family's first.

    Of one source an exact size beats an aspect. The shape of an `image` to start from, of this
    width and height, is what the person set if they said nothing else; a preset's exact size then
    says how large that is. Raises BadRequest with the two nearest sizes when the model cannot make
    the size asked, UnknownName for an aspect it does not have.
    """
    for source in (request, preset):
        if source.width is not None and source.height is not None:
            return (
                _side("width", source.width, family),
                _side("height", source.height, family),
            )
        if source.aspect is not None:
            aspect = aspect_named(source.aspect, family)
            return aspect.width, aspect.height
        if image is not None:
            return _size_in_shape(image, preset, family)
    return family.aspects[0].width, family.aspects[0].height


def aspect_named(name: str, family: Family) -> Aspect:
    """The family's pixels for "3:2", also written "3/2" or "3×2"; raises UnknownName.

    A button's own name goes before the exact ratio of its pixels: SDXL's 4:3 is 9:7, in truth.
    """
    wanted = name.strip().replace("×", ":").replace("/", ":").replace(" ", "")
    for names in (
        {each.name: each for each in family.all_aspects},
        {ratio(each.width, each.height): each for each in family.aspects},
    ):
        if wanted in names:
            return names[wanted]
    offered = [aspect.name for aspect in family.all_aspects]
    raise UnknownName(
        f"There is no aspect called “{name}” for {family.title}. There is: {', '.join(offered)}.",
        field="aspect",
        allowed=offered,
    )


def aspect_of_size(width: int, height: int, family: Family) -> Aspect | None:
    """The aspect with exactly these pixels, if there is one."""
    for aspect in family.all_aspects:
        if (aspect.width, aspect.height) == (width, height):
            return aspect
    return None


def nearest_in_shape(width: int, height: int, family: Family) -> Aspect:
    """Of the sizes the family is at its best in, the one most like this shape, then this size."""

    def difference(aspect: Aspect) -> tuple[float, int]:
        shape = abs(log(width / height) - log(aspect.width / aspect.height))
        return round(shape, 6), abs(width - aspect.width)

    return min(family.all_aspects, key=difference)


def snapped(width: int, height: int, family: Family) -> tuple[int, int]:
    """The nearest size the family can make, each side for itself; halves go up."""
    return _snapped_side(width, family), _snapped_side(height, family)


def _size_in_shape(image: tuple[int, int], preset: Preset, family: Family) -> tuple[int, int]:
    nearest = nearest_in_shape(*image, family)
    if preset.width is None or preset.height is None:
        return nearest.width, nearest.height
    scale = sqrt(preset.width * preset.height / (nearest.width * nearest.height))
    return snapped(round(nearest.width * scale), round(nearest.height * scale), family)


def _snapped_side(pixels: int, family: Family) -> int:
    multiple = family.size_multiple
    nearest = (pixels + multiple // 2) // multiple * multiple
    return min(max(nearest, family.min_side), family.max_side)


def _side(field: str, pixels: int, family: Family) -> int:
    multiple = family.size_multiple
    if family.min_side <= pixels <= family.max_side and pixels % multiple == 0:
        return pixels
    below = min(max(pixels // multiple * multiple, family.min_side), family.max_side)
    above = min(max(below + multiple, family.min_side), family.max_side)
    allowed = sorted({below, above})
    raise BadRequest(
        f"The {field} {pixels} does not suit {family.title}: it makes {family.min_side} to "
        f"{family.max_side} pixels in steps of {multiple}. The nearest: "
        f"{' and '.join(str(each) for each in allowed)}.",
        field=field,
        allowed=allowed,
    )
