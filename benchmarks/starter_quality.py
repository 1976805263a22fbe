"""Measures whether the starter model draws what was asked: `python benchmarks/starter_quality.py`.

Fixed prompts and seeds over all five sizes, in the starter's own words, in the words of the style
cards, or gone over by Enhance (`--wording`). Tests import `paint` and `judge` from here.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.pairs import Result, load_average, report  # noqa: E402  (runs from anywhere)
from benchmarks.starter_cases import Case, Wording, cases  # noqa: E402
from fooocus_lite.settings import load  # noqa: E402
from fooocus_lite.studio import Studio  # noqa: E402
from fooocus_lite.thinking.families import FAMILIES  # noqa: E402
from training.measures import (  # noqa: E402
    measure_background,
    measure_color,
    measure_luminance,
    name_objects,
)
from training.style_measure import name_style  # noqa: E402

TARGETS = {
    "object named": 0.75,
    "object colour": 0.9,
    "background": 0.95,
    "style named": 0.9,
    "night darker than day": 0.95,
}
Row = dict[str, Any]
Shares = dict[str, dict[str, float]]
"""Right answers 0..1 by criterion, then by size or "all"."""


def paint(
    pipeline: Any,
    case_list: Sequence[Case],
    num_inference_steps: int,
    guidance_scale: float,
    wording: Wording = "plain",
) -> list[Image.Image]:
    """One picture per case, from its own seed, its words written and encoded by the program."""
    import torch

    from fooocus_lite.engine.conditions import Conditions

    conditions = Conditions(pipeline, FAMILIES["starter"])
    conditions.prepare({}, None)
    pictures = []
    with tempfile.TemporaryDirectory() as home:
        studio = Studio(load({"home": Path(home)}))
        for case in case_list:
            recipe = studio.orders.plan(case.request(wording, studio.stock.styles))[0]
            recipe = recipe.model_copy(update={"guidance_scale": guidance_scale})
            result = pipeline(
                **conditions.arguments(recipe),
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
            rows.append(_row(case, "style named", scene.style, name_style(picture, scene)))
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
    parser.add_argument("--wording", choices=get_args(Wording), default="plain")
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
    pictures = paint(pipeline, chosen, options.steps, options.guidance, options.wording)
    seconds = (time.perf_counter() - started) / len(chosen)
    for index, picture in enumerate(pictures if options.pictures else ()):
        options.pictures.mkdir(parents=True, exist_ok=True)
        picture.save(options.pictures / f"{index:03}.png")
    rows = judge(chosen, pictures)
    table = summary(rows)
    _print_table(table)
    settings = {"scheduler": options.scheduler, "num_inference_steps": options.steps}
    settings |= {"guidance_scale": options.guidance, "pictures": len(chosen)}
    settings |= {"wording": options.wording}
    figures = _figures(table, rows, seconds)
    loads = (before, load_average())
    target = "every criterion reaches its target in every size"
    name = "starter_quality" if options.wording == "plain" else f"starter_{options.wording}"
    return report(Result(name, target, _is_met(table), figures, settings, loads))


if __name__ == "__main__":
    sys.exit(main())
