"""Measures whether the starter model draws what was asked: `python benchmarks/starter_quality.py`.

Fixed prompts and seeds over all five sizes. Tests import the measuring functions from here.
"""

import argparse
import itertools
import random
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.pairs import Result, load_average, report  # noqa: E402  (runs from anywhere)
from training import vocabulary  # noqa: E402
from training.captions import PLAIN, caption  # noqa: E402
from training.measures import (  # noqa: E402
    has_trait,
    measure_background,
    measure_chroma,
    measure_color,
    measure_luminance,
    name_object,
    name_objects,
)
from training.scene import SIZES, Scene, Thing, is_readable  # noqa: E402

__all__ = [
    "Case",
    "cases",
    "has_trait",
    "judge",
    "measure_background",
    "measure_chroma",
    "measure_color",
    "measure_luminance",
    "name_object",
    "name_objects",
    "paint",
    "summary",
]

TARGETS = {
    "object named": 0.75,
    "object colour": 0.9,
    "background": 0.95,
    "style trait": 0.9,
    "night darker than day": 0.95,
}
Row = dict[str, Any]
Shares = dict[str, dict[str, float]]
"""Right answers 0..1 by criterion, then by size or "all"."""


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
    things = itertools.cycle(
        (
            Thing("cat", "orange"),
            Thing("house", "red"),
            Thing("apple", "green"),
            Thing("car", "blue"),
            Thing("fish", "purple"),
        )
    )
    for index, style in enumerate(vocabulary.STYLES):
        yield Case(
            "style",
            Scene((next(things),), background="yellow" if index % 2 else "turquoise", style=style),
            size,
            2000 + index,
        )
        yield Case(
            "style",
            Scene((next(things),), place=vocabulary.PLACES[index % 7], style=style),
            size,
            2100 + index,
        )


def _nights(size: tuple[int, int]) -> Iterable[Case]:
    """Every place by day, then the same at night with the same seed."""
    for index, place in enumerate(vocabulary.PLACES):
        things = (Thing(vocabulary.OBJECTS[index * 3], "red"),) if index % 2 else ()
        for time_of_day in ("day", "night"):
            yield Case(
                time_of_day, Scene(things, place=place, time=time_of_day), size, 3000 + index
            )


def paint(
    pipeline: Any, case_list: Sequence[Case], num_inference_steps: int, guidance_scale: float
) -> list[Image.Image]:
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


def judge(case_list: Sequence[Case], pictures: Sequence[Image.Image]) -> list[Row]:
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
        elif case.kind == "style" and scene.style is not None:
            shown = scene.style if has_trait(picture, scene.style) else "not shown"
            rows.append(_row(case, "style trait", scene.style, shown))
        else:
            darkness[case.kind, case.size, case.seed] = measure_luminance(picture)
    for (kind, size, seed), day in darkness.items():
        if kind == "day" and ("night", size, seed) in darkness:
            seen = "darker" if darkness["night", size, seed] < 0.6 * day else "not darker"
            case = next(c for c in case_list if (c.kind, c.size, c.seed) == ("night", size, seed))
            rows.append(_row(case, "night darker than day", "darker", seen))
    return rows


def summary(rows: Sequence[Row]) -> Shares:
    """The share that is right, per criterion and size; "all" over all sizes."""
    table: Shares = {}
    for criterion in dict.fromkeys(row["criterion"] for row in rows):
        chosen = [row for row in rows if row["criterion"] == criterion]
        sizes = dict.fromkeys(row["size"] for row in chosen)
        table[criterion] = {"all": _share(chosen)} | {
            size: _share([row for row in chosen if row["size"] == size]) for size in sizes
        }
    return table


def _row(case: Case, criterion: str, asked: str | None, seen: str) -> Row:
    size = f"{case.size[0]}x{case.size[1]}"
    facts = {"criterion": criterion, "size": size, "prompt": case.prompt, "seed": case.seed}
    return facts | {"asked": asked, "seen": seen, "right": asked == seen}


def _share(rows: Sequence[Row]) -> float:
    return round(sum(row["right"] for row in rows) / max(1, len(rows)), 4)


def _figures(table: Shares, rows: Sequence[Row], seconds: float) -> dict[str, float | int | str]:
    """The shares by name, what went wrong, and the time."""
    figures: dict[str, float | int | str] = {
        f"{criterion}, {size}": share
        for criterion, shares in table.items()
        for size, share in shares.items()
    }
    wrong = [
        f"{r['criterion']}: {r['prompt']} ({r['size']}): {r['seen']}"
        for r in rows
        if not r["right"]
    ]
    return figures | {"seconds per picture": seconds, "wrong": "; ".join(wrong) or "nothing"}


def _is_met(table: Shares) -> bool:
    """Whether every criterion reaches its target in every size."""
    return all(
        share >= TARGETS[criterion]
        for criterion, shares in table.items()
        for share in shares.values()
    )


def _print_table(table: Shares) -> None:
    columns = list(next(iter(table.values())))
    print(f"{'':24}{'target':>9}" + "".join(f"{column:>9}" for column in columns))
    for criterion, shares in table.items():
        share_texts = "".join(f"{100 * shares[column]:8.0f}%" for column in columns)
        print(f"{criterion:24}{100 * TARGETS[criterion]:8.0f}%{share_texts}")


def _pipeline(options: argparse.Namespace) -> Any:
    import torch
    from diffusers import DPMSolverMultistepScheduler, LCMScheduler, StableDiffusionXLPipeline

    pipeline = StableDiffusionXLPipeline.from_pretrained(options.model, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    other = {"dpmpp_2m": DPMSolverMultistepScheduler, "lcm": LCMScheduler}.get(options.scheduler)
    if other is not None:
        pipeline.scheduler = other.from_config(pipeline.scheduler.config)
    if options.lora:
        pipeline.load_lora_weights(options.lora.parent, weight_name=options.lora.name)
    return pipeline


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "starter")
    parser.add_argument("--scheduler", choices=("euler", "dpmpp_2m", "lcm"), default="euler")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--lora", type=Path, help="a companion to load")
    parser.add_argument("--every", type=int, default=1, help="judge every n-th case only")
    parser.add_argument("--pictures", type=Path, help="a folder for the pictures")
    return parser.parse_args()


def main() -> int:
    """Paint every case, judge, print the table, write JSON; 0 when every target is met."""
    options = _options()
    before = load_average()
    pipeline = _pipeline(options)
    chosen = cases()[:: options.every]
    started = time.perf_counter()
    pictures = paint(pipeline, chosen, options.steps, options.guidance)
    seconds = (time.perf_counter() - started) / len(chosen)
    for index, picture in enumerate(pictures if options.pictures else ()):
        options.pictures.mkdir(parents=True, exist_ok=True)
        picture.save(options.pictures / f"{index:03}.png")
    rows = judge(chosen, pictures)
    table = summary(rows)
    _print_table(table)
    settings = {"scheduler": options.scheduler, "num_inference_steps": options.steps}
    settings |= {"guidance_scale": options.guidance, "pictures": len(chosen)}
    figures = _figures(table, rows, seconds)
    loads = (before, load_average())
    target = "every criterion reaches its target in every size"
    return report(Result("starter_quality", target, _is_met(table), figures, settings, loads))


if __name__ == "__main__":
    sys.exit(main())
