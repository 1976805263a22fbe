"""The picture codec: an AutoencoderKL that starts out as average pooling and grows from there."""

from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn

CHANNELS = (16, 32, 64, 96)


def new_vae() -> AutoencoderKL:
    """An untrained codec: latents are pictures shrunk 8 times, decoding repeats their pixels."""
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=CHANNELS,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        mid_block_add_attention=False,
        sample_size=256,
        scaling_factor=1.0,
    )
    with torch.no_grad():
        for module in vae.modules():
            _soften_residual(module)
        _start_encoder(vae)
        _start_decoder(vae)
    return vae


@torch.no_grad()
def whiten(vae: AutoencoderKL, latents: Tensor) -> None:
    """Fold the mean and spread of `latents` [n, 4, h, w] into the 1x1 convolutions around them.

    Afterwards every latent channel has mean 0 and spread 1, and scaling_factor 1.0 is right.
    """
    mean, spread = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    vae.quant_conv.weight[:4] /= spread[:, None, None, None]
    vae.quant_conv.bias[:4] = (vae.quant_conv.bias[:4] - mean) / spread
    weight = vae.post_quant_conv.weight
    vae.post_quant_conv.bias += (weight[:, :, 0, 0] * mean).sum(1)
    vae.post_quant_conv.weight.mul_(spread[None, :, None, None])


def _soften_residual(module: Any) -> None:
    """Make a residual block start close to its shortcut."""
    if type(module).__name__ != "ResnetBlock2D":
        return
    module.conv2.weight.mul_(0.15)
    if module.conv_shortcut is not None:
        _pass_through(module.conv_shortcut)


def _pass_through(conv: nn.Conv2d, gain: float = 1.0) -> None:
    """Copy channels; further outputs start small and random."""
    weight = conv.weight
    weight.mul_(0.1)
    middle = weight.shape[2] // 2
    for i in range(min(weight.shape[:2])):
        weight[i] = 0
        weight[i, i, middle, middle] = gain
    if conv.bias is not None:
        conv.bias.zero_()


def _start_encoder(vae: AutoencoderKL) -> None:
    """Red, green, blue and their negatives, average-pooled; silu(x) - silu(-x) = x at the end."""
    encoder = vae.encoder
    encoder.conv_in.weight.mul_(0.3)
    for i in range(6):
        encoder.conv_in.weight[i] = 0
        encoder.conv_in.weight[i, i % 3, 1, 1] = 1.0 if i < 3 else -1.0
    for block in encoder.down_blocks:
        for sampler in block.downsamplers or ():
            sampler.conv.weight.mul_(0.1)
            for i in range(min(sampler.conv.weight.shape[:2])):
                sampler.conv.weight[i] = 0
                sampler.conv.weight[i, i, :2, :2] = 0.25
            sampler.conv.bias.zero_()
    encoder.conv_out.weight.mul_(0.3)
    for i in range(3):
        encoder.conv_out.weight[i] = 0
        encoder.conv_out.weight[i, i, 1, 1], encoder.conv_out.weight[i, i + 3, 1, 1] = 1.0, -1.0
    _pass_through(vae.quant_conv)
    vae.quant_conv.bias[4:] = -8.0
    vae.quant_conv.weight[4:] = 0.0


def _start_decoder(vae: AutoencoderKL) -> None:
    """The first three latents as red, green and blue, repeated 8 times in both directions."""
    decoder = vae.decoder
    _pass_through(vae.post_quant_conv)
    decoder.conv_in.weight.mul_(0.3)
    for i in range(6):
        decoder.conv_in.weight[i] = 0
        decoder.conv_in.weight[i, i % 3, 1, 1] = 1.0 if i < 3 else -1.0
    for block in decoder.up_blocks:
        for sampler in block.upsamplers or ():
            _pass_through(sampler.conv)
    decoder.conv_out.weight.mul_(0.3)
    for i in range(3):
        decoder.conv_out.weight[i, i, 1, 1] += 0.6
        decoder.conv_out.weight[i, i + 3, 1, 1] -= 0.6
