"""Latents as a grid of cells: out of a denoiser's form, and out of pictures.

Both give the same numbers for the same picture: those the denoiser works with, but for families
that normalise patches, where they are the VAE's own.
"""

from typing import Any

import torch

from ..thinking.families import Latents

PATCH = 2


def grid(latents: torch.Tensor, form: Latents, vae: Any, width: int, height: int) -> torch.Tensor:
    """[B, channels, height/factor, width/factor] of what a step works with for these pixels."""
    if not form.is_packed:
        return latents
    rows, columns = (side // form.factor // PATCH for side in (height, width))
    if hasattr(vae, "bn"):
        variance = vae.bn.running_var + vae.config.batch_norm_eps
        latents = latents * variance.sqrt().to(latents) + vae.bn.running_mean.to(latents)
    # [B, rows, columns, C, y, x] to [B, C, rows, y, columns, x]
    patches = latents.reshape(len(latents), rows, columns, -1, PATCH, PATCH)
    return patches.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)


@torch.no_grad()
def encoded(pixels: torch.Tensor, vae: Any) -> torch.Tensor:
    """The grid that the VAE makes of pictures [B, 3, H, W] in -1..1."""
    # Some VAEs were made for films, of which a picture is one frame.
    has_frames = next(vae.encoder.parameters()).ndim == 5
    found = vae.encode(pixels.unsqueeze(2) if has_frames else pixels)
    cells: torch.Tensor = found.latent if hasattr(found, "latent") else found.latent_dist.mode()
    cells = cells.squeeze(2) if has_frames else cells
    if hasattr(vae, "bn"):
        return cells
    config = vae.config
    mean = _by_channel(config.get("latents_mean") or [config.get("shift_factor") or 0.0], cells)
    spread = _by_channel(config.get("latents_std") or [1.0], cells)
    scale: float = config.get("scaling_factor") or 1.0
    return (cells - mean) / spread * scale


def _by_channel(values: list[float], like: torch.Tensor) -> torch.Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, -1, 1, 1)
