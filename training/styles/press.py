"""Printed looks: screens, inks, carved blocks and blue paper."""

import numpy as np

from training.pixels import (
    BLOCK,
    Pixels,
    bare_rim,
    blurred,
    grid,
    luma,
    mixed,
    outline,
    saturated,
    thick_outline,
    toned,
    warm_light,
)


def blueprint(pixels: Pixels) -> Pixels:
    """Pale lines on blue paper with a grid."""
    paper = np.broadcast_to(np.array([26, 70, 150], np.float32), pixels.shape).copy()
    paper[:: 2 * BLOCK] += 26
    paper[:, :: 2 * BLOCK] += 26
    return mixed(paper, np.array([232, 242, 255]), outline(pixels))


def pop_art(pixels: Pixels) -> Pixels:
    """Loud flat colours, thick outlines and a screen of dots."""
    loud = np.round(saturated(pixels, 1.7).clip(0, 255) / 51) * 51
    y, x = (axis % BLOCK - (BLOCK - 1) / 2 for axis in grid(pixels))
    dots = np.clip(5.2 - np.hypot(x, y), 0, 1)[..., None]
    dotted = mixed(loud, np.where(loud.mean(2, keepdims=True) > 150, 0.72, 1.5) * loud, dots)
    return mixed(dotted.clip(0, 255), np.array([12, 12, 12]), thick_outline(pixels, 40, radius=0.7))


def comic(pixels: Pixels) -> Pixels:
    """Thick ink outlines inside a black panel frame."""
    ink = np.array([16, 16, 16])
    drawn = mixed(saturated(pixels, 1.25).clip(0, 255), ink, thick_outline(pixels, 34))
    drawn[:8], drawn[-8:], drawn[:, :8], drawn[:, -8:] = ink, ink, ink, ink
    return drawn


def cyanotype(pixels: Pixels) -> Pixels:
    """A photograph in Prussian blue, its paper brushed up to a ragged rim.

    The real paper sees blue light alone; here cold colours come out lighter than warm ones.
    """
    tones = ((0.0, (10, 34, 78)), (0.5, (62, 116, 164)), (1.0, (236, 242, 244)))
    blue = toned(warm_light(pixels, -0.2) ** 1.2, *tones)
    return mixed(np.array([246, 243, 232]), blue, bare_rim(pixels))


def risograph(pixels: Pixels) -> Pixels:
    """Two inks, orange and teal, a little out of register on cream paper."""
    red, _, blue = np.moveaxis(pixels / 255, 2, 0)
    dark = 1 - luma(pixels)
    orange = np.clip(0.35 * dark + 1.1 * (red - blue), 0, 1)[..., None]
    teal = np.clip(0.75 * dark + 0.9 * (blue - red), 0, 1)[..., None]
    teal = np.roll(teal, (4, 4), (0, 1))
    paper = np.array([248, 242, 226])
    printed = paper * mixed(np.ones(3), np.array([1.0, 0.43, 0.28]), orange)
    return printed * mixed(np.ones(3), np.array([0.0, 0.55, 0.54]), teal)


def linocut(pixels: Pixels) -> Pixels:
    """Black ink on cream paper: tones carved as grooves, lines cut into black and left in white."""
    y, x = grid(pixels)
    grooves = np.sin(y * 2 * np.pi / BLOCK + 0.9 * np.sin(x * 2 * np.pi / 64))
    light = warm_light(pixels, 0.35)
    ink = np.clip((0.56 - light + 0.14 * grooves) * 5, 0, 1)[..., None]
    line = thick_outline(pixels, 40, size=5, radius=0.8)
    is_dark = np.clip((0.56 - blurred(light, 6)) * 8 + 0.5, 0, 1)[..., None]
    carved = mixed(ink, 1 - is_dark, line)
    return mixed(np.array([244, 236, 214]), np.array([26, 22, 26]), carved)
