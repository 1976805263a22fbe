"""Puts a loaded pipeline where its plan says, through diffusers' own switches.

What is placed stays placed: for another plan the pipeline is loaded again.
"""

from typing import Any

import torch
from diffusers.hooks import apply_group_offloading

from ..thinking.memory import MemoryPlan
from ..thinking.model_size import role_of

UNET_LEVELS = ("down_blocks", "mid_block", "up_blocks", "0", "1", "2", "3")
"""Of a UNet, what block offload looks into for its blocks: one of SDXL's levels is half of it."""
TILE_SIDE = 512
"""Pixels; a VAE made for large pictures would take tiles as large as they are."""


def place(pipeline: Any, plan: MemoryPlan) -> None:
    """Applies the plan to every part; the pipeline is then called as any other."""
    if plan.has_vae_tiling:
        _tile(pipeline.vae)
    denoiser = _denoiser(pipeline)
    if plan.storage == "float8":
        _narrow(denoiser, getattr(torch, plan.dtype))
    if plan.offload == "none":
        pipeline.to(plan.device)
    elif plan.offload == "model":
        pipeline.enable_model_cpu_offload(device=plan.device)
    else:
        _offload_groups(pipeline, denoiser, plan)


def quantization(plan: MemoryPlan, denoiser: str) -> dict[str, Any]:
    """What loading needs to be told so that weights arrive as the plan keeps them.

    Only 4 bits: 8-bit weights are narrowed once they are loaded.
    """
    if plan.storage != "nf4":
        return {}
    from diffusers import PipelineQuantizationConfig

    settings = {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_compute_dtype": getattr(torch, plan.dtype),
    }
    return {
        "quantization_config": PipelineQuantizationConfig(
            quant_backend="bitsandbytes_4bit",
            quant_kwargs=settings,
            components_to_quantize=[denoiser],
        )
    }


def _narrow(denoiser: Any, compute_dtype: torch.dtype) -> None:
    """Keeps weights in 8 bits, and widens those of a layer while it computes."""
    storage_dtype = torch.float8_e4m3fn
    denoiser.enable_layerwise_casting(storage_dtype=storage_dtype, compute_dtype=compute_dtype)
    for layer in denoiser.modules():
        if getattr(getattr(layer, "weight", None), "dtype", None) == storage_dtype:
            # What peft makes a LoRA's layers in; it would take the dtype of the weights otherwise,
            # in which most numbers of a LoRA are zero, and which nothing widens.
            layer.compute_dtype = compute_dtype


def _offload_groups(pipeline: Any, denoiser: Any, plan: MemoryPlan) -> None:
    """The denoiser in groups, text encoders leaf by leaf, and everything small stays there.

    Text encoders keep their layers deeper than block offload looks for them.
    """
    device = torch.device(plan.device)
    streams: dict[str, Any] = {"use_stream": plan.has_streams}
    # A UNet's blocks are models of their own, which without a stream would not leave the device.
    has_levels = plan.has_streams and hasattr(denoiser, "mid_block")
    for name, part in pipeline.components.items():
        if part is denoiser:
            denoiser.enable_group_offload(
                onload_device=device,
                offload_type=f"{plan.offload}_level",
                num_blocks_per_group=1 if plan.offload == "block" else None,
                block_modules=[*UNET_LEVELS] if has_levels else None,
                **streams,
            )
        elif role_of(name) == "text" and isinstance(part, torch.nn.Module):
            apply_group_offloading(part, onload_device=device, offload_type="leaf_level", **streams)
        elif isinstance(part, torch.nn.Module):
            part.to(device)


def _denoiser(pipeline: Any) -> Any:
    """The part that is asked at every step."""
    parts = pipeline.components.items()
    return next(part for name, part in parts if role_of(name) == "denoiser" and part is not None)


def _tile(vae: Any) -> None:
    """Decoding in tiles of at most TILE_SIDE, which overlap and are blended."""
    vae.enable_tiling()
    side = getattr(vae, "tile_sample_min_size", None)
    if side is not None and side > TILE_SIDE:
        vae.tile_latent_min_size = vae.tile_latent_min_size * TILE_SIDE // side
        vae.tile_sample_min_size = TILE_SIDE
