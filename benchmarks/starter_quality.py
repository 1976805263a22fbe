"""Measures the starter model: `python benchmarks/starter_quality.py --json quality.json`.

Fixed prompts and seeds over all five sizes. The measuring functions look at pictures alone, so
tests use them as well; on the training drawings each is right at least 97 times in 100.
"""

import argparse
import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from training import vocabulary  # noqa: E402  (the script runs from anywhere)
from training.captions import PLAIN, caption  # noqa: E402
from training.scene import SIZES, Scene, Thing, is_readable  # noqa: E402

CLASSIFIER = ROOT / "benchmarks" / "object_classifier.safetensors"
LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class Case:
    """One picture to judge."""

    kind: str
    scene: Scene
    size: tuple[int, int]
    seed: int

    @property
    def prompt(self) -> str:
        return caption(self.scene, random.Random(0), PLAIN)


def cases() -> list[Case]:
    """The fixed list: objects, styles, then day and night of the same place; every size alike."""
    return [case for size in SIZES for case in (*_objects(size), *_styles(size), *_nights(size))]


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
    shares = dict(zip(names, np.bincount(nearest, minlength=len(names)) / max(1, len(nearest))))
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
    from training.classifier import classify, load_classifier

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
        [part.reshape(-1, 3) for part in (pixels[:width], pixels[-width:], pixels[:, :width], pixels[:, -width:])]
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
    return float(_luma(_rim(pixels, 6)).mean()) < 60 and float(_luma(pixels[12:-12, 12:-12]).mean()) > 34


