"""Latents as grids: what pipelines pack is unpacked, and what they decode is what VAEs encode."""

from pathlib import Path
from typing import Any

import diffusers
import pytest
import tiny_families
import torch
from diffusers import Flux2KleinPipeline

from fooocus_lite.engine.latents import encoded, grid
from fooocus_lite.thinking.families import FAMILIES


@pytest.mark.parametrize("name", ["flux1", "qwen-image", "chroma"])
def test_packed_latents_come_back_as_the_grid_they_were(name: str) -> None:
    family = FAMILIES[name]
    pipeline = getattr(diffusers, family.pipeline)
    cells = torch.arange(2 * 16 * 12 * 8.0).reshape(2, 16, 12, 8)
    packed = pipeline._pack_latents(cells, 2, 16, 12, 8)
    assert grid(packed, family.latents, None, width=64, height=96).equal(cells)


def test_normalised_patches_come_back_as_the_vaes_own_numbers(tmp_path: Path) -> None:
    folder = tiny_families.build("flux2-klein", tmp_path / "klein")
    pipeline = Flux2KleinPipeline.from_pretrained(folder, local_files_only=True)
    pixels = torch.rand(1, 3, 96, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        normalised = pipeline._encode_vae_image(pixels, torch.Generator())
    packed = pipeline._pack_latents(normalised)
    cells = grid(packed, FAMILIES["flux2-klein"].latents, pipeline.vae, width=64, height=96)
    torch.testing.assert_close(cells, encoded(pixels, pipeline.vae), atol=1e-4, rtol=1e-4)


def test_latents_that_are_no_sequence_stay_as_they_are() -> None:
    cells = torch.randn(1, 4, 12, 8)
    assert grid(cells, FAMILIES["sdxl"].latents, None, width=64, height=96) is cells


@pytest.mark.parametrize("name", [n for n in FAMILIES if not FAMILIES[n].latents.is_packed])
def test_what_a_vae_encodes_is_what_its_pipeline_decodes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = FAMILIES[name]
    folder = tiny_families.build(name, tmp_path / name)
    pipeline = getattr(diffusers, family.pipeline).from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    vae, side = pipeline.vae, 4 * family.latents.factor
    pixels = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    cells = encoded(pixels, vae)
    assert cells.shape == (1, family.latents.channels, 4, 4)
    decode, decoded = vae.decode, list[torch.Tensor]()

    def noted(latents: torch.Tensor, *rest: Any, **named: Any) -> Any:
        decoded.append(latents)
        return decode(latents, *rest, **named)

    monkeypatch.setattr(vae, "decode", noted)
    # The last of the steps leaves what the encoder gave.
    given = {"latents": cells}
    pipeline(
        "a cat",
        **family.call,
        height=side,
        width=side,
        num_inference_steps=1,
        callback_on_step_end=lambda *_: dict(given),
    )
    found = vae.encode(pixels)
    raw = found.latent if hasattr(found, "latent") else found.latent_dist.mode()
    torch.testing.assert_close(decoded[0], raw, atol=1e-5, rtol=1e-5)


def test_qwens_mean_and_spread_are_taken_out_channel_by_channel(tmp_path: Path) -> None:
    folder = tiny_families.build("qwen-image", tmp_path / "qwen")
    pipeline = diffusers.QwenImagePipeline.from_pretrained(folder, dtype=torch.float32)
    pixels = torch.zeros(1, 3, 32, 32)
    config = pipeline.vae.config
    with torch.no_grad():
        raw = pipeline.vae.encode(pixels[:, :, None]).latent_dist.mode()[:, :, 0]
    mean, std = (
        torch.tensor(config[f"latents_{each}"]).view(1, -1, 1, 1) for each in ("mean", "std")
    )
    torch.testing.assert_close(encoded(pixels, pipeline.vae), (raw - mean) / std)
