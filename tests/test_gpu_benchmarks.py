"""The half of the GPU benchmarks that needs no GPU: small models of the same shape, and plans."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.gpu import full_size, memory_plans
from benchmarks.gpu.full_size import SDXL, Z_IMAGE, Architecture
from fooocus_lite.engine import placing
from fooocus_lite.thinking.memory import HardwareFacts

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "gpu" / "memory_plans.py"
CARD = HardwareFacts(
    device="cuda",
    free_ram_mib=128_000,
    free_vram_mib=140_000,
    has_native_bf16=True,
    has_float8=True,
    has_streams=True,
)
CLIP = {"intermediate_size": 64, "num_attention_heads": 2, "num_hidden_layers": 2}
SMALL_VAE = {"block_out_channels": [8, 8, 16, 16], "norm_num_groups": 4, "sample_size": 64}
SMALL_SDXL = Architecture(
    "SDXL",
    denoiser=SDXL.denoiser
    | {
        "block_out_channels": [32, 32, 64],
        "transformer_layers_per_block": [1, 1, 1],
        "attention_head_dim": [2, 2, 2],
        "cross_attention_dim": 96,
        "addition_time_embed_dim": 16,
        "projection_class_embeddings_input_dim": 6 * 16 + 64,
    },
    text=(CLIP | {"hidden_size": 32}, CLIP | {"hidden_size": 64, "projection_dim": 64}),
    vae=SDXL.vae | SMALL_VAE,
)
SMALL_Z_IMAGE = Architecture(
    "Z-Image",
    denoiser={
        "dim": 32,
        "n_layers": 2,
        "n_refiner_layers": 1,
        "n_heads": 2,
        "n_kv_heads": 2,
        "cap_feat_dim": 32,
        "axes_dims": [4, 6, 6],
        "axes_lens": [1024, 64, 64],
    },
    text=(
        {
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "head_dim": 16,
        },
    ),
    vae=Z_IMAGE.vae | SMALL_VAE,
)
SMALL = {"SDXL": (full_size.sdxl, SMALL_SDXL), "Z-Image": (full_size.z_image, SMALL_Z_IMAGE)}


@pytest.fixture(scope="module", params=SMALL)
def pipeline(request: pytest.FixtureRequest) -> Any:
    build, model = SMALL[request.param]
    return build(model)


def test_a_small_model_is_made_filled_and_runs(pipeline: Any) -> None:
    size = full_size.size_of(pipeline)
    plan = memory_plans.plans(HardwareFacts(), size, memory_plans.Picture(64, 64))[0]
    placing.place(pipeline, plan)
    assert memory_plans.run(pipeline, "cpu", 64, 3) > 0
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            assert {value.dtype for value in part.parameters()} == {torch.bfloat16}
            assert not any(value.is_meta for value in part.parameters())


def test_every_weight_is_counted(pipeline: Any) -> None:
    size = full_size.size_of(pipeline)
    parts = [part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)]
    assert size.parameters == sum(p.numel() for part in parts for p in part.parameters())
    assert size.denoiser.name in ("unet", "transformer")


@pytest.mark.parametrize(("model", "parameters_m"), [("SDXL", 3_469), ("Z-Image", 10_262)])
def test_the_full_size_is_that_of_the_published_model(model: str, parameters_m: int) -> None:
    size = full_size.size_of(full_size.MODELS[model](device="meta"))
    assert size.parameters / 1e6 == pytest.approx(parameters_m, rel=0.02)
    labels = []
    for card_gb in memory_plans.CARDS_GB:
        first = memory_plans.ladder(CARD, size, card_gb)[0]
        assert first.needed_mib <= card_gb * 1024
        assert not first.is_tight
        labels.append(first.label)
    assert "offload" in labels[0]
    assert "offload" not in labels[-1]


@pytest.mark.skipif(torch.cuda.is_available(), reason="with a GPU it measures, for minutes")
def test_without_a_gpu_it_says_that_nothing_was_measured() -> None:
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "no CUDA GPU: unmeasured"
