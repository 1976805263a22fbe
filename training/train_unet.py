"""Trains the UNet and the text encoders: `python -m training.train_unet --minutes 60`.

Goes on from `--start` (a finished model folder or an earlier run) or from nothing.
"""

import argparse
import logging
import random
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from transformers import CLIPTokenizer

from training import vocabulary
from training.captions import EXPANDED, PLAIN, Manner, caption, nothing
from training.dataset import Bucket, load_buckets
from training.optimizer import MuonAdamW, learning_rate_at, split_parameters
from training.scene import Scene
from training.starter import Starter, encode_text, load_starter, new_starter, predict
from training.team import Team, run_team

log = logging.getLogger(__name__)
EMPTY_SHARE = 0.1


@dataclass(frozen=True)
class UnetRun:
    """What a run of the trainer needs to know."""

    data: list[Path]
    shares: list[float]
    tokenizer: Path
    output: Path
    start: Path | None
    minutes: float
    learning_rate: float = 4e-3
    flat: float = 0.4
    noise_shift: float = -0.2
    largest_batch: int = 48
    batch_tokens: int = 24 * 1024
    ema: float = 0.998
    save_minutes: float = 4
    warm_up: int = 100
    seed: int = 1


def train(team: Team, run: UnetRun) -> None:
    """Train for `run.minutes`; the averaged weights land in `run.output` every few minutes."""
    torch.manual_seed(run.seed)
    starter = load_starter(run.start) if run.start else _fresh(run.tokenizer)
    starter.to(team.device)
    average = starter.copy()
    optimizer = _optimizer_for(starter, team)
    pools = [load_buckets(folder) for folder in run.data]
    shared_rng, own_rng = random.Random(run.seed), random.Random(run.seed * 977 + team.rank)
    torch.manual_seed(run.seed * 977 + team.rank)
    started, saved, step, seen = time.time(), time.time(), 0, 0
    while (progress := agreed(time.time() - started, team) / 60 / run.minutes) < 1:
        bucket = _pick(pools, run.shares, shared_rng)
        loss, batch = _learn(starter, bucket, own_rng, run)
        warm = min(1.0, (step + 1) / run.warm_up)
        optimizer.step(warm * learning_rate_at(progress, run.learning_rate, flat=run.flat))
        follow(average, starter, min(run.ema, (step + 1) / (step + 10)))
        step, seen = step + 1, seen + batch * team.size
        if team.is_first and step % 100 == 0:
            gaps = binding_gaps(average, pools[-1])
            log.info("%.3f step %d seen %d loss %.3f gaps %s", progress, step, seen, loss, gaps)
        if team.is_first and time.time() - saved > 60 * run.save_minutes:
            _save(average, run.output)
            saved = time.time()
    if team.is_first:
        _save(average, run.output)


def velocity_loss(starter: Starter, latents: Tensor, prompts: list[str], run: UnetRun) -> Tensor:
    """Mean squared error of the predicted velocity at random noise levels."""
    alphas = cumulative_alphas(latents.device)
    timesteps = random_timesteps(len(latents), alphas, run.noise_shift)
    noise = torch.randn_like(latents)
    alpha = alphas[timesteps].view(-1, 1, 1, 1)
    noisy = alpha.sqrt() * latents + (1 - alpha).sqrt() * noise
    target = alpha.sqrt() * noise - (1 - alpha).sqrt() * latents
    with torch.autocast(latents.device.type, torch.bfloat16):
        text = encode_text(starter, prompts)
        output = predict(starter, noisy, timesteps, text, size_ids(latents))
    return functional.mse_loss(output.float(), target)


def cumulative_alphas(device: torch.device) -> Tensor:
    """The share of the picture left at each of 1000 timesteps (scaled linear schedule)."""
    betas = torch.linspace(0.00085**0.5, 0.02**0.5, 1000, device=device) ** 2
    return (1 - betas).cumprod(0)


def random_timesteps(count: int, alphas: Tensor, shift: float) -> Tensor:
    """Mostly middle noise levels, where shapes are decided; a quarter over the whole range."""
    log_sigmas = ((1 - alphas) / alphas).log() / 2
    wanted = torch.randn(count, device=alphas.device) * 1.4 + shift
    timesteps = torch.searchsorted(log_sigmas, wanted).clamp(0, 999)
    uniform = torch.randint(0, 1000, (count,), device=alphas.device)
    return torch.where(torch.rand(count, device=alphas.device) < 0.25, uniform, timesteps)


def size_ids(latents: Tensor) -> Tensor:
    """SDXL's six numbers for a picture that is neither cropped nor scaled."""
    height, width = latents.shape[2] * 8, latents.shape[3] * 8
    row = torch.tensor([height, width, 0, 0, height, width], device=latents.device)
    return row.float().expand(len(latents), 6)


