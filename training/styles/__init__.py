"""Style filters: each turns a plain drawing into the same drawing in another look.

Deterministic; patterns lie on a fixed grid so that a model can learn them.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image

from training.pixels import Pixels
from training.styles import craft, hand, light, press

FILTERS: dict[str, Callable[[Pixels], Pixels]] = {
    "watercolor": hand.watercolor,
    "pixel art": craft.pixel_art,
    "line art": hand.line_art,
    "noir": light.noir,
    "neon": light.neon,
    "blueprint": press.blueprint,
    "sepia": light.sepia,
    "pop art": press.pop_art,
    "pastel": hand.pastel,
    "black and white": light.black_and_white,
    "vaporwave": light.vaporwave,
    "oil painting": hand.oil_painting,
    "comic": press.comic,
    "stained glass": craft.stained_glass,
    "mosaic": craft.mosaic,
    "charcoal": hand.charcoal,
    "crayon": hand.crayon,
    "thermal": light.thermal,
    "x-ray": light.x_ray,
    "cyanotype": press.cyanotype,
    "risograph": press.risograph,
    "linocut": press.linocut,
    "gold leaf": craft.gold_leaf,
    "embroidery": craft.embroidery,
    "night vision": light.night_vision,
}
"""One filter for every word of `vocabulary.STYLES`."""


def apply_style(image: Image.Image, style: str) -> Image.Image:
    """The image in one of `vocabulary.STYLES`. Raises KeyError for another word."""
    return filtered_by(FILTERS[style], image)


def filtered_by(look: Callable[[Pixels], Pixels], image: Image.Image) -> Image.Image:
    """The image after a filter, as 8-bit RGB again."""
    pixels = look(np.asarray(image, np.float32))
    return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))
