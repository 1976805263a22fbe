"""Trains the starter's companions: `python -m training.train_lora style` or `... lcm`.

`style` learns a look the base does not know (chalk on a blackboard). `lcm` distils the guided base
into 4 steps of LCMScheduler (after Luo et al. 2023, arXiv:2310.04378 and 2311.05556).
"""

import argparse
import logging
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from diffusers import AutoencoderKL, StableDiffusionXLPipeline
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from training.captions import caption
from training.dataset import Bucket, Size, load_buckets
from training.drawings import draw
from training.optimizer import learning_rate_at
from training.scene import Scene, random_scene, random_size
from training.starter import Starter, encode_text, load_starter, predict
from training.styles import filtered_by
from training.styles.hand import chalkboard
from training.team import Team, run_team
from training.train_unet import agreed, cumulative_alphas, random_timesteps, size_ids
from training.train_vae import to_pixels

log = logging.getLogger(__name__)
STYLE_WORD = "chalkboard"
TARGETS = ["to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "conv1", "conv2"]
LCM_TIMESTEPS = (999, 759, 499, 259)
PATH_STEPS = 3


@dataclass(frozen=True)
class LoraRun:
    """What a run of the companion trainer needs to know."""

    kind: str
    base: Path
    data: list[Path]
    output: Path
    minutes: float
    rank: int = 12
    learning_rate: float = 2e-3
    guidance_scale: float = 3.0
    pictures: int = 500
    batch: int = 16
    start: Path | None = None
    seed: int = 1


def train(team: Team, run: LoraRun) -> None:
    """Train one LoRA on a frozen base and save it at `run.output`."""
    torch.manual_seed(run.seed)
    starter = load_starter(run.base).to(team.device)
    for module in starter.modules:
        module.requires_grad_(False)
    starter.unet.add_adapter(LoraConfig(r=run.rank, lora_alpha=run.rank, target_modules=TARGETS))
    if run.start is not None:
        _go_on_from(run.start, starter)
    weights = [p for p in starter.unet.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, betas=(0.9, 0.98), weight_decay=0.0)
    rng = random.Random(run.seed * 31 + team.rank)
    buckets = _buckets(team, run, rng)
    torch.manual_seed(run.seed * 31 + team.rank)
    loss_of = _style_loss if run.kind == "style" else _consistency_loss
    started, step = time.time(), 0
    while (progress := agreed(time.time() - started, team) / 60 / run.minutes) < 1:
        latents, prompts = _batch(rng.choice(buckets), rng, run)
        loss = loss_of(starter, latents.to(team.device), prompts, run)
        loss.backward()
        team.average_gradients(weights)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        for group in optimizer.param_groups:
            group["lr"] = min(1, (step + 1) / 20) * learning_rate_at(progress, run.learning_rate)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        if team.is_first and step % 20 == 0:
            log.info("%.2f step %d loss %.4f", progress, step, loss.item())
    if team.is_first:
        _save(starter, run.output)


def _go_on_from(file: Path, starter: Starter) -> None:
    """Give the new adapter the weights of an earlier LoRA of the same rank."""
    state = {name.removeprefix("unet."): tensor for name, tensor in load_file(file).items()}
    set_peft_model_state_dict(starter.unet, state)


def _style_loss(starter: Starter, latents: Tensor, prompts: list[str], _run: LoraRun) -> Tensor:
    alphas = cumulative_alphas(latents.device)
    timesteps = random_timesteps(len(latents), alphas, 0.4)
    noise = torch.randn_like(latents)
    alpha = alphas[timesteps].view(-1, 1, 1, 1)
    noisy = alpha.sqrt() * latents + (1 - alpha).sqrt() * noise
    output = _velocity(starter, noisy, timesteps, prompts)
    return functional.mse_loss(output, alpha.sqrt() * noise - (1 - alpha).sqrt() * latents)


def _consistency_loss(
    starter: Starter, latents: Tensor, prompts: list[str], run: LoraRun
) -> Tensor:
    """The student's picture from anywhere on a path is the picture at the guided base's path's end.

    The base walks to the end in a few steps. Following it one step at a time, as usual, needs far
    more training than a small run has, and until then leaves noise in the picture.
    """
    alphas = cumulative_alphas(latents.device)
    here = _starting_points(len(latents)).to(latents.device)
    a = alphas[here].view(-1, 1, 1, 1)
    noisy = a.sqrt() * latents + (1 - a).sqrt() * torch.randn_like(latents)
    student = _clean(noisy, _velocity(starter, noisy, here, prompts), a)
    starter.unet.disable_adapters()
    with torch.no_grad():
        target = _end_of_path(starter, noisy, here, prompts, run.guidance_scale)
    starter.unet.enable_adapters()
    return ((student - target).square() + 1e-4).sqrt().mean()


def _starting_points(count: int) -> Tensor:
    """Timesteps: mostly the four that LCMScheduler takes in 4 steps, else any of its 50."""
    usual = torch.tensor(LCM_TIMESTEPS)[torch.randint(0, len(LCM_TIMESTEPS), (count,))]
    others = torch.randint(1, 51, (count,)) * 20 - 1
    return torch.where(torch.rand(count) < 0.7, usual, others)


def _end_of_path(
    starter: Starter, noisy: Tensor, here: Tensor, prompts: list[str], guidance_scale: float
) -> Tensor:
    """Where the base arrives from `noisy` in `PATH_STEPS` guided DDIM steps."""
    alphas = cumulative_alphas(noisy.device)
    clean = noisy
    for step in range(PATH_STEPS):
        timesteps = here * (PATH_STEPS - step) // PATH_STEPS
        a = alphas[timesteps].view(-1, 1, 1, 1)
        velocity = _guided_velocity(starter, noisy, timesteps, prompts, guidance_scale)
        clean = _clean(noisy, velocity, a)
        noise = a.sqrt() * velocity + (1 - a).sqrt() * noisy
        b = alphas[here * (PATH_STEPS - step - 1) // PATH_STEPS].view(-1, 1, 1, 1)
        noisy = b.sqrt() * clean + (1 - b).sqrt() * noise
    return clean


def _velocity(starter: Starter, noisy: Tensor, timesteps: Tensor, prompts: list[str]) -> Tensor:
    with torch.autocast(noisy.device.type, torch.bfloat16):
        text = encode_text(starter, prompts)
        return predict(starter, noisy, timesteps, text, size_ids(noisy)).float()


def _guided_velocity(
    starter: Starter, noisy: Tensor, timesteps: Tensor, prompts: list[str], guidance_scale: float
) -> Tensor:
    both = _velocity(
        starter, noisy.repeat(2, 1, 1, 1), timesteps.repeat(2), [*prompts, *[""] * len(prompts)]
    )
    told, untold = both.chunk(2)
    return untold + guidance_scale * (told - untold)


def _clean(noisy: Tensor, velocity: Tensor, alpha: Tensor) -> Tensor:
    """The clean latents that a velocity points to."""
    return alpha.sqrt() * noisy - (1 - alpha).sqrt() * velocity


def _batch(bucket: Bucket, rng: random.Random, run: LoraRun) -> tuple[Tensor, list[str]]:
    chosen = [rng.randrange(len(bucket.scenes)) for _ in range(run.batch)]
    prompts = [caption(bucket.scenes[i], rng) for i in chosen]
    if run.kind == "style":
        prompts = [p if rng.random() < 0.5 else f"{STYLE_WORD}, {p}" for p in prompts]
        prompts = ["" if rng.random() < 0.1 else p for p in prompts]
    return bucket.latents[chosen].float(), prompts


def _buckets(team: Team, run: LoraRun, rng: random.Random) -> list[Bucket]:
    if run.kind == "style":
        return _style_buckets(team, run, rng)
    return [bucket for folder in run.data for bucket in load_buckets(folder)]


@torch.no_grad()
def _style_buckets(team: Team, run: LoraRun, rng: random.Random) -> list[Bucket]:
    """Chalk drawings of each size, freshly drawn and encoded."""
    vae = AutoencoderKL.from_pretrained(run.base / "vae").float().to(team.device)
    found: dict[Size, tuple[list[Scene], list[Tensor]]] = {}
    for _ in range(run.pictures):
        scene, size = replace(random_scene(rng), style=None), random_size(rng)
        chalk = filtered_by(chalkboard, draw(scene, size))
        pixels = to_pixels(chalk)[None].to(team.device)
        scenes, latents = found.setdefault(size, ([], []))
        scenes.append(scene)
        latents.append(vae.encode(pixels).latent_dist.mean)
    return [Bucket(size, scenes, torch.cat(latents)) for size, (scenes, latents) in found.items()]


def _save(starter: Starter, output: Path) -> None:
    state = get_peft_model_state_dict(starter.unet)
    StableDiffusionXLPipeline.save_lora_weights(
        output.parent,
        unet_lora_layers={name: tensor.half() for name, tensor in state.items()},
        weight_name=output.name,
    )
    output.chmod(0o644)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("style", "lcm"))
    parser.add_argument("--base", type=Path, default=Path("models/starter"))
    parser.add_argument("--data", type=Path, nargs="+", default=[Path("training/runs/data")])
    parser.add_argument("--output", type=Path)
    parser.add_argument("--start", type=Path, help="a LoRA to go on from, made for an older base")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--rank", type=int, default=12)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--processes", type=int, default=2)
    options = vars(parser.parse_args())
    name = STYLE_WORD if options["kind"] == "style" else "lcm"
    options["output"] = (
        options["output"] or options["base"] / "loras" / f"starter-{name}.safetensors"
    )
    run_team(_work, options.pop("processes"), LoraRun(**options))


def _work(team: Team, run: LoraRun) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    run.output.parent.mkdir(parents=True, exist_ok=True)
    train(team, run)


if __name__ == "__main__":
    main()
