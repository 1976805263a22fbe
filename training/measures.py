"""What can be measured of a picture: colours, background, light, style traits, the object's name.

Looks at pictures alone. On the training drawings each is right at least 97 times in 100.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from training import vocabulary
from training.classifier import classify, load_classifier

CLASSIFIER = Path(__file__).resolve().parent.parent / "benchmarks" / "object_classifier.safetensors"
LUMA = np.array([0.299, 0.587, 0.114])


def measure_color(image: Image.Image) -> str:
    """The colour word of the thing on a plain background.

    White and black count only when nothing else covers a fifth of the thing: eyes, sails and
    wheels have them too.
    """
    pixels = _pixels(image)
    thing = pixels[_distance(pixels, _rim_color(pixels)) > 48]
    if len(thing) == 0:
        return measure_background(image)
    names = list(vocabulary.COLORS)
    palette = np.array([vocabulary.COLORS[name] for name in names], float)
    distances = np.linalg.norm(thing[:, None] - palette, axis=2)
    nearest = distances.argmin(1)[distances.min(1) < 46]
    counts = np.bincount(nearest, minlength=len(names))
    shares = dict(zip(names, counts / max(1, len(nearest)), strict=True))
    colored = {n: s for n, s in shares.items() if n not in ("white", "black") and s > 0.2}
    ranked = colored or shares
    return max(ranked, key=lambda name: ranked[name])


def measure_background(image: Image.Image) -> str:
    """The background word that fits the picture's rim best; "default" for the cream one."""
    palette = {**vocabulary.BACKGROUNDS, "default": vocabulary.DEFAULT_BACKGROUND}
    rim = _rim_color(_pixels(image))
    return min(palette, key=lambda name: float(np.linalg.norm(rim - np.array(palette[name]))))


def measure_luminance(image: Image.Image) -> float:
    """Mean brightness, 0..255."""
    return float((_pixels(image) @ LUMA).mean())


def measure_chroma(image: Image.Image) -> float:
    """Mean distance between a pixel's largest and smallest channel, 0..255."""
    pixels = _pixels(image)
    return float((pixels.max(2) - pixels.min(2)).mean())


def name_object(image: Image.Image, classifier_path: Path = CLASSIFIER) -> str:
    """The object word the classifier gives the picture."""
    return name_objects([image], classifier_path)[0]


def name_objects(images: list[Image.Image], classifier_path: Path = CLASSIFIER) -> list[str]:
    """The object word for each picture."""
    return classify(load_classifier(classifier_path), images)


def has_trait(image: Image.Image, style: str) -> bool:
    """Whether a picture shows what can be measured of a style. Raises KeyError for other words."""
    return TRAITS[style](_pixels(image))


def _is_gray(pixels: np.ndarray) -> bool:
    return float((pixels.max(2) - pixels.min(2)).mean()) < 14


def _luma(pixels: np.ndarray) -> np.ndarray:
    return pixels @ LUMA


def _mean_hue_gap(pixels: np.ndarray, high: int, low: int) -> float:
    return float((pixels[..., high] - pixels[..., low]).mean())


def _rim(pixels: np.ndarray, width: int) -> np.ndarray:
    return np.concatenate(
        [
            part.reshape(-1, 3)
            for part in (pixels[:width], pixels[-width:], pixels[:, :width], pixels[:, -width:])
        ]
    )


def _period(pixels: np.ndarray, wave: tuple[int, int], pitch: int = 16) -> float:
    """Strength of a wave of one pitch in both axes (0 or 1 cycles), in levels."""
    luma = _luma(pixels)
    y, x = np.mgrid[: luma.shape[0], : luma.shape[1]]
    angle = 2j * np.pi * (wave[0] * x + wave[1] * y) / pitch
    return float(abs(((luma - luma.mean()) * np.exp(angle)).mean()))


def _blockiness(pixels: np.ndarray, pitch: int = 16) -> float:
    """Mean step between blocks over mean step inside them."""
    steps = np.abs(np.diff(_luma(pixels), axis=1)).mean(0)
    between = steps[pitch - 1 :: pitch].mean()
    inside = np.delete(steps, np.s_[pitch - 1 :: pitch]).mean()
    return float(between / (inside + 0.05))


def _ink_frame(pixels: np.ndarray) -> bool:
    return (
        float(_luma(_rim(pixels, 6)).mean()) < 60
        and float(_luma(pixels[12:-12, 12:-12]).mean()) > 34
    )


TRAITS: dict[str, Callable[[np.ndarray], bool]] = {
    "watercolor": lambda p: _luma(_rim(p, 5)).mean() > 236 and _luma(p).mean() > 110,
    "pixel art": lambda p: _blockiness(p) > 3,
    "line art": lambda p: _luma(p).mean() > 190 and _is_gray(p),
    "noir": lambda p: _is_gray(p) and _luma(_rim(p, 6)).mean() < 120,
    "neon": lambda p: _luma(p).mean() < 110 and np.percentile(p.max(2), 97) > 110,
    "blueprint": lambda p: _mean_hue_gap(p, 2, 0) > 60,
    "sepia": lambda p: (
        14 < _mean_hue_gap(p, 0, 2) < 80 and (p[..., 0] >= p[..., 2] - 4).mean() > 0.95
    ),
    "pop art": lambda p: _period(p, (1, 0)) + _period(p, (0, 1)) > 3,
    "pastel": lambda p: (
        _luma(p).mean() > 150 and (p.max(2) - p.min(2)).mean() < 60 and p.min() > 80
    ),
    "black and white": lambda p: _is_gray(p),
    "vaporwave": lambda p: (
        (p[..., 2] > p[..., 1] + 4).mean() > 0.55 and _mean_hue_gap(p, 2, 1) > 20
    ),
    "oil painting": lambda p: _texture(p) > 3,
    "comic": _ink_frame,
}
"""For each style a test that its filtered drawings pass and plain ones fail."""


def _texture(pixels: np.ndarray, pitch: int = 16) -> float:
    """Strength of slanted brush strokes, in levels."""
    luma = _luma(pixels)
    smooth = sum(np.roll(luma, (k, k), (0, 1)) for k in range(-pitch // 4, pitch // 4 + 1))
    detail = luma - smooth / (2 * (pitch // 4) + 1)
    return float(np.median(np.abs(detail)))


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), float)


def _rim_color(pixels: np.ndarray) -> np.ndarray:
    return np.median(_rim(pixels, 5), axis=0)


def _distance(pixels: np.ndarray, color: np.ndarray) -> np.ndarray:
    return np.linalg.norm(pixels - color, axis=2)
