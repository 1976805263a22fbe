"""The memory planner: facts in, a plan that fits out."""

from dataclasses import replace

import pytest

from fooocus_lite.thinking.memory import HardwareFacts, plan

CPU = HardwareFacts(device="cpu", name="A CPU", cores=4, free_ram_mib=16_000)
GPU = HardwareFacts(
    device="cuda",
    name="A GPU",
    cores=8,
    free_ram_mib=32_000,
    free_vram_mib=24_000,
    has_native_bf16=True,
)
MAC = HardwareFacts(device="mps", name="Apple GPU", cores=8, free_ram_mib=16_000)
STARTER_MIB, SDXL_MIB = 15, 6_600


@pytest.mark.parametrize(
    ("facts", "model_mib", "dtype"),
    [
        (CPU, STARTER_MIB, "float32"),
        (CPU, SDXL_MIB, "float32"),
        (replace(CPU, has_native_bf16=True), STARTER_MIB, "bfloat16"),
        (replace(CPU, has_native_bf16=True), SDXL_MIB, "bfloat16"),
        (GPU, STARTER_MIB, "float32"),
        (GPU, SDXL_MIB, "bfloat16"),
        (replace(GPU, has_native_bf16=False), SDXL_MIB, "float16"),
        (MAC, STARTER_MIB, "float32"),
        (MAC, SDXL_MIB, "float16"),
    ],
)
def test_dtype_follows_the_device_and_the_size(
    facts: HardwareFacts, model_mib: int, dtype: str
) -> None:
    assert plan(facts, model_mib).dtype == dtype


def test_a_model_that_fits_stays_on_the_gpu() -> None:
    made = plan(GPU, SDXL_MIB)
    assert (made.offload, made.has_vae_tiling) == ("none", False)
    assert "fits in the 24,000 MiB" in made.reason


@pytest.mark.parametrize("free_vram_mib", range(7_000, 24_001, 1_000))
def test_every_gpu_plan_fits_what_is_free(free_vram_mib: int) -> None:
    made = plan(replace(GPU, free_vram_mib=free_vram_mib), SDXL_MIB)
    assert made.expected_vram_mib <= free_vram_mib


def test_more_memory_never_gives_a_slower_plan() -> None:
    offloads = [
        plan(replace(GPU, free_vram_mib=mib), SDXL_MIB).offload for mib in range(4_000, 24_001, 500)
    ]
    assert offloads == sorted(offloads, key=lambda mode: mode == "none")
    assert set(offloads) == {"none", "model"}


def test_tight_memory_decodes_in_tiles_and_says_so() -> None:
    made = plan(replace(CPU, free_ram_mib=4_000), SDXL_MIB)
    assert made.has_vae_tiling
    assert "tiles" in made.reason


def test_threads_are_the_cores_and_at_least_one() -> None:
    assert plan(CPU, STARTER_MIB).threads == 4
    assert plan(replace(CPU, cores=0), STARTER_MIB).threads == 1


def test_the_label_is_short_and_the_reason_names_the_device() -> None:
    made = plan(replace(GPU, free_vram_mib=8_000), SDXL_MIB)
    assert made.label == "cuda bfloat16 offload vae tiling"
    assert made.reason.startswith("A GPU: bfloat16, because")
