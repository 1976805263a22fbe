"""A picture through the whole engine, against a bare diffusers call, in one process.

Ours: from the submit until the file with its recipe inside is on the disk and recorded, while
somebody watches and gets previews. Bare: `StableDiffusionXLPipeline(...)` with the same weights,
number format, threads, scheduler, steps, size and seed, saving nothing. Both give the same pixels,
or the benchmark says so.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image, ImageChops

from benchmarks import pairs
from benchmarks.at_work import AtWork, Made, at_work, request
from benchmarks.pairs import Cost, Pair, Result
from fooocus_lite.recipe import MadeWith, Recipe

TARGET = 1.05
STARTER = pairs.ROOT / "models" / "starter"
PROMPT = "a red apple on a white background"


def main() -> int:
    """Make pictures in turn, report the ratio."""
    options = _options()
    load = pairs.load_average()
    with at_work() as work:
        asked = request(PROMPT, options.size, options.steps)
        first = work.make(asked)
        found = work.studio.gallery.inspect(first.picture.path)
        if found.recipe is None or found.made_with is None:
            raise RuntimeError("The saved picture has no recipe inside.")
        bare = Bare(found.recipe, found.made_with)
        bare.make()
        made: list[Made] = []
        measured = pairs.interleave(lambda: _ours(work, asked, made), bare.make, options.runs)
        with Image.open(first.picture.path) as ours:
            is_same = ImageChops.difference(ours, bare.image).getbbox() is None
    return pairs.report(_result(options, measured, made, found.made_with, is_same, load))


def _ours(work: AtWork, asked: Any, made: list[Made]) -> Cost:
    made.append(work.make(asked))
    return made[-1].saved


class Bare:
    """diffusers alone, set up as the engine said it was when it made a picture."""

    def __init__(self, recipe: Recipe, made_with: MadeWith) -> None:
        import diffusers
        import torch

        torch.set_num_threads(made_with.threads)
        self._recipe = recipe
        self._pipeline = diffusers.StableDiffusionXLPipeline.from_pretrained(
            STARTER,
            dtype=getattr(torch, made_with.dtype),
            local_files_only=True,
            add_watermarker=False,
        ).to(made_with.device)
        self._pipeline.set_progress_bar_config(disable=True)
        self.image = Image.new("RGB", (recipe.width, recipe.height))

    def make(self) -> Cost:
        """What one picture takes; it is kept as `image`."""
        import torch

        began = Cost(time.perf_counter(), time.process_time())
        self.image = self._pipeline(
            prompt=self._recipe.prompt,
            width=self._recipe.width,
            height=self._recipe.height,
            num_inference_steps=self._recipe.num_inference_steps,
            guidance_scale=self._recipe.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(self._recipe.seed),
        ).images[0]
        return Cost(time.perf_counter() - began.wall_s, time.process_time() - began.cpu_s)


def _result(
    options: argparse.Namespace,
    measured: list[Pair],
    made: list[Made],
    made_with: MadeWith,
    is_same: bool,
    load: float | None,
) -> Result:
    ratio = pairs.ratios(measured)
    return Result(
        benchmark="whole_engine",
        target=f"the whole engine takes at most {TARGET} times a bare diffusers call",
        is_met=ratio.median <= TARGET and is_same,
        figures={
            "ratio": ratio,
            "ratio_of_core_seconds": pairs.ratios(measured, "cpu_s"),
            "ours_s": pairs.spread([pair.ours.wall_s for pair in measured]),
            "bare_s": pairs.spread([pair.theirs.wall_s for pair in measured]),
            "from_saved_to_told_s": pairs.spread(
                [each.told_s - each.saved.wall_s for each in made]
            ),
            "previews_a_picture": pairs.spread([each.previews for each in made]),
            "has_same_pixels": is_same,
        },
        settings={
            "size": options.size,
            "num_inference_steps": options.steps,
            "dtype": made_with.dtype,
            "threads": made_with.threads,
            "scheduler": "euler",
        },
        load_average=(load, pairs.load_average()),
    )


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=15)
    parser.add_argument("--size", type=int, default=256, help="pixels a side (default 256)")
    parser.add_argument("--steps", type=int, default=20, help="inference steps (default 20)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