@torch.no_grad()
def binding_gaps(starter: Starter, buckets: list[Bucket], count: int = 32) -> str:
    """How much worse the loss gets when the object or the colour in the caption is wrong.

    The object word binds last; until its gap passes .1, things are blobs, and that is normal.
    """
    bucket = max(buckets, key=lambda b: b.latents.shape[2] * b.latents.shape[3])
    singles = [i for i, s in enumerate(bucket.scenes) if _is_single(s)][:count]
    latents = bucket.latents[singles].float().to(starter.unet.device)
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(0)).to(latents)
    alphas = cumulative_alphas(latents.device)
    timestep = torch.searchsorted(alphas.neg(), -1 / 55.6)
    a = alphas[timestep]
    noisy, target = (
        a.sqrt() * latents + (1 - a).sqrt() * noise,
        a.sqrt() * noise - (1 - a).sqrt() * latents,
    )
    losses = []
    for change in (None, "object", "color"):
        prompts = [_caption_with(bucket.scenes[i], change) for i in singles]
        with torch.autocast(latents.device.type, torch.bfloat16):
            text = encode_text(starter, prompts)
            output = predict(starter, noisy, timestep.expand(len(latents)), text, size_ids(latents))
        losses.append(functional.mse_loss(output.float(), target).item())
    right, wrong_object, wrong_color = losses
    return f"base {right:.3f} object {wrong_object - right:+.3f} color {wrong_color - right:+.3f}"


@torch.no_grad()
def follow(average: Starter, starter: Starter, decay: float) -> None:
    """Move the averaged weights towards the current ones."""
    for slow, fast in zip(average.modules, starter.modules, strict=True):
        torch._foreach_lerp_(list(slow.parameters()), list(fast.parameters()), 1 - decay)


def agreed(value: float, team: Team) -> float:
    """The first process's value, so that all take the same decision."""
    mine = value if team.is_first else 0.0
    return team.add_up(torch.tensor([mine], dtype=torch.float64)).item()


def _learn(starter: Starter, bucket: Bucket, rng: random.Random, run: UnetRun) -> tuple[float, int]:
    area = bucket.latents.shape[2] * bucket.latents.shape[3]
    batch = min(run.largest_batch, run.batch_tokens // area)
    chosen = [rng.randrange(len(bucket.scenes)) for _ in range(batch)]
    manner = rng.choice((Manner(), EXPANDED))
    prompts = [
        nothing(rng) if rng.random() < EMPTY_SHARE else caption(bucket.scenes[i], rng, manner)
        for i in chosen
    ]
    latents = bucket.latents[chosen].float().to(starter.unet.device)
    loss = velocity_loss(starter, latents, prompts, run)
    loss.backward()
    return loss.item(), batch


def _pick(pools: list[list[Bucket]], shares: list[float], rng: random.Random) -> Bucket:
    pool = rng.choices(pools, shares)[0]
    return rng.choices(pool, [len(bucket.scenes) for bucket in pool])[0]


def _optimizer_for(starter: Starter, team: Team) -> MuonAdamW:
    matrices, others = split_parameters(starter.unet)
    for encoder in (starter.text_encoder, starter.text_encoder_2):
        others.extend(encoder.parameters())
    return MuonAdamW(matrices, others, team)


def _fresh(tokenizer: Path) -> Starter:
    return new_starter(CLIPTokenizer.from_pretrained(tokenizer))


def _is_single(scene: Scene) -> bool:
    return scene.place is None and scene.style is None and scene.count == len(scene.things) == 1


def _caption_with(scene: Scene, change: str | None) -> str:
    thing = scene.things[0]
    if change == "object":
        thing = replace(thing, object=_next(vocabulary.OBJECTS, thing.object))
    if change == "color":
        thing = replace(thing, color=_next(tuple(vocabulary.COLORS), thing.color))
    return caption(replace(scene, things=(thing,)), random.Random(0), PLAIN)


def _next(words: tuple[str, ...], word: str) -> str:
    return words[(words.index(word) + 5) % len(words)]


def _save(average: Starter, output: Path) -> None:
    fresh = output.with_name(output.name + ".new")
    average.save(fresh)
    shutil.rmtree(output, ignore_errors=True)
    fresh.rename(output)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", default=[Path("training/runs/data")])
    parser.add_argument("--shares", type=float, nargs="+", default=[1.0])
    parser.add_argument("--tokenizer", type=Path, default=Path("training/runs/tokenizer"))
    parser.add_argument("--output", type=Path, default=Path("training/runs/unet"))
    parser.add_argument("--start", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--learning-rate", type=float, default=4e-3)
    parser.add_argument("--flat", type=float, default=0.4)
    parser.add_argument("--noise-shift", type=float, default=-0.2)
    parser.add_argument("--largest-batch", type=int, default=48)
    parser.add_argument("--batch-tokens", type=int, default=24 * 1024, help="latents per batch")
    parser.add_argument("--ema", type=float, default=0.998)
    parser.add_argument("--warm-up", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = vars(parser.parse_args())
    run_team(_work, options.pop("processes"), UnetRun(**options))


def _work(team: Team, run: UnetRun) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    train(team, run)


if __name__ == "__main__":
    main()
