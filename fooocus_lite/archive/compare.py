"""How alike two pictures are, for replay: with both here, or with one's fingerprint only."""

import hashlib
import io
import math
from pathlib import Path

import numpy
from PIL import Image

from ..errors import BadRequest
from ..thinking.link import THUMBNAIL_SIDE, Fingerprint

PNG_SIGN = b"\x89PNG\r\n\x1a\n"


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


def psnr_of_files(one: Path, other: Path) -> float:
    """`psnr` of two picture files; 0 when their sizes differ. Raises BadRequest for no picture."""
    left, right = _pixels_of(one), _pixels_of(other)
    return psnr(left, right) if left.size == right.size else 0.0


def fingerprint_of(file: Path | bytes) -> Fingerprint:
    """What a recipe link says of a picture. Raises BadRequest for no picture.

    The hash is of the pixels, not of the file, so that metadata and compression do not count.
    """
    pixels = _pixels_of(file)
    small = pixels.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX)
    return Fingerprint(
        sha256=hashlib.sha256(pixels.tobytes()).hexdigest() if _is_png(file) else None,
        thumbnail=small.tobytes().hex(),
    )


def thumbnail_difference(one: Fingerprint, other: Fingerprint) -> float:
    """Mean difference of the small colours in per cent of the whole range; 0 to 100."""
    left, right = (
        numpy.frombuffer(bytes.fromhex(each.thumbnail), numpy.uint8).astype(numpy.float64)
        for each in (one, other)
    )
    return float(numpy.mean(numpy.abs(left - right))) / 255 * 100


def _pixels_of(file: Path | bytes) -> Image.Image:
    try:
        opened = io.BytesIO(file) if isinstance(file, bytes) else file
        with Image.open(opened, formats=("PNG", "JPEG", "WEBP")) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        name = file.name if isinstance(file, Path) else "The picture"
        raise BadRequest(f"{name} is not a picture that can be read: {error}.") from None


def _is_png(file: Path | bytes) -> bool:
    """By its first bytes: the only format that we save without losses."""
    if isinstance(file, bytes):
        return file.startswith(PNG_SIGN)
    with file.open("rb") as opened:
        return opened.read(len(PNG_SIGN)) == PNG_SIGN
