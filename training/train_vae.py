"""Trains the picture codec: `python -m training.train_vae --minutes 8`.

With `--decoder-only` the latents stay as they are, so a trained UNet stays right.
"""

import argparse
import logging
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from PIL import Image
from torch import Tensor
from torch.nn import functional

from training.drawings import draw
from training.optimizer import MuonAdamW, learning_rate_at, split_parameters
from training.scene import SIZES, random_scene, random_size
from training.team import Team, run_team
from training.vae import new_vae, whiten

log = logging.getLogger(__name__)
CROP = 128


@dataclass(frozen=True)
class VaeRun:
    """What a run of the codec's trainer needs to know."""

    output: Path
    start: Path | None
    minutes: float
    batch: int = 8
    learning_rate: float = 3e-3
    noise: float = 0.06
    pictures: int = 1200
    decoder_only: bool = False
    seed: int = 1


def to_pixels(image: Image.Image) -> Tensor:
    """An RGB image as [3, height, width] between -1 and 1."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 127.5 - 1


def train(team: Team, run: VaeRun) -> None:
    """Train for `run.minutes` and save a whitened codec at `run.output`."""
    torch.manual_seed(run.seed)
    vae = AutoencoderKL.from_pretrained(run.start) if run.start else new_vae()
    vae = vae.to(team.device)
    rng = random.Random(run.seed * 1000 + team.rank)
    pool = [draw(random_scene(rng), random_size(rng)) for _ in range(run.pictures)]
    optimizer = _optimizer_for(vae, team, run)
    torch.manual_seed(run.seed + 100 + team.rank)
    started, step = time.time(), 0
    while (progress := _agreed((time.time() - started) / 60 / run.minutes, team)) < 1:
        batch = torch.stack([random_crop(rng.choice(pool), rng) for _ in range(run.batch)])
        loss = reconstruction_loss(vae, batch.to(team.device), run)
        loss.backward()
        warm = min(1.0, (step + 1) / 40)
        optimizer.step(warm * learning_rate_at(progress, run.learning_rate, flat=0.3))
        step += 1
        if team.is_first and step % 50 == 0:
            log.info("step %d loss %.4f progress %.2f", step, loss.item(), progress)
    if team.is_first:
        _finish(vae, pool, run)


def reconstruction_loss(vae: AutoencoderKL, pixels: Tensor, run: VaeRun) -> Tensor:
    """Absolute error of colours and of their differences, with noise on the latents."""
    with torch.autocast(pixels.device.type, torch.bfloat16), torch.set_grad_enabled(True):
        latents = vae.encode(pixels).latent_dist.mean
        if run.decoder_only:
            latents = latents.detach()
        level = torch.rand(len(latents), 1, 1, 1, device=latents.device) * 2 * run.noise
        decoded = vae.decode(latents + level * torch.randn_like(latents)).sample.float()
    error = decoded - pixels
    edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    plain = error.abs().mean() + error.square().mean()
    return plain + 0.5 * edges + 1e-3 * latents.float().square().mean()


def random_crop(image: Image.Image, rng: random.Random) -> Tensor:
    """A square piece of a picture, one time in four of the picture at half size."""
    if rng.random() < 0.25:
        image = image.reduce(2)
        padded = Image.new("RGB", (CROP, CROP), (255, 255, 255))
        padded.paste(image)
        return to_pixels(padded)
    left = 8 * rng.randint(0, (image.width - CROP) // 8)
    top = 8 * rng.randint(0, (image.height - CROP) // 8)
    return to_pixels(image.crop((left, top, left + CROP, top + CROP)))


@torch.no_grad()
def psnr(vae: AutoencoderKL, images: list[Image.Image], noise: float = 0.0) -> float:
    """Mean peak signal-to-noise ratio in dB of pictures through the codec."""
    values = []
    device = next(vae.parameters()).device
    for image in images:
        pixels = to_pixels(image)[None].to(device)
        latents = vae.encode(pixels).latent_dist.mean
        decoded = vae.decode(latents + noise * torch.randn_like(latents)).sample
        error = functional.mse_loss(decoded.clamp(-1, 1), pixels) / 4
        values.append(-10 * torch.log10(error).item())
    return sum(values) / len(values)


def _optimizer_for(vae: AutoencoderKL, team: Team, run: VaeRun) -> MuonAdamW:
    if run.decoder_only:
        vae.encoder.requires_grad_(False)
        vae.quant_conv.requires_grad_(False)
    matrices, others = split_parameters(vae, ("conv_in", "conv_out", "quant_conv"))
    keep = [[p for p in group if p.requires_grad] for group in (matrices, others)]
    return MuonAdamW(keep[0], keep[1], team, weight_decay=0.0)


def _agreed(progress: float, team: Team) -> float:
    """The first process's clock, so that all stop after the same step."""
    mine = progress if team.is_first else 0.0
    return team.add_up(torch.tensor([mine], dtype=torch.float64)).item()


@torch.no_grad()
def _finish(vae: AutoencoderKL, pool: list[Image.Image], run: VaeRun) -> None:
    if not run.decoder_only:
        whiten(vae, _latents_of(vae, pool[:160]))
    rng = random.Random(-1)
    unseen = [draw(random_scene(rng), size) for size in SIZES for _ in range(8)]
    log.info("PSNR %.2f dB, with noise .1 %.2f dB", psnr(vae, unseen), psnr(vae, unseen, 0.1))
    vae.save_pretrained(run.output)


def _latents_of(vae: AutoencoderKL, images: list[Image.Image]) -> Tensor:
    device = next(vae.parameters()).device
    parts = []
    for image in images:
        latents = vae.encode(to_pixels(image)[None].to(device)).latent_dist.mean
        parts.append(latents.flatten(2))
    return torch.cat(parts, 2)[..., None]


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("training/runs/vae"))
    parser.add_argument("--start", type=Path, help="a codec to go on from")
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--noise", type=float, default=0.06)
    parser.add_argument("--decoder-only", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = vars(parser.parse_args())
    processes = options.pop("processes")
    run_team(_work, processes, VaeRun(**options))


def _work(team: Team, run: VaeRun) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(team, run)


if __name__ == "__main__":
    main()
