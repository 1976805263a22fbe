"""How much memory a model's working numbers take, beside its weights: formulas from its shape.

Measured by running full-size models on meta tensors and adding up every storage alive; attention
counts as flash attention, which keeps no table of all pairs. Knows nothing of torch.
"""

from dataclasses import dataclass
from typing import Literal

MIB = 2**20

# Tensors as wide as the first block, at the latents' full size, that are alive together at worst:
# in the last up block, with the skips of the way down. SDXL has 15.8, the starter 14.1.
UNET_TENSORS = 16
# With attention there, its gated feed-forward (8 times as wide) is the worst: SD 1.5 has 26.05.
UNET_ATTENTION_TENSORS = 26.1
# Tensors of tokens by width: FLUX.1 17.6, Z-Image 15.9, SD 3.5 Large 12.4, Sana 11.3.
TRANSFORMER_TENSORS = 18
# A residual, its norm and its activation, at the picture's full size: AutoencoderKL has 3.0.
DECODER_TENSORS = 3
UNFOLDED_TENSORS = 9


@dataclass(frozen=True)
class DenoiserShape:
    """What the working memory of a denoiser follows from.

    `channels`: of a UNet's first block, or the width of a transformer. `pixels`: of the picture's
    side that a latent pixel, or a transformer's token, stands for.
    """

    kind: Literal["unet", "transformer"]
    channels: int
    pixels: int
    has_full_size_attention: bool = False
    text_tokens: int = 0


@dataclass(frozen=True)
class DecoderShape:
    """What the working memory of a VAE's decoder follows from.

    `channels`: of the widest tensor at the picture's full size. `tile_side`: pixels of a tile's
    side when it decodes in tiles. `needs_float32`: it overflows in float16, so diffusers widens it.
    """

    channels: int
    tile_side: int = 512
    needs_float32: bool = False


def denoiser_mib(
    shape: DenoiserShape, width: int, height: int, batch: int, dtype_bytes: int
) -> float:
    """The peak of one step in MiB. `batch` is 2 where guidance asks twice at once.

    Grows with the pixels, for no layer keeps more than a few tensors of the full size.
    """
    places = (width / shape.pixels) * (height / shape.pixels)
    if shape.kind == "transformer":
        places, tensors = places + shape.text_tokens, float(TRANSFORMER_TENSORS)
    else:
        tensors = UNET_ATTENTION_TENSORS if shape.has_full_size_attention else UNET_TENSORS
    return tensors * batch * places * shape.channels * dtype_bytes / MIB


def decoder_mib(
    shape: DecoderShape,
    width: int,
    height: int,
    dtype_bytes: int,
    is_tiled: bool = False,
    is_emulated: bool = False,
) -> float:
    """The peak of decoding one picture in MiB; in tiles, that of a tile and the whole picture.

    Where the number format is emulated, torch has no cuDNN for it and unfolds what a convolution
    reads: 3 × 3 copies of the widest tensor (`slow_conv2d`, from its source; not measured).
    """
    pixels = width * height
    decoded = min(pixels, shape.tile_side**2) if is_tiled else pixels
    picture = 2 * 3 * pixels * dtype_bytes if is_tiled else 0
    tensors = DECODER_TENSORS + (UNFOLDED_TENSORS if is_emulated else 0)
    return (tensors * shape.channels * decoded * dtype_bytes + picture) / MIB
