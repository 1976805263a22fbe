"""Style filters: each turns a plain drawing into the same drawing in another look.

Deterministic; patterns lie on a fixed grid so that a model can learn them. Images are float arrays
[height, width, 3] with values 0..255 between the filters.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

BLOCK = 16
"""Edge of a pixel-art block, and pitch of the dots and grids, in pixels."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Pixels = np.ndarray


def apply_style(image: Image.Image, style: str) -> Image.Image:
    """The image in one of `vocabulary.STYLES`. Raises KeyError for another word."""
    pixels = FILTERS[style](np.asarray(image, np.float32))
    return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))


def watercolor(pixels: Pixels) -> Pixels:
    """Thin colours that gather at their edges, on paper with a bare rim."""
    soft = _filtered(pixels, ImageFilter.ModeFilter(5), ImageFilter.GaussianBlur(1.2))
    wash = 255 - (255 - _saturated(soft, 1.05)) * 0.66
    pooled = wash - 60 * _blurred(_edges(pixels, 30), 1.0)[..., None]
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    wobble = 2.5 * np.sin(x / 11) + 2.5 * np.sin(y / 13)
    rim = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y)) + wobble
    cover = np.clip((rim - 11) / 6, 0, 1)[..., None]
    return pooled * cover + np.array([253, 250, 242]) * (1 - cover)


def pixel_art(pixels: Pixels) -> Pixels:
    """Square blocks of flat colour."""
    height, width = pixels.shape[:2]
    blocks = pixels.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    core = blocks[:, 4:12, :, 4:12].mean((1, 3))
    flat = np.round(core / 17) * 17
    return flat.repeat(BLOCK, 0).repeat(BLOCK, 1)


def line_art(pixels: Pixels) -> Pixels:
    """Black outlines on white paper."""
    ink = _blurred(_edges(pixels, 26), 0.7)[..., None]
    return 255 - 235 * np.clip(ink * 1.3, 0, 1).repeat(3, 2)


def noir(pixels: Pixels) -> Pixels:
    """Black and white in hard light, dark towards the corners."""
    luma = (pixels @ LUMA) / 255
    hard = 1 / (1 + np.exp(-9 * (luma - 0.58)))
    return (225 * hard * (1 - 0.75 * _vignette(pixels)))[..., None].repeat(3, 2)


def neon(pixels: Pixels) -> Pixels:
    """Glowing outlines in the dark."""
    edges = _edges(pixels, 26)
    colors = _saturated(_filtered(pixels, ImageFilter.MaxFilter(3)), 1.9) * 0.75 + 64
    line = _blurred(edges, 0.6)[..., None]
    glow = _blurred(edges, 6)[..., None]
    dark = np.array([14, 8, 34]) + pixels * 0.1
    return dark + colors * np.clip(line * 1.25, 0, 1) + colors * glow * 0.9


def blueprint(pixels: Pixels) -> Pixels:
    """Pale lines on blue paper with a grid."""
    paper = np.broadcast_to(np.array([26, 70, 150], np.float32), pixels.shape).copy()
    paper[:: 2 * BLOCK] += 26
    paper[:, :: 2 * BLOCK] += 26
    ink = np.clip(_blurred(_edges(pixels, 26), 0.7) * 1.3, 0, 1)[..., None]
    return paper + (np.array([232, 242, 255]) - paper) * ink


def sepia(pixels: Pixels) -> Pixels:
    """A brown-toned photograph with faded corners."""
    luma = (pixels @ LUMA)[..., None] / 255
    dark, light = np.array([58, 34, 16]), np.array([250, 228, 188])
    return (dark + (light - dark) * luma) * (1 - 0.3 * _vignette(pixels)[..., None])


def pop_art(pixels: Pixels) -> Pixels:
    """Loud flat colours, thick outlines and a screen of dots."""
    loud = np.round(_saturated(pixels, 1.7).clip(0, 255) / 51) * 51
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width] % BLOCK - (BLOCK - 1) / 2
    dots = np.clip(5.2 - np.hypot(x, y), 0, 1)[..., None]
    dotted = loud + (np.where(loud.mean(2, keepdims=True) > 150, 0.72, 1.5) * loud - loud) * dots
    ink = np.clip(_blurred(_filtered_mask(_edges(pixels, 40)), 0.7), 0, 1)[..., None]
    return dotted.clip(0, 255) * (1 - ink) + 12 * ink


