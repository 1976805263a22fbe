"""From latents to a small JPEG, in about a millisecond: a linear map, no decoder."""

import io
import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
from PIL import Image

log = logging.getLogger(__name__)
LONG_SIDE = (256, 512)
JPEG_QUALITY = 70

# A linear fit of SDXL's latents to RGB, in the spirit of
# https://huggingface.co/blog/TimothyAlexisVass/explaining-the-sdxl-latent-space.
SDXL_FACTORS = (
    (0.1826, 0.2116, 0.2171),
    (-0.1267, -0.0021, 0.0534),
    (0.0538, 0.0556, -0.0181),
    (-0.1583, -0.1246, -0.1094),
)
SDXL_BIAS = (0.5542, 0.4913, 0.4995)


@dataclass(frozen=True)
class LatentMap:
    """`factors` [channels, 3] and `bias` [3]: latents to RGB in 0..1."""

    factors: numpy.ndarray
    bias: numpy.ndarray


def latent_map(folder: Path) -> LatentMap:
    """The map fitted for the model (`preview.json` in its folder), else SDXL's."""
    try:
        values = json.loads((folder / "preview.json").read_text(encoding="utf-8"))
        factors = numpy.asarray(values["factors"], dtype=numpy.float32)
        bias = numpy.asarray(values["bias"], dtype=numpy.float32)
        if factors.ndim == 2 and factors.shape[1] == 3 and bias.shape == (3,):
            return LatentMap(factors, bias)
        log.warning("preview.json of %s has shape %s, not [channels, 3]", folder.name, factors.shape)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("preview.json of %s cannot be used: %s", folder.name, error)
    return LatentMap(
        numpy.asarray(SDXL_FACTORS, dtype=numpy.float32),
        numpy.asarray(SDXL_BIAS, dtype=numpy.float32),
    )


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
