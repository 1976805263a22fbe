"""Trains the object classifier: `python -m training.train_classifier`.

It sees drawings and drawings that went through the codec; it is tested on scenes of other seeds.
"""

import argparse
import json
import logging
import random
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from training import vocabulary
from training.classifier import classifier_input, new_classifier
from training.drawings import draw
from training.scene import Scene, landscape_scene, plain_scene, random_size
from training.train_vae import to_pixels

log = logging.getLogger(__name__)
ROUND_TRIP_SHARE = 0.25


def judged_scene(rng: random.Random) -> Scene:
    """A scene with one thing: plain or in a place, one time in three in a style."""
    style = rng.choice(vocabulary.STYLES) if rng.random() < 0.35 else None
    if rng.random() < 0.65:
        return plain_scene(rng, style=style)
    return landscape_scene(rng, style, with_thing=True)


def samples(vae: AutoencoderKL | None, count: int, seed: int) -> tuple[Tensor, Tensor, list[Scene]]:
    """Inputs [n, 3, 64, 64], class numbers [n] and what was drawn."""
    rng = random.Random(seed)
    scenes = [judged_scene(rng) for _ in range(count)]
    inputs = []
    for scene in scenes:
        image = draw(scene, random_size(rng))
        if vae is not None and rng.random() < ROUND_TRIP_SHARE:
            image = round_trip(vae, image, noise=rng.choice((0.0, 0.1, 0.25)))
        inputs.append(classifier_input(image))
    labels = torch.tensor([vocabulary.OBJECTS.index(s.things[0].object) for s in scenes])
    return torch.stack(inputs), labels, scenes


@torch.no_grad()
def round_trip(vae: AutoencoderKL, image: Image.Image, *, noise: float = 0.0) -> Image.Image:
    """The picture as it comes back from the codec."""
    latents = vae.encode(to_pixels(image)[None]).latent_dist.mean
    decoded = vae.decode(latents + noise * torch.randn_like(latents)).sample[0]
    pixels = ((decoded.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0)
    return Image.fromarray(pixels.numpy())


def train(vae: AutoencoderKL | None, *, count: int, epochs: int, seed: int = 1) -> nn.Sequential:
    """A classifier trained on `count` drawings."""
    torch.manual_seed(seed)
    inputs, labels, _ = samples(vae, count, seed)
    classifier = new_classifier()
    steps = epochs * max(1, count // 64)
    optimizer = torch.optim.AdamW(classifier.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for step in range(steps):
        chosen = torch.randint(0, count, (64,))
        batch = _jittered(inputs[chosen])
        loss = functional.cross_entropy(classifier(batch), labels[chosen], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 200 == 0:
            log.info("step %d of %d, loss %.3f", step, steps, loss.item())
    return classifier.eval()


@torch.no_grad()
def accuracy(
    classifier: nn.Module, vae: AutoencoderKL | None, *, count: int, seed: int
) -> dict[str, float]:
    """The share named rightly among held-out drawings: all, and those without a style."""
    inputs, labels, scenes = samples(vae, count, seed)
    right = classifier(inputs).argmax(1) == labels
    plain = torch.tensor([s.style is None and s.place is None for s in scenes])
    return {
        "pictures": count,
        "all": round(right.float().mean().item(), 4),
        "plain": round(right[plain].float().mean().item(), 4),
    }


def _jittered(batch: Tensor) -> Tensor:
    """Shifted by up to three pixels, a little noisy."""
    down, right = torch.randint(-3, 4, (2,)).tolist()
    return batch.roll((down, right), (2, 3)) + 0.05 * torch.randn_like(batch)


def main() -> None:
    """Read the command line, train, test on held-out drawings and save."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vae", type=Path, default=Path("models/starter/vae"))
    output = Path("benchmarks/object_classifier.safetensors")
    parser.add_argument("--output", type=Path, default=output)
    parser.add_argument("--pictures", type=int, default=9000)
    parser.add_argument("--epochs", type=int, default=14)
    options = parser.parse_args()
    vae = AutoencoderKL.from_pretrained(options.vae).float()
    classifier = train(vae, count=options.pictures, epochs=options.epochs)
    figures = {
        "drawings": accuracy(classifier, None, count=600, seed=10_001),
        "drawings and codec copies": accuracy(classifier, vae, count=600, seed=10_002),
    }
    log.info("held-out accuracy %s", figures)
    state = {
        name: t.half() if t.is_floating_point() else t
        for name, t in classifier.state_dict().items()
    }
    save_file(state, options.output)
    options.output.chmod(0o644)
    options.output.with_suffix(".json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
