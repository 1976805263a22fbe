"""Looks drawn or painted by hand: brushes, pens, chalk and coal."""

import numpy as np
from PIL import ImageFilter

from training.pixels import (
    BLOCK,
    Pixels,
    bare_rim,
    blurred,
    edges,
    filtered,
    grid,
    luma,
    mixed,
    outline,
    saturated,
    thick_outline,
)


def watercolor(pixels: Pixels) -> Pixels:
    """Thin colours that gather at their edges, on paper with a bare rim."""
    soft = filtered(pixels, ImageFilter.ModeFilter(5), ImageFilter.GaussianBlur(1.2))
    wash = 255 - (255 - saturated(soft, 1.05)) * 0.66
    pooled = wash - 60 * blurred(edges(pixels, 30), 1.0)[..., None]
    return mixed(np.array([253, 250, 242]), pooled, bare_rim(pixels))


def oil_painting(pixels: Pixels) -> Pixels:
    """Smeared patches under slanted brush strokes."""
    smeared = filtered(pixels, ImageFilter.ModeFilter(7), ImageFilter.GaussianBlur(0.8))
    y, x = grid(pixels)
    strokes = np.sin((x + y) * 2 * np.pi / BLOCK + 1.5 * np.sin((x - y) * 2 * np.pi / 64))
    return saturated(smeared, 1.15) * (1 + 0.13 * strokes[..., None]) + 5 * strokes[..., None]


def pastel(pixels: Pixels) -> Pixels:
    """Pale, milky colours."""
    return saturated(pixels, 0.75) * 0.42 + np.array([255, 248, 250]) * 0.58


def line_art(pixels: Pixels) -> Pixels:
    """Black outlines on white paper."""
    return 255 - 235 * outline(pixels).repeat(3, 2)


def charcoal(pixels: Pixels) -> Pixels:
    """Broad sooty strokes, slanted and smudged, on gray paper."""
    y, x = grid(pixels)
    hatching = 0.5 + 0.5 * np.sin((x + y) * 2 * np.pi / BLOCK)
    tone = blurred(1 - luma(pixels), 1.5)
    soot = 0.25 * tone + 0.75 * tone * hatching
    line = thick_outline(pixels, 30, size=5, radius=1.6)[..., 0]
    cover = np.clip(1.1 * np.maximum(soot, line), 0, 1)[..., None]
    return mixed(np.array([208, 203, 196]), np.array([30, 28, 30]), cover)


def crayon(pixels: Pixels) -> Pixels:
    """Waxy strokes that leave paper between them, edged in a darker crayon."""
    y, x = grid(pixels)
    stroke = np.sin((x - y) * np.pi / BLOCK + 0.8 * np.sin(x * 2 * np.pi / 128))
    wax = np.clip(0.8 + 0.34 * stroke, 0.46, 1)[..., None]
    bright = saturated(pixels, 1.35).clip(0, 255)
    line = thick_outline(pixels, 30, size=5, radius=0.9)
    drawn = mixed(np.array([255, 253, 246]), bright, wax)
    return mixed(drawn, bright * 0.45, 0.9 * line)


def chalkboard(pixels: Pixels) -> Pixels:
    """Coloured chalk on a green blackboard; the style LoRA's look, unknown to the base model."""
    lines = np.clip(blurred(edges(pixels, 26), 0.9) * 1.4, 0, 1)[..., None]
    chalk = 255 - (255 - saturated(pixels, 1.2)) * 0.45
    board = np.array([34, 66, 54], np.float32)
    rubbed = board + (chalk - board) * 0.22
    return mixed(rubbed, np.maximum(chalk, 190), lines)
