"""Which style a picture is in: the one whose drawing of the same scene it resembles most.

Compares light, colour and texture, not places, so a thing drawn elsewhere does not matter.
"""

import functools
from dataclasses import replace

import numpy as np
from PIL import Image

from training import vocabulary
from training.drawings import draw
from training.pixels import BLOCK, LUMA
from training.scene import Scene
from training.styles import apply_style

PLAIN = "plain"


def name_style(picture: Image.Image, scene: Scene) -> str:
    """The style word, or "plain", whose drawing of the scene is nearest to the picture."""
    names, known = _drawn_features(replace(scene, style=None), picture.size)
    spread = known.std(0) + 0.02
    distances = np.abs((known - style_features(picture)) / spread).mean(1)
    return names[int(distances.argmin())]


def style_features(image: Image.Image) -> np.ndarray:
    """Some fifty numbers about 0..1: tones, colours of rim and corners, lines, blocks, waves."""
    pixels = np.asarray(image.convert("RGB"), np.float64) / 255
    light = pixels @ LUMA
    chroma = pixels.max(2) - pixels.min(2)
    steps = np.abs(np.diff(light, axis=1)), np.abs(np.diff(light, axis=0))
    corners = (pixels[::y, ::x][:BLOCK, :BLOCK] for y in (1, -1) for x in (1, -1))
    parts = [
        np.quantile(pixels, (0.1, 0.3, 0.5, 0.7, 0.9), axis=(0, 1)).ravel(),
        [chroma.mean(), chroma.std(), light.std()],
        [8 * step.mean() for step in steps],
        [2 * np.quantile(step, 0.9) for step in steps],
        [_on_borders(step) for step in (steps[0].mean(0), steps[1].mean(1))],
        _waves(light),
        *(pixels[_rim(light.shape) == ring].mean(0) for ring in range(3)),
        *(corner.mean((0, 1)) for corner in corners),
    ]
    return np.concatenate(parts)


def _rim(shape: tuple[int, ...]) -> np.ndarray:
    """Which of the rings of 6 pixels each pixel lies in, counted from the outside."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.minimum(np.minimum(x, shape[1] - 1 - x), np.minimum(y, shape[0] - 1 - y)) // 6


def _on_borders(steps: np.ndarray) -> float:
    """The share of all change along an axis that falls on the borders between blocks."""
    near = sum(steps[BLOCK + shift :: BLOCK].sum() for shift in (-2, -1, 0))
    return float(near / (steps[BLOCK - 2 :].sum() + 1e-6))


def _waves(light: np.ndarray) -> list[float]:
    """How strongly the light swings at the pitches that filters use, in four directions."""
    detail = light - light.mean()
    y, x = np.mgrid[: light.shape[0], : light.shape[1]]
    return [
        min(0.2, float(np.abs((detail * np.exp(2j * np.pi * (i * x + j * y) / pitch)).mean()))) * 10
        for pitch in (BLOCK, 2 * BLOCK)
        for i, j in ((1, 0), (0, 1), (1, 1), (1, -1))
    ]


@functools.lru_cache(maxsize=64)
def _drawn_features(scene: Scene, size: tuple[int, int]) -> tuple[list[str], np.ndarray]:
    plain = draw(scene, size)
    drawings = {PLAIN: plain} | {style: apply_style(plain, style) for style in vocabulary.STYLES}
    return list(drawings), np.stack([style_features(image) for image in drawings.values()])
