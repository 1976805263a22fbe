"""Looks of cameras, films and lamps: tones, glows and rays."""

import numpy as np
from PIL import ImageFilter

from training.pixels import (
    BLOCK,
    Pixels,
    blurred,
    edges,
    ellipse,
    filtered,
    grid,
    luma,
    saturated,
    toned,
    vignette,
    warm_light,
)


def noir(pixels: Pixels) -> Pixels:
    """Black and white in hard light, dark towards the corners."""
    hard = 1 / (1 + np.exp(-9 * (luma(pixels) - 0.58)))
    return (225 * hard * (1 - 0.75 * vignette(pixels)))[..., None].repeat(3, 2)


def neon(pixels: Pixels) -> Pixels:
    """Glowing outlines in the dark."""
    lines = edges(pixels, 26)
    colors = saturated(filtered(pixels, ImageFilter.MaxFilter(3)), 1.9) * 0.75 + 64
    line = blurred(lines, 0.6)[..., None]
    glow = blurred(lines, 6)[..., None]
    dark = np.array([14, 8, 34]) + pixels * 0.1
    return dark + colors * np.clip(line * 1.25, 0, 1) + colors * glow * 0.9


def sepia(pixels: Pixels) -> Pixels:
    """A brown-toned photograph with faded corners."""
    brown = toned(luma(pixels), (0, (58, 34, 16)), (1, (250, 228, 188)))
    return brown * (1 - 0.3 * vignette(pixels)[..., None])


def black_and_white(pixels: Pixels) -> Pixels:
    """Plain grays."""
    return 255 * luma(pixels)[..., None].repeat(3, 2)


def vaporwave(pixels: Pixels) -> Pixels:
    """Purple shadows, magenta middles, cyan lights."""
    tones = (
        (0, (52, 16, 104)),
        (0.35, (214, 54, 168)),
        (0.65, (255, 150, 206)),
        (1, (130, 245, 250)),
    )
    return toned(luma(pixels), *tones)


def thermal(pixels: Pixels) -> Pixels:
    """What a heat camera sees: blue cold, red warmth, yellow heat, all a little blurred."""
    heat = warm_light(filtered(pixels, ImageFilter.GaussianBlur(2.2)), 0.35)
    tones = (
        (0.0, (10, 10, 96)),
        (0.25, (96, 16, 150)),
        (0.5, (224, 44, 60)),
        (0.75, (252, 150, 20)),
        (0.92, (255, 236, 70)),
        (1.0, (255, 252, 200)),
    )
    return toned(heat, *tones)


def x_ray(pixels: Pixels) -> Pixels:
    """Pale bones on a dark, cold film: tones turned round, edges shining."""
    lines = edges(pixels, 26)
    shine = 0.75 * blurred(lines, 0.8) + 0.9 * blurred(lines, 4)
    body = 0.5 * (1 - luma(pixels)) ** 1.2
    light = np.clip((0.05 + body + shine) * (1 - 0.5 * vignette(pixels)), 0, 1)
    return toned(light, (0, (4, 8, 16)), (0.5, (84, 120, 142)), (1, (226, 246, 255)))


def night_vision(pixels: Pixels) -> Pixels:
    """Bright green through a round eyepiece, with dark lines of the tube."""
    y, _ = grid(pixels)
    opening = np.clip((1.12 - ellipse(pixels)) / 0.2, 0, 1)
    lines = 1 - 0.14 * (1 + np.cos(y * 2 * np.pi / BLOCK)) / 2
    light = (0.12 + 0.88 * warm_light(pixels)) * lines * opening
    return toned(light, (0, (2, 12, 4)), (0.5, (30, 150, 44)), (1, (190, 255, 170)))