def pastel(pixels: Pixels) -> Pixels:
    """Pale, milky colours."""
    return _saturated(pixels, 0.75) * 0.42 + np.array([255, 248, 250]) * 0.58


def black_and_white(pixels: Pixels) -> Pixels:
    """Plain grays."""
    return (pixels @ LUMA)[..., None].repeat(3, 2)


def vaporwave(pixels: Pixels) -> Pixels:
    """Purple shadows, magenta middles, cyan lights."""
    luma = (pixels @ LUMA) / 255
    stops = (0, 0.35, 0.65, 1)
    bands = ((52, 214, 255, 130), (16, 54, 150, 245), (104, 168, 206, 250))
    return np.stack([np.interp(luma, stops, band) for band in bands], -1)


def oil_painting(pixels: Pixels) -> Pixels:
    """Smeared patches under slanted brush strokes."""
    smeared = _filtered(pixels, ImageFilter.ModeFilter(7), ImageFilter.GaussianBlur(0.8))
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    strokes = np.sin((x + y) * 2 * np.pi / BLOCK + 1.5 * np.sin((x - y) * 2 * np.pi / 64))
    return _saturated(smeared, 1.15) * (1 + 0.13 * strokes[..., None]) + 5 * strokes[..., None]


def comic(pixels: Pixels) -> Pixels:
    """Thick ink outlines inside a black panel frame."""
    ink = np.clip(_blurred(_filtered_mask(_edges(pixels, 34)), 0.6), 0, 1)[..., None]
    drawn = _saturated(pixels, 1.25).clip(0, 255) * (1 - ink) + 16 * ink
    drawn[:8], drawn[-8:], drawn[:, :8], drawn[:, -8:] = 16, 16, 16, 16
    return drawn


def chalkboard(pixels: Pixels) -> Pixels:
    """Coloured chalk on a green blackboard; the style LoRA's look, unknown to the base model."""
    lines = np.clip(_blurred(_edges(pixels, 26), 0.9) * 1.4, 0, 1)[..., None]
    chalk = 255 - (255 - _saturated(pixels, 1.2)) * 0.45
    board = np.array([34, 66, 54], np.float32)
    rubbed = board + (chalk - board) * 0.22
    return rubbed + (np.maximum(chalk, 190) - rubbed) * lines


FILTERS: dict[str, Callable[[Pixels], Pixels]] = {
    "watercolor": watercolor,
    "pixel art": pixel_art,
    "line art": line_art,
    "noir": noir,
    "neon": neon,
    "blueprint": blueprint,
    "sepia": sepia,
    "pop art": pop_art,
    "pastel": pastel,
    "black and white": black_and_white,
    "vaporwave": vaporwave,
    "oil painting": oil_painting,
    "comic": comic,
}


def _edges(pixels: Pixels, threshold: float) -> Pixels:
    """1 where neighbouring colours differ by more than the threshold, else 0; [height, width]."""
    across = np.abs(np.diff(pixels, axis=1, append=pixels[:, -1:])).max(2)
    down = np.abs(np.diff(pixels, axis=0, append=pixels[-1:])).max(2)
    return (np.maximum(across, down) > threshold).astype(np.float32)


def _filtered(pixels: Pixels, *filters: ImageFilter.Filter) -> Pixels:
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    for each in filters:
        image = image.filter(each)
    return np.asarray(image, np.float32)


def _filtered_mask(mask: Pixels) -> Pixels:
    image = Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    return np.asarray(image, np.float32) / 255


def _blurred(mask: Pixels, radius: float) -> Pixels:
    image = Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image, np.float32) / 255


def _saturated(pixels: Pixels, factor: float) -> Pixels:
    gray = (pixels @ LUMA)[..., None]
    return gray + (pixels - gray) * factor


def _vignette(pixels: Pixels) -> Pixels:
    """0 in the middle, 1 in the corners; [height, width]."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.clip((x**2 + y**2 - 0.5) / 1.5, 0, 1)
