"""From a step to a small JPEG, in about a millisecond: a linear map of latents, no decoder."""

import functools
import io
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from diffusers.utils.torch_utils import get_module_execution_device
from PIL import Image

from .latents import encoded

log = logging.getLogger(__name__)
LONG_SIDE = (256, 512)
JPEG_QUALITY = 70

SAMPLES = 16
"""Pictures that a map is measured on, of `CELLS` by `CELLS` latents each."""
CELLS = 4


@dataclass(frozen=True)
class LatentMap:
    """`factors` [channels, 3] and `bias` [3]: latents to RGB in 0..1."""

    factors: numpy.ndarray
    bias: numpy.ndarray


class Glimpse:
    """Watches a scheduler's steps, to show where the picture is heading, not its noise."""

    def __init__(self, scheduler: Any) -> None:
        self._seen: tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None = None
        self.watch(scheduler)

    def watch(self, scheduler: Any) -> None:
        """Goes on with another scheduler; what was seen last stands until its first step."""
        self._scheduler = scheduler
        step = scheduler.step

        # `wraps` keeps the signature, which the pipeline reads to know what `step` takes.
        @functools.wraps(step)
        def watched(model_output: Any, timestep: Any, sample: Any, *rest: Any, **named: Any) -> Any:
            self._seen = (model_output, timestep, sample)
            return step(model_output, timestep, sample, *rest, **named)

        scheduler.step = watched

    def expected(self) -> torch.Tensor | None:
        """The clean latents expected at the last step, in the step's form; None before the first.

        Salimans & Ho 2022 (arXiv:2202.00512, appendix D) for the three kinds of prediction; flow
        matching goes along straight lines (Liu et al. 2022, arXiv:2209.03003).
        """
        if self._seen is None:
            return None
        model_output, timestep, sample = self._seen
        clean: torch.Tensor = model_output
        kind: str = self._scheduler.config.get("prediction_type", "flow_prediction")
        if kind == "flow_prediction":
            left: float = float(timestep) / self._scheduler.config.num_train_timesteps
            return sample - left * model_output
        alphas = self._scheduler.alphas_cumprod
        place = min(max(round(float(timestep)), 0), len(alphas) - 1)
        signal, noise = float(alphas[place]) ** 0.5, float(1 - alphas[place]) ** 0.5
        # Euler and its kin let the variance grow with the noise; the others keep it at 1.
        if float(self._scheduler.init_noise_sigma) > 1.5:
            sample = sample * signal
        match kind:
            case "v_prediction":
                clean = signal * sample - noise * model_output
            case "epsilon":
                clean = (sample - noise * model_output) / max(signal, 1e-3)
        return clean


def latent_map(folder: Path) -> LatentMap | None:
    """The map that came with the model (`preview.json` in its folder), None when there is none."""
    try:
        values = json.loads((folder / "preview.json").read_text(encoding="utf-8"))
        factors = numpy.asarray(values["factors"], dtype=numpy.float32)
        bias = numpy.asarray(values["bias"], dtype=numpy.float32)
        if factors.ndim == 2 and factors.shape[1] == 3 and bias.shape == (3,):
            return LatentMap(factors, bias)
        log.warning(
            "preview.json of %s has shape %s, not [channels, 3]", folder.name, factors.shape
        )
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("preview.json of %s cannot be used: %s", folder.name, error)
    return None


def measured(vae: Any, factor: int) -> LatentMap | None:
    """A map fitted to what the model's own VAE makes of coloured noise; `factor` pixels a latent.

    Of the starter's latents it shows drawings with 18 dB, where the best linear map there is has
    20 dB, and one that was made for SDXL 10 dB. As quick as encoding one picture of 128 px.
    None when the VAE returns no numbers.
    """
    random = torch.Generator().manual_seed(0)
    colours = torch.rand(SAMPLES, 3, 1, 1, generator=random) * 2 - 1
    side = CELLS * factor
    noise = torch.randn(SAMPLES, 3, side, side, generator=random) / 2
    pixels = (colours + noise).clamp(-1, 1)
    was = vae.dtype
    # As the pipelines do when they decode: some VAEs are too narrow for float16.
    needs_upcast = was == torch.float16 and bool(vae.config.get("force_upcast"))
    try:
        if needs_upcast:
            vae.to(torch.float32)
        latents = encoded(pixels.to(get_module_execution_device(vae), vae.dtype), vae)
    finally:
        if needs_upcast:
            vae.to(was)
    means = torch.nn.functional.avg_pool2d((pixels + 1) / 2, factor)
    known = latents.float().cpu().permute(0, 2, 3, 1).flatten(0, 2)
    if not torch.isfinite(known).all():
        return None
    known = torch.nn.functional.pad(known, (0, 1), value=1.0)
    fit = numpy.linalg.lstsq(known.numpy(), means.permute(0, 2, 3, 1).flatten(0, 2).numpy())[0]
    return LatentMap(fit[:-1], fit[-1])


def jpeg(latents: torch.Tensor, into: LatentMap) -> bytes | None:
    """A JPEG of the first picture of latents [B, C, h, w], 256 to 512 px on its long side.

    None when the map is for another number of channels, or the latents are no numbers.
    """
    if latents.shape[1] != into.factors.shape[0]:
        return None
    grid = latents[0].detach().to("cpu", torch.float32).numpy()
    channels, height, width = grid.shape
    rgb = grid.reshape(channels, -1).T @ into.factors + into.bias
    if not numpy.isfinite(rgb).all():
        return None
    pixels = (rgb * 255).clip(0, 255).astype(numpy.uint8).reshape(height, width, 3)
    image = Image.fromarray(pixels)
    long_side = max(LONG_SIDE[0], min(LONG_SIDE[1], 8 * max(height, width)))
    factor = long_side / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    out = io.BytesIO()
    image.resize(size, Image.Resampling.BILINEAR).save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()
