"""The formulas against full-size models run on meta tensors: real classes and shapes, no numbers.

A UNet's and a decoder's are met within 3 and 1 in 100. One factor stands for all transformers: it
is never less than what is measured, and at most 1.8 times as much.
"""

import json
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from meta_peak import peak_mib

from fooocus_lite.thinking.activations import (
    DecoderShape,
    DenoiserShape,
    decoder_mib,
    denoiser_mib,
)
from fooocus_lite.weights import sizes

BF16 = torch.bfloat16
SDXL: dict[str, Any] = {
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "block_out_channels": [320, 640, 1280],
    # Ten layers deep in the real one: depth adds weights, and nothing to the peak.
    "transformer_layers_per_block": [1, 1, 1],
    "attention_head_dim": [5, 10, 20],
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
}
SD15: dict[str, Any] = {
    "down_block_types": [*["CrossAttnDownBlock2D"] * 3, "DownBlock2D"],
    "up_block_types": ["UpBlock2D", *["CrossAttnUpBlock2D"] * 3],
    "block_out_channels": [320, 640, 1280, 1280],
    "cross_attention_dim": 768,
}
VAE: dict[str, Any] = {
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": [128, 256, 512, 512],
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 1024,
}


def empty(*shape: int) -> torch.Tensor:
    return torch.empty(*shape, dtype=BF16, device="meta")


def on_meta(kind: type[torch.nn.Module], **config: Any) -> torch.nn.Module:
    with torch.device("meta"):
        return kind(**config).to(BF16).eval()


@pytest.mark.parametrize("config", [SDXL, SD15], ids=["SDXL", "SD 1.5"])
@pytest.mark.parametrize(("side", "batch"), [(512, 1), (1024, 2)])
def test_a_unets_peak_is_its_outermost_block_times_a_factor(
    config: dict[str, Any], side: int, batch: int
) -> None:
    unet = on_meta(diffusers.UNet2DConditionModel, **config)
    latents, text = (
        empty(batch, 4, side // 8, side // 8),
        empty(batch, 77, config["cross_attention_dim"]),
    )
    time = torch.empty((), dtype=torch.int64, device="meta")
    measured = peak_mib(unet, lambda: unet(latents, time, text))
    shape = sizes.denoiser_shape(config, {})
    assert denoiser_mib(shape, side, side, batch, 2) == pytest.approx(measured, rel=0.03)


def test_the_starter_takes_no_more_than_the_formula_says(starter: Path) -> None:
    config = json.loads((starter / "unet" / "config.json").read_text())
    shape = sizes.denoiser_shape(config, {})
    unet = on_meta(
        diffusers.UNet2DConditionModel,
        **{name: value for name, value in config.items() if not name.startswith("_")},
    )
    added = {"text_embeds": empty(2, 64), "time_ids": empty(2, 6)}
    time = torch.empty((), dtype=torch.int64, device="meta")
    latents, text = empty(2, 4, 32, 32), empty(2, 77, 128)
    measured = peak_mib(unet, lambda: unet(latents, time, text, added_cond_kwargs=added))
    assert measured <= denoiser_mib(shape, 256, 256, 2, 2) <= 1.25 * measured


def flux(side: int) -> tuple[torch.nn.Module, dict[str, Any]]:
    tokens = (side // 16) ** 2
    return on_meta(
        diffusers.FluxTransformer2DModel, guidance_embeds=True, num_layers=2, num_single_layers=2
    ), {
        "hidden_states": empty(1, tokens, 64),
        "encoder_hidden_states": empty(1, 512, 4096),
        "pooled_projections": empty(1, 768),
        "timestep": empty(1),
        "guidance": empty(1),
        "img_ids": empty(tokens, 3),
        "txt_ids": empty(512, 3),
    }


def sd35(side: int) -> tuple[torch.nn.Module, dict[str, Any]]:
    return on_meta(
        diffusers.SD3Transformer2DModel,
        sample_size=128,
        num_layers=3,
        num_attention_heads=38,
        attention_head_dim=64,
        caption_projection_dim=2432,
        joint_attention_dim=4096,
        in_channels=16,
        pos_embed_max_size=192,
        qk_norm="rms_norm",
    ), {
        "hidden_states": empty(1, 16, side // 8, side // 8),
        "encoder_hidden_states": empty(1, 512, 4096),
        "pooled_projections": empty(1, 2048),
        "timestep": empty(1),
    }


def z_image(side: int) -> tuple[torch.nn.Module, dict[str, Any]]:
    return on_meta(diffusers.ZImageTransformer2DModel, n_layers=3), {
        "x": [empty(16, 1, side // 8, side // 8)],
        "t": empty(1),
        "cap_feats": [empty(512, 2560)],
    }


@pytest.mark.parametrize("model", [flux, sd35, z_image])
@pytest.mark.parametrize("side", [512, 1024])
def test_a_transformers_peak_is_at_most_the_formulas(model: Any, side: int) -> None:
    transformer, inputs = model(side)
    measured = peak_mib(transformer, lambda: transformer(**inputs))
    shape = sizes.denoiser_shape(dict(transformer.config), {})
    assert shape.kind == "transformer"
    assert measured <= denoiser_mib(shape, side, side, 1, 2) <= 1.8 * measured


@pytest.mark.parametrize("side", [512, 1024])
def test_a_decoders_peak_is_three_tensors_of_the_full_size(side: int) -> None:
    vae = on_meta(diffusers.AutoencoderKL, **VAE)
    latents = empty(1, 4, side // 8, side // 8)
    measured = peak_mib(vae, lambda: vae.decode(latents))
    assert decoder_mib(sizes.decoder_shape(VAE), side, side, 2) == pytest.approx(measured, rel=0.01)


@pytest.mark.parametrize("kind", ["AutoencoderKL", "AutoencoderKLQwenImage"])
def test_encoding_a_picture_takes_no_more_than_decoding_one(kind: str) -> None:
    # Qwen-Image's was made for films, of which a picture is one frame.
    config, frame = (VAE, ()) if kind == "AutoencoderKL" else ({}, (1,))
    vae = on_meta(getattr(diffusers, kind), **config)
    channels = vae.config.get("latent_channels", vae.config.get("z_dim"))
    encoding = peak_mib(vae, lambda: vae.encode(empty(1, 3, *frame, 512, 512)))
    decoding = peak_mib(vae, lambda: vae.decode(empty(1, channels, *frame, 64, 64)))
    assert encoding <= decoding


def test_in_tiles_a_decoders_peak_is_that_of_a_tile_and_the_picture() -> None:
    vae = on_meta(diffusers.AutoencoderKL, **VAE)
    vae.enable_tiling()
    vae.tile_sample_min_size, vae.tile_latent_min_size = 512, 64
    measured = peak_mib(vae, lambda: vae.decode(empty(1, 4, 192, 192)))
    formula = decoder_mib(sizes.decoder_shape(VAE), 1536, 1536, 2, is_tiled=True)
    assert formula == pytest.approx(measured, rel=0.1)


def test_twice_the_bytes_or_the_batch_is_twice_the_memory() -> None:
    unet, vae = DenoiserShape("unet", 320, 8), DecoderShape(256)
    once = denoiser_mib(unet, 512, 768, 1, 2)
    assert denoiser_mib(unet, 512, 768, 2, 2) == denoiser_mib(unet, 512, 768, 1, 4) == 2 * once
    assert decoder_mib(vae, 512, 768, 4) == 2 * decoder_mib(vae, 512, 768, 2)
    assert decoder_mib(vae, 256, 256, 2, is_tiled=True) >= decoder_mib(vae, 256, 256, 2)
