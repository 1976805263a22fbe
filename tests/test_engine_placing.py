"""Every way of placing a model that runs on a CPU, against the same model simply loaded."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import tiny_families
import torch
from diffusers import DiffusionPipeline

from fooocus_lite.engine import placing
from fooocus_lite.engine.kitchen import Kitchen
from fooocus_lite.engine.loras import LoRAs
from fooocus_lite.recipe import ImageRequest, LoRA, Recipe
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.memory import HardwareFacts, MemoryPlan

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
CLIP_FAMILIES = ("starter", "sdxl", "sd15")


@pytest.fixture(scope="module")
def models(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("placing")
    return {"sdxl": tiny_model, "sd15": tiny.build_sd15(folder / "sd15")}


def pixels(
    folder: Path, plan: MemoryPlan, side: int = SIDE, lora: Path | None = None, **call: Any
) -> Any:
    """One picture [side, side, 3] in 0..1 of the model, loaded and placed for this plan alone."""
    pipeline = DiffusionPipeline.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    placing.place(pipeline, plan)
    if lora is not None:
        LoRAs(pipeline).apply([LoRA(name="wobble", weight=0.7)], {"wobble": lora})
    try:
        return pipeline(
            prompt="a red circle",
            width=side,
            height=side,
            num_inference_steps=2,
            generator=torch.Generator("cpu").manual_seed(3),
            output_type="np",
            **call,
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


@pytest.mark.no_cover
@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in CLIP_FAMILIES])
def test_every_family_can_be_placed_in_every_way(tmp_path: Path, family: str) -> None:
    folder, call = tiny_families.build(family, tmp_path / family), FAMILIES[family].call
    plain = pixels(folder, PLAIN, **call)
    for offload in ("model", "block", "leaf"):
        made = pixels(folder, replace(PLAIN, offload=offload), **call)
        # Weights that were moved lie elsewhere, and another place rounds the last digit otherwise.
        assert np.abs(made - plain).max() < 1e-5, offload
        narrow = pixels(folder, replace(PLAIN, offload=offload, storage="float8"), **call)
        assert 0 < np.abs(narrow - plain).mean() < 0.05, offload


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
    # diffusers offloads anew after a LoRA, and refuses that without an accelerator for "model".
    [{"offload": "block"}, {"offload": "leaf"}, {"storage": "float8"}],
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


@pytest.mark.parametrize("offload", ["model", "block", "leaf"])
def test_a_kitchen_cooks_the_same_picture_with_a_model_that_moves(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, offload: Any
) -> None:
    wanted = Recipe(
        model="starter",
        family="starter",
        prompt="a (red:1.3) circle",
        negative_prompt="blurry",
        num_inference_steps=2,
        guidance_scale=3.0,
        scheduler="euler",
        width=SIDE,
        height=SIDE,
        seed=7,
        request=ImageRequest(prompt="a red circle"),
    )
    pictures = []
    for plan in (PLAIN, replace(PLAIN, offload=offload)):
        kitchen = Kitchen(HardwareFacts(free_ram_mib=8_000))
        monkeypatch.setattr(kitchen.loader.planner, "plan", lambda *_, plan=plan: plan)
        for _ in range(2):
            kitchen.load(wanted, tiny.files(tiny_model), lambda _: None)
            pictures.append(kitchen.cook(wanted, lambda _: None, lambda: True).tobytes())
        assert kitchen.made_with().plan == plan.label
    assert len(set(pictures)) == 1


def test_only_four_bits_are_asked_for_when_loading() -> None:
    assert placing.quantization(replace(PLAIN, storage="float8"), "unet") == {}
    asked = placing.quantization(replace(PLAIN, storage="nf4", dtype="bfloat16"), "unet")
    config = asked["quantization_config"]
    assert config.components_to_quantize == ["unet"]
    assert config.quant_kwargs["bnb_4bit_compute_dtype"] is torch.bfloat16
