"""Every way of placing a model that runs on a CPU, against the same model simply loaded."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from diffusers import DiffusionPipeline

from fooocus_lite.engine import placing
from fooocus_lite.thinking.memory import MemoryPlan

PLAIN = MemoryPlan(
    device="cpu",
    dtype="float32",
    threads=1,
    offload="none",
    has_vae_tiling=False,
    expected_vram_mib=0,
    expected_ram_mib=10,
    needed_mib=10,
    reason="",
)
SIDE = 64


@pytest.fixture(scope="module")
def models(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("placing")
    return {"sdxl": tiny_model, "sd15": tiny.build_sd15(folder / "sd15")}


def pixels(folder: Path, plan: MemoryPlan, side: int = SIDE, lora: Path | None = None) -> Any:
    """One picture [side, side, 3] in 0..1 of the model, loaded and placed for this plan alone."""
    pipeline = DiffusionPipeline.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    placing.place(pipeline, plan)
    if lora is not None:
        pipeline.load_lora_weights(lora, adapter_name="wobble")
        pipeline.set_adapters(["wobble"], [0.7])
    try:
        return pipeline(
            "a red circle",
            width=side,
            height=side,
            num_inference_steps=2,
            generator=torch.Generator("cpu").manual_seed(3),
            output_type="np",
        ).images[0]
    finally:
        pipeline.maybe_free_model_hooks()


@pytest.mark.parametrize("model", ["sdxl", "sd15"])
@pytest.mark.parametrize("offload", ["none", "model", "block", "leaf"])
def test_where_the_weights_wait_changes_no_pixel(
    models: dict[str, Path], model: str, offload: Any
) -> None:
    plain = pixels(models[model], PLAIN)
    assert plain.std() > 0.02
    assert np.array_equal(pixels(models[model], replace(PLAIN, offload=offload)), plain)


@pytest.mark.parametrize("offload", ["none", "model", "block", "leaf"])
def test_eight_bit_weights_change_little_wherever_they_wait(
    models: dict[str, Path], offload: Any
) -> None:
    plain = pixels(models["sdxl"], PLAIN)
    made = pixels(models["sdxl"], replace(PLAIN, storage="float8", offload=offload))
    difference = np.abs(made - plain).mean()
    assert 0 < difference < 0.05
    assert np.array_equal(made, pixels(models["sdxl"], replace(PLAIN, storage="float8")))


def test_tiles_change_little_and_nothing_when_one_is_enough(models: dict[str, Path]) -> None:
    tiled = replace(PLAIN, has_vae_tiling=True)
    assert np.array_equal(pixels(models["sdxl"], tiled), pixels(models["sdxl"], PLAIN))
    plain, made = (pixels(models["sdxl"], plan, side=128) for plan in (PLAIN, tiled))
    assert 0 < np.abs(made - plain).mean() < 0.1


def test_a_large_vae_takes_tiles_of_512_pixels() -> None:
    class Vae:
        tile_sample_min_size, tile_latent_min_size = 1024, 128
        is_tiled = False

        def enable_tiling(self) -> None:
            self.is_tiled = True

    vae = Vae()
    placing._tile(vae)
    assert (vae.is_tiled, vae.tile_sample_min_size, vae.tile_latent_min_size) == (True, 512, 64)


@pytest.mark.parametrize(
    "changes",
    [{"offload": "model"}, {"offload": "block"}, {"offload": "leaf"}, {"storage": "float8"}],
    ids=str,
)
def test_a_lora_comes_into_a_placed_model(
    models: dict[str, Path], tiny_lora: Path, changes: dict[str, Any]
) -> None:
    plan = replace(PLAIN, **changes)
    plain = pixels(models["sdxl"], PLAIN, lora=tiny_lora)
    made = pixels(models["sdxl"], plan, lora=tiny_lora)
    assert np.abs(made - pixels(models["sdxl"], plan)).mean() > 0.01
    assert np.abs(made - plain).mean() < (0.05 if plan.losses else 1e-6)


def test_only_four_bits_are_asked_for_when_loading() -> None:
    assert placing.quantization(replace(PLAIN, storage="float8"), "unet") == {}
    asked = placing.quantization(replace(PLAIN, storage="nf4", dtype="bfloat16"), "unet")
    config = asked["quantization_config"]
    assert config.components_to_quantize == ["unet"]
    assert config.quant_kwargs["bnb_4bit_compute_dtype"] is torch.bfloat16
