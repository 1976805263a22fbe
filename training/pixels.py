"""Steps that the style filters share: edges, blurs, colours, patterns on the fixed grid.

Images are float arrays [height, width, 3] with values 0..255; masks are [height, width], 0..1.
"""

import numpy as np
from PIL import Image, ImageFilter

BLOCK = 16
"""Edge of a block or tile, and pitch of dots, strokes and grids, in pixels: two latents."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Pixels = np.ndarray
Stop = tuple[float, tuple[float, float, float]]


def luma(pixels: Pixels) -> Pixels:
    """Brightness 0..1 of every pixel; [height, width]."""
    return (pixels @ LUMA).clip(0, 255) / 255


def warm_light(pixels: Pixels, warmth: float = 0.25) -> Pixels:
    """Brightness 0..1 to which warm colours add and cold ones do not; [height, width].

    An orange cat and the blue behind it have the same `luma`: on one scale it would be lost.
    """
    return (luma(pixels) + warmth * (pixels[..., 0] - pixels[..., 2]) / 255).clip(0, 1)


def grid(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """The row and the column of every pixel, two arrays [height, width]."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return y, x


def edges(pixels: Pixels, threshold: float) -> Pixels:
    """1 where neighbouring colours differ by more than the threshold, else 0; [height, width]."""
    across = np.abs(np.diff(pixels, axis=1, append=pixels[:, -1:])).max(2)
    down = np.abs(np.diff(pixels, axis=0, append=pixels[-1:])).max(2)
    return (np.maximum(across, down) > threshold).astype(np.float32)


def filtered(pixels: Pixels, *filters: ImageFilter.Filter) -> Pixels:
    """The image after each of Pillow's filters in turn."""
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    for each in filters:
        image = image.filter(each)
    return np.asarray(image, np.float32)


def widened(mask: Pixels, size: int = 3) -> Pixels:
    """The mask grown by (size - 1) / 2 pixels."""
    image = Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(size))
    return np.asarray(image, np.float32) / 255


def blurred(mask: Pixels, radius: float) -> Pixels:
    """The mask with soft edges."""
    image = Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image, np.float32) / 255


def outline(pixels: Pixels, threshold: float = 26, *, radius: float = 0.7) -> Pixels:
    """Soft lines along the borders of colours, 0..1; [height, width, 1]."""
    return np.clip(blurred(edges(pixels, threshold), radius) * 1.3, 0, 1)[..., None]


def thick_outline(
    pixels: Pixels, threshold: float, *, size: int = 3, radius: float = 0.6
) -> Pixels:
    """Lines `size` pixels wide along the borders of colours, 0..1; [height, width, 1]."""
    return np.clip(blurred(widened(edges(pixels, threshold), size), radius), 0, 1)[..., None]


def saturated(pixels: Pixels, factor: float) -> Pixels:
    """Colours moved away from their gray (factor above 1) or towards it."""
    gray = (pixels @ LUMA)[..., None]
    return gray + (pixels - gray) * factor


def vignette(pixels: Pixels) -> Pixels:
    """0 in the middle, 1 in the corners; [height, width]."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.clip((x**2 + y**2 - 0.5) / 1.5, 0, 1)


def ellipse(pixels: Pixels) -> Pixels:
    """0 in the middle, 1 on the ellipse that touches all four sides; [height, width]."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.hypot(x, y)


def bare_rim(pixels: Pixels) -> Pixels:
    """0 along a wavy rim of bare paper, 1 inside; [height, width, 1]."""
    height, width = pixels.shape[:2]
    y, x = grid(pixels)
    wobble = 2.5 * np.sin(x / 11) + 2.5 * np.sin(y / 13)
    rim = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y)) + wobble
    return np.clip((rim - 11) / 6, 0, 1)[..., None]


def block_means(pixels: Pixels) -> Pixels:
    """The colour in the middle of each block; [height / BLOCK, width / BLOCK, 3]."""
    height, width = pixels.shape[:2]
    blocks = pixels.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    return blocks[:, 4:12, :, 4:12].mean((1, 3))


def toned(values: Pixels, *stops: Stop) -> Pixels:
    """Colours read off a scale of (value, colour) stops; values 0..1 [height, width]."""
    places = [place for place, _ in stops]
    bands = zip(*(color for _, color in stops), strict=True)
    return np.stack([np.interp(values, places, band) for band in bands], -1)


def mixed(under: Pixels, over: Pixels, share: Pixels) -> Pixels:
    """`over` laid on `under` where share is 1, mixed in between."""
    return under + (over - under) * share
