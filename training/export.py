"""Puts trained parts together into the folder the program ships: `python -m training.export`."""

import argparse
import json
import random
import shutil
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, StableDiffusionXLPipeline
from torch import Tensor

from training import vocabulary
from training.drawings import draw
from training.scene import SIZES, random_scene
from training.starter import load_starter, new_scheduler
from training.train_vae import to_pixels

KEPT = ("README.md", "grid.jpg", "sample.webp", "loras")
"""What a new export takes over from the folder it replaces."""

EXAMPLES = (
    "a red house on a meadow at sunset",
    "a yellow boat on the sea",
    "an orange cat on a blue background",
    "a green rocket in the mountains at night",
    "watercolor, a red apple on a white background",
    "a purple castle in the snow at dawn",
    "pixel art, a pink mushroom in the forest",
    "two blue cups on a yellow background",
    "neon, a red car in the city at night",
    "blueprint, a white lighthouse by the sea",
)
"""Prompts the model draws well; the page shows them as chips."""


def export(parts: Path, vae_folder: Path, output: Path) -> None:
    """Write the pipeline folder in float16 beside `output`, then put it in its place."""
    fresh = output.with_name(output.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    starter = load_starter(parts)
    vae = AutoencoderKL.from_pretrained(vae_folder)
    preview = fitted_preview(vae)
    pipeline = StableDiffusionXLPipeline(
        vae=vae,
        text_encoder=starter.text_encoder,
        text_encoder_2=starter.text_encoder_2,
        tokenizer=starter.tokenizer,
        tokenizer_2=starter.tokenizer,
        unet=starter.unet,
        scheduler=new_scheduler(),
        force_zeros_for_empty_prompt=False,
        add_watermarker=False,
    )
    pipeline.to(torch.float16).save_pretrained(fresh)
    for config in fresh.glob("*/config.json"):
        _forget_where_it_came_from(config)
    _complete_scheduler(fresh / "scheduler" / "scheduler_config.json")
    (fresh / "preview.json").write_text(json.dumps(preview, indent=2) + "\n")
    (fresh / "starter.json").write_text(json.dumps(known_words(), indent=2) + "\n")
    for path in fresh.rglob("*.safetensors"):
        path.chmod(0o644)
    _replace(output, fresh)


def _forget_where_it_came_from(config: Path) -> None:
    """diffusers notes the folder that a part was loaded from, which is nobody else's business."""
    values = json.loads(config.read_text())
    if values.pop("_name_or_path", None) is not None:
        config.write_text(json.dumps(values, indent=2) + "\n")


def known_words() -> dict[str, list[str]]:
    """What the page tells people to try: every word the model knows, and whole prompts."""
    return {
        "objects": list(vocabulary.OBJECTS),
        "colors": list(vocabulary.COLORS),
        "backgrounds": list(vocabulary.BACKGROUNDS),
        "styles": list(vocabulary.STYLES),
        "places": list(vocabulary.PLACES),
        "times": list(vocabulary.TIMES),
        "weather": list(vocabulary.WEATHER),
        "examples": list(EXAMPLES),
    }


@torch.no_grad()
def fitted_preview(vae: AutoencoderKL, *, pictures: int = 60) -> dict[str, list[Any]]:
    """The linear map from a latent to the mean colour (0..1) of its pixels, by least squares."""
    rng = random.Random(5)
    latents, colors = [], []
    for _ in range(pictures):
        pixels = to_pixels(draw(random_scene(rng), rng.choice(SIZES)))[None]
        latents.append(vae.encode(pixels).latent_dist.mean[0].flatten(1).T)
        colors.append(_block_means(pixels))
    inputs = torch.cat(latents)
    inputs = torch.cat([inputs, torch.ones(len(inputs), 1)], 1)
    solution = torch.linalg.lstsq(inputs, torch.cat(colors)).solution
    rounded = [[round(value, 5) for value in row] for row in solution.tolist()]
    return {"factors": rounded[:4], "bias": rounded[4]}


def _block_means(pixels: Tensor) -> Tensor:
    small = torch.nn.functional.avg_pool2d(pixels, 8)[0]
    return (small.flatten(1).T + 1) / 2


def _complete_scheduler(path: Path) -> None:
    """Settings that Euler ignores and DDIM needs: its defaults clip latents to -1..1."""
    settings = json.loads(path.read_text())
    settings |= {"clip_sample": False, "set_alpha_to_one": False}
    path.write_text(json.dumps(settings, indent=2) + "\n")


def _replace(output: Path, fresh: Path) -> None:
    for name in KEPT:
        if (output / name).is_dir():
            shutil.copytree(output / name, fresh / name)
        elif (output / name).exists():
            shutil.copy2(output / name, fresh / name)
    old = output.with_name(output.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if output.exists():
        output.rename(old)
    fresh.rename(output)
    shutil.rmtree(old, ignore_errors=True)


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=Path, default=Path("training/runs/unet"))
    parser.add_argument("--vae", type=Path, default=Path("training/runs/vae"))
    parser.add_argument("--output", type=Path, default=Path("models/starter"))
    options = parser.parse_args()
    export(options.parts, options.vae, options.output)


if __name__ == "__main__":
    main()
