"""Paints the model card's grid: fixed prompts, seeds 0, 1, 2 …, nothing picked afterwards."""

import argparse
from pathlib import Path

import torch
from diffusers import StableDiffusionXLPipeline
from PIL import Image

from training.export import EXAMPLES

Size = tuple[int, int]
GAP = 6
ROWS: tuple[tuple[Size, tuple[str, ...]], ...] = (
    ((256, 256), EXAMPLES[:6]),
    (
        (256, 256),
        (
            "a green star on a white background",
            "a pink butterfly",
            "line art, a robot",
            "pop art, a blue cup on a pink background",
            "noir, a white cat",
            "three yellow flowers on a turquoise background",
        ),
    ),
    (
        (240, 160),
        (
            "a red car in the city at night",
            "a white lighthouse by the sea at dawn",
            "sepia, mountains",
            "a gray castle in a storm on a meadow",
            "a blue house in the snow in snowfall",
            "vaporwave, a boat on the sea at sunset",
        ),
    ),
    (
        (160, 240),
        (
            "a turquoise balloon in the mountains",
            "oil painting, a purple tree in a meadow",
            "a green cactus in the desert at sunset",
            "blueprint, a rocket",
            "pastel, a red mushroom in the forest",
            "comic, an orange fish on a blue background",
        ),
    ),
    (
        (240, 160),
        (
            "stained glass, a boat on the sea at sunset",
            "mosaic, a turquoise fish on a yellow background",
            "charcoal, a castle in the mountains",
            "crayon, a red house on a meadow",
            "thermal, an orange cat on a blue background",
            "x-ray, a robot on a white background",
        ),
    ),
    (
        (160, 240),
        (
            "cyanotype, a pink flower on a white background",
            "risograph, a red lighthouse by the sea",
            "linocut, a tree on a meadow",
            "gold leaf, a bird on a blue background",
            "embroidery, a purple butterfly on a white background",
            "night vision, a green cactus in the desert at night",
        ),
    ),
)


def paint_grid(pipeline: StableDiffusionXLPipeline) -> Image.Image:
    """All prompts of `ROWS`, one row below the other."""
    width = max(len(prompts) * (size[0] + GAP) for size, prompts in ROWS) + GAP
    height = sum(size[1] + GAP for size, _ in ROWS) + GAP
    grid = Image.new("RGB", (width, height), (255, 255, 255))
    top, seed = GAP, 0
    for size, prompts in ROWS:
        step = width // len(prompts)
        for column, prompt in enumerate(prompts):
            picture = _painted(pipeline, prompt, size, seed)
            grid.paste(picture, (column * step + (step - size[0]) // 2, top))
            seed += 1
        top += size[1] + GAP
    return grid


def _painted(
    pipeline: StableDiffusionXLPipeline, prompt: str, size: Size, seed: int
) -> Image.Image:
    generator = torch.Generator().manual_seed(seed)
    width, height = size
    picture: Image.Image = pipeline(
        prompt,
        width=width,
        height=height,
        num_inference_steps=20,
        guidance_scale=3.0,
        generator=generator,
    ).images[0]
    return picture


def main() -> None:
    """Read the command line, paint and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/starter"))
    parser.add_argument("--output", type=Path, default=Path("models/starter/grid.jpg"))
    options = parser.parse_args()
    pipeline = StableDiffusionXLPipeline.from_pretrained(options.model, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    paint_grid(pipeline).save(options.output, quality=82)


if __name__ == "__main__":
    main()
