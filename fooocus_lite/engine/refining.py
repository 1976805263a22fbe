"""One picture by two models: the base leaves latents with noise in them, the refiner ends them."""

from typing import Any

import torch

from ..recipe import Recipe
from . import schedulers
from .previews import Glimpse
from .progress import Progress
from .shelf import Loaded


def cook(
    base: Loaded,
    refiner: Loaded,
    recipe: Recipe,
    progress: Progress,
    glimpse: Glimpse,
    call: dict[str, Any],
) -> torch.Tensor:
    """The picture's numbers [1, 3, height, width] in 0..1, in `recipe.num_inference_steps` steps.

    `call` is what both pipelines are told; the base's scheduler is built. Each model keeps to its
    share of the noise levels it was trained on and no noise is added in between (Podell et al.
    2023, arXiv:2307.01952, as an "ensemble of experts": `denoising_end` and `denoising_start`).
    """
    switch, steps = recipe.refiner_switch, recipe.num_inference_steps
    if switch is None:
        raise RuntimeError("a recipe with a refiner and no switch")
    progress.part(0)
    latents = base.pipeline(
        **base.conditions.arguments(recipe),
        **call,
        width=recipe.width,
        height=recipe.height,
        denoising_end=switch,
        output_type="latent",
    ).images
    scheduler = schedulers.build(recipe.scheduler, refiner.scheduler_config, steps)
    refiner.pipeline.scheduler = scheduler
    glimpse.watch(scheduler)
    progress.part(base.pipeline.num_timesteps)
    pixels: torch.Tensor = refiner.pipeline(
        **refiner.conditions.arguments(recipe),
        **call,
        image=latents,
        denoising_start=switch,
        output_type="pt",
    ).images
    return pixels