TRAITS: dict[str, Callable[[np.ndarray], bool]] = {
    "watercolor": lambda p: _luma(_rim(p, 5)).mean() > 236 and _luma(p).mean() > 110,
    "pixel art": lambda p: _blockiness(p) > 3,
    "line art": lambda p: _luma(p).mean() > 190 and _is_gray(p),
    "noir": lambda p: _is_gray(p) and _luma(_rim(p, 6)).mean() < 120,
    "neon": lambda p: _luma(p).mean() < 110 and np.percentile(p.max(2), 97) > 110,
    "blueprint": lambda p: _mean_hue_gap(p, 2, 0) > 60,
    "sepia": lambda p: 14 < _mean_hue_gap(p, 0, 2) < 80 and (p[..., 0] >= p[..., 2] - 4).mean() > 0.95,
    "pop art": lambda p: _period(p, (1, 0)) + _period(p, (0, 1)) > 3,
    "pastel": lambda p: _luma(p).mean() > 150 and (p.max(2) - p.min(2)).mean() < 60 and p.min() > 80,
    "black and white": lambda p: _is_gray(p),
    "vaporwave": lambda p: (p[..., 2] > p[..., 1] + 4).mean() > 0.55 and _mean_hue_gap(p, 2, 1) > 20,
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


def _objects(size: tuple[int, int]) -> Iterable[Case]:
    """Every object once per size, colours and backgrounds in turn."""
    colors, backgrounds = list(vocabulary.COLORS), list(vocabulary.BACKGROUNDS)
    start = SIZES.index(size)
    for index, word in enumerate(vocabulary.OBJECTS):
        color = colors[(index * 5 + start * 7) % 12]
        turn = (backgrounds[(index * 7 + start + k) % 12] for k in range(12))
        background = next(name for name in turn if is_readable(color, name))
        scene = Scene((Thing(word, color),), background=background)
        yield Case("object", scene, size, 1000 + index)


def _styles(size: tuple[int, int]) -> Iterable[Case]:
    """Every style with one thing on a background and one thing in a place."""
    things = itertools.cycle((Thing("cat", "orange"), Thing("house", "red"), Thing("apple", "green"), Thing("car", "blue"), Thing("fish", "purple")))
    for index, style in enumerate(vocabulary.STYLES):
        yield Case("style", Scene((next(things),), background="yellow" if index % 2 else "white", style=style), size, 2000 + index)
        yield Case("style", Scene((next(things),), place=vocabulary.PLACES[index % 7], style=style), size, 2100 + index)


def _nights(size: tuple[int, int]) -> Iterable[Case]:
    """Every place by day, then the same at night with the same seed."""
    for index, place in enumerate(vocabulary.PLACES):
        things = (Thing(vocabulary.OBJECTS[index * 3], "red"),) if index % 2 else ()
        for time_of_day in ("day", "night"):
            yield Case(time_of_day, Scene(things, place=place, time=time_of_day), size, 3000 + index)


def paint(pipeline, case_list: Sequence[Case], num_inference_steps: int, guidance_scale: float) -> list[Image.Image]:
    """One picture per case, each from its own seed."""
    import torch

    pictures = []
    for case in case_list:
        result = pipeline(
            case.prompt,
            width=case.size[0],
            height=case.size[1],
            num_inference_steps=num_inference_steps,
            guidance_scale=guidance_scale,
            generator=torch.Generator().manual_seed(case.seed),
        )
        pictures.append(result.images[0])
    return pictures


def judge(case_list: Sequence[Case], pictures: Sequence[Image.Image]) -> list[dict]:
    """One row per criterion and picture: what was asked, what was seen, whether it is right."""
    rows = []
    names = name_objects(list(pictures))
    darkness = {}
    for case, picture, name in zip(case_list, pictures, names, strict=True):
        scene = case.scene
        if case.kind == "object":
            rows.append(_row(case, "object named", scene.things[0].object, name))
            rows.append(_row(case, "object colour", scene.things[0].color, measure_color(picture)))
            rows.append(_row(case, "background", scene.background, measure_background(picture)))
        elif case.kind == "style":
            shown = scene.style if has_trait(picture, scene.style) else "not shown"
            rows.append(_row(case, "style trait", scene.style, shown))
        else:
            darkness[case.kind, case.size, case.seed] = measure_luminance(picture)
    for (kind, size, seed), day in darkness.items():
        if kind == "day":
            seen = "darker" if darkness["night", size, seed] < 0.6 * day else "not darker"
            case = next(c for c in case_list if (c.kind, c.size, c.seed) == ("night", size, seed))
            rows.append(_row(case, "night darker than day", "darker", seen))
    return rows


def summary(rows: Sequence[dict]) -> dict[str, dict[str, float]]:
    """The share that is right, per criterion and size; "all" over all sizes."""
    table: dict[str, dict[str, float]] = {}
    for criterion in dict.fromkeys(row["criterion"] for row in rows):
        chosen = [row for row in rows if row["criterion"] == criterion]
        sizes = dict.fromkeys(row["size"] for row in chosen)
        table[criterion] = {"all": _share(chosen)} | {
            size: _share([row for row in chosen if row["size"] == size]) for size in sizes
        }
    return table


def _row(case: Case, criterion: str, asked: str | None, seen: str) -> dict:
    size = f"{case.size[0]}x{case.size[1]}"
    facts = {"criterion": criterion, "size": size, "prompt": case.prompt, "seed": case.seed}
    return facts | {"asked": asked, "seen": seen, "right": asked == seen}


def _share(rows: Sequence[dict]) -> float:
    return round(sum(row["right"] for row in rows) / max(1, len(rows)), 4)


def _print_table(table: dict[str, dict[str, float]]) -> None:
    columns = list(next(iter(table.values())))
    print(f"{'':24}" + "".join(f"{column:>9}" for column in columns))
    for criterion, shares in table.items():
        print(f"{criterion:24}" + "".join(f"{100 * shares[c]:8.0f}%" for c in columns))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "starter")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--every", type=int, default=1, help="judge every n-th case only")
    parser.add_argument("--json", type=Path, help="where the figures and all rows go")
    parser.add_argument("--pictures", type=Path, help="a folder for the pictures")
    return parser.parse_args()


def main() -> None:
    """Paint every case, judge, print the table, write JSON."""
    import torch
    from diffusers import StableDiffusionXLPipeline

    options = _options()
    pipeline = StableDiffusionXLPipeline.from_pretrained(options.model, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    chosen = cases()[:: options.every]
    started = time.perf_counter()
    pictures = paint(pipeline, chosen, options.steps, options.guidance)
    seconds = (time.perf_counter() - started) / len(chosen)
    rows = judge(chosen, pictures)
    table = summary(rows)
    _print_table(table)
    print(f"{len(chosen)} pictures, {seconds:.2f} s each")
    if options.json:
        report = {"seconds_per_picture": round(seconds, 3), "summary": table, "rows": rows}
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    for index, picture in enumerate(pictures if options.pictures else ()):
        options.pictures.mkdir(parents=True, exist_ok=True)
        picture.save(options.pictures / f"{index:03}.png")


if __name__ == "__main__":
    main()
