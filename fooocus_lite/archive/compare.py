"""How alike two pictures are, for replay."""

import math
from pathlib import Path

import numpy
from PIL import Image

from ..errors import BadRequest


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Peak signal-to-noise ratio of the RGB pixels in decibels; infinite when they are identical.

    Above 40 dB people see no difference. Raises ValueError for two sizes.
    """
    if one.size != other.size:
        raise ValueError(
            f"A picture of {one.width}x{one.height} cannot be compared with one of "
            f"{other.width}x{other.height}."
        )
    left, right = (numpy.asarray(each.convert("RGB"), dtype=numpy.float64) for each in (one, other))
    error = float(numpy.mean((left - right) ** 2))
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def pixels_equal(one: Image.Image, other: Image.Image) -> bool:
    """Whether both have the same size and the same RGB pixels."""
    return one.size == other.size and psnr(one, other) == math.inf


def psnr_of_files(one: Path, other: Path) -> float:
    """`psnr` of two picture files; 0 when their sizes differ. Raises BadRequest for no picture."""
    left, right = _pixels_of(one), _pixels_of(other)
    return psnr(left, right) if left.size == right.size else 0.0


def _pixels_of(path: Path) -> Image.Image:
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadRequest(f"{path.name} is not a picture that can be read: {error}.") from None
