"""Looks put together from pieces: blocks, tiles, glass, thread and leaves of gold."""

import numpy as np

from training.pixels import (
    BLOCK,
    Pixels,
    block_means,
    ellipse,
    grid,
    mixed,
    outline,
    saturated,
    thick_outline,
    toned,
    vignette,
    warm_light,
)


def pixel_art(pixels: Pixels) -> Pixels:
    """Square blocks of flat colour."""
    flat = np.round(block_means(pixels) / 17) * 17
    return flat.repeat(BLOCK, 0).repeat(BLOCK, 1)


def mosaic(pixels: Pixels) -> Pixels:
    """Square tiles, lighter and darker by turns, cut along the shapes and set in pale grout."""
    y, x = grid(pixels)
    turn = (x // BLOCK + y // BLOCK) % 2 * 2 - 1
    tiles = (saturated(pixels, 1.3) * (1 + 0.13 * turn[..., None])).clip(0, 255)
    edge = np.minimum(_to_line(x), _to_line(y))
    return mixed(np.array([222, 216, 204]), tiles, np.clip(edge / 2.5, 0.4, 1)[..., None])


def stained_glass(pixels: Pixels) -> Pixels:
    """Glowing panes in a net of lead, brightest in the middle of the window."""
    y, x = grid(pixels)
    pitch = 4 * BLOCK
    across, down = (x + y) % pitch, (x - y) % pitch
    gap = np.minimum(np.minimum(across, pitch - across), np.minimum(down, pitch - down))
    net = np.clip(3.2 - gap, 0, 1)[..., None]
    panes = ((x + y) // pitch + (x - y) // pitch) % 2
    glow = (1.16 - 0.5 * vignette(pixels)) * (0.9 + 0.16 * panes)
    glass = saturated(pixels, 1.7).clip(0, 255) * glow[..., None]
    lead = np.maximum(net, thick_outline(pixels, 30, size=5))
    return mixed(glass, np.array([22, 20, 26]), lead)


def gold_leaf(pixels: Pixels) -> Pixels:
    """Hammered gold with a sheen, laid in square leaves and engraved with dark lines."""
    y, x = grid(pixels)
    sheen = np.sin((x + y) * 2 * np.pi / 128)
    light = np.clip(0.12 + 0.78 * warm_light(pixels) + 0.12 * sheen, 0, 1)
    tones = (
        (0.0, (34, 18, 4)),
        (0.4, (150, 98, 14)),
        (0.75, (232, 182, 44)),
        (1.0, (255, 240, 160)),
    )
    leaf = toned(light, *tones)
    pitch = 4 * BLOCK
    seam = np.clip(2 - np.minimum(x % pitch, y % pitch), 0, 1)[..., None]
    return mixed(leaf - 50 * seam, np.array([58, 28, 6]), outline(pixels, radius=0.9))


def embroidery(pixels: Pixels) -> Pixels:
    """Thick slanted stitches in columns that lean left and right in turn, in a wooden hoop."""
    y, x = grid(pixels)
    column = 2 * BLOCK
    leaning = np.where(x // column % 2 == 0, x % column, column - x % column)
    thread = np.cos((y + leaning) * 2 * np.pi / BLOCK)
    stitched = saturated(pixels, 1.15) * (0.92 + 0.2 * thread[..., None])
    stitched = mixed(stitched, stitched * 0.35, thick_outline(pixels, 34))
    away = ellipse(pixels)
    cloth = mixed(stitched, np.array([238, 230, 214]), np.clip((away - 1) * 40, 0, 1)[..., None])
    hoop = np.clip(4 - np.abs(away - 0.97) * 100, 0, 1)[..., None]
    return mixed(cloth, np.array([176, 120, 66]), hoop)


def _to_line(axis: Pixels) -> Pixels:
    """Distance in pixels to the nearest border between blocks."""
    inside = axis % BLOCK
    return np.minimum(inside, BLOCK - 1 - inside)
