"""Draws scenes and stores their latents: `python -m training.dataset --pictures 18000`.

A data folder holds `scenes.json` and, per size, one safetensors file of latents. With `--shrink 2`
the pictures are halved first: small pictures teach the words four times as fast.
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from training import vocabulary
from training.drawings import draw
from training.scene import SIZE_SHARES, SIZES, Scene, Thing, random_scene
from training.team import Team, run_team
from training.train_vae import to_pixels

Size = tuple[int, int]


@dataclass(frozen=True)
class Bucket:
    """Pictures of one size: what they show, and their latents [n, 4, height / 8, width / 8]."""

    size: Size
    scenes: list[Scene]
    latents: Tensor


@dataclass(frozen=True)
class DataOrder:
    """What to draw and where to put it."""

    vae: Path
    output: Path
    pictures: int
    shrink: int = 1
    seed: int = 7
    styles: Sequence[str] = ()
    """Only these styles, to teach a trained model new ones; none means the usual mix."""


def build(team: Team, order: DataOrder) -> None:
    """Draw and encode this process's share of every size."""
    vae = AutoencoderKL.from_pretrained(order.vae).to(team.device)
    order.output.mkdir(parents=True, exist_ok=True)
    for index, (size, share) in enumerate(zip(SIZES, SIZE_SHARES, strict=True)):
        rng = random.Random(f"{order.seed} {index} {team.rank}")
        count = round(order.pictures * share / team.size)
        scenes = [_scene(order, rng) for _ in range(count)]
        latents = torch.cat(
            [_encoded(vae, scenes[i : i + 8], size, order.shrink) for i in range(0, len(scenes), 8)]
        )
        stem = f"{size[0] // order.shrink}x{size[1] // order.shrink}-{team.rank}"
        save_file({"latents": latents.half()}, order.output / f"{stem}.safetensors")
        (order.output / f"{stem}.json").write_text(json.dumps([asdict(s) for s in scenes]))


def load_buckets(folder: Path) -> list[Bucket]:
    """Everything a data folder holds, one bucket per file."""
    buckets = []
    for path in sorted(folder.glob("*.safetensors")):
        width, height = path.stem.split("-")[0].split("x")
        scenes = [_scene_from(entry) for entry in json.loads(path.with_suffix(".json").read_text())]
        latents = load_file(path)["latents"]
        buckets.append(Bucket((int(width), int(height)), scenes, latents))
    if not buckets:
        raise FileNotFoundError(
            f"no latents in {folder}; make them with python -m training.dataset"
        )
    return buckets


def _scene(order: DataOrder, rng: random.Random) -> Scene:
    scene = random_scene(rng)
    return replace(scene, style=rng.choice(order.styles)) if order.styles else scene


@torch.no_grad()
def _encoded(vae: AutoencoderKL, scenes: list[Scene], size: Size, shrink: int) -> Tensor:
    images = [_shrunk(draw(scene, size), shrink) for scene in scenes]
    pixels = torch.stack([to_pixels(image) for image in images]).to(vae.device)
    return vae.encode(pixels).latent_dist.mean.cpu()


def _shrunk(image: Image.Image, shrink: int) -> Image.Image:
    return image if shrink == 1 else image.reduce(shrink)


def _scene_from(entry: dict[str, Any]) -> Scene:
    things = tuple(Thing(**thing) for thing in entry["things"])
    return Scene(**{**entry, "things": things})


def main() -> None:
    """Read the command line, draw and encode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vae", type=Path, default=Path("training/runs/vae"))
    parser.add_argument("--output", type=Path, default=Path("training/runs/data"))
    parser.add_argument("--pictures", type=int, default=18_000)
    parser.add_argument("--shrink", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--styles", nargs="+", default=(), choices=vocabulary.STYLES)
    parser.add_argument("--processes", type=int, default=2)
    options = vars(parser.parse_args())
    run_team(build, options.pop("processes"), DataOrder(**options))


if __name__ == "__main__":
    main()
