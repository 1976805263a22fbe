"""What can be measured of a picture: colours, background, light, the object's name.

Looks at pictures alone; `style_measure.py` needs the scene too. On the training drawings each is
right at least 97 times in 100.
"""

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


def rim(pixels: np.ndarray, width: int) -> np.ndarray:
    """The pixels within `width` of any side; [n, 3]."""
    return np.concatenate(
        [
            part.reshape(-1, 3)
            for part in (pixels[:width], pixels[-width:], pixels[:, :width], pixels[:, -width:])
        ]
    )


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), float)


def _rim_color(pixels: np.ndarray) -> np.ndarray:
    return np.median(rim(pixels, 5), axis=0)


def _distance(pixels: np.ndarray, color: np.ndarray) -> np.ndarray:
    return np.linalg.norm(pixels - color, axis=2)
