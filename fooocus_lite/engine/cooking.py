"""From a recipe and loaded models to the numbers of a picture: by words, by two models, or from
another picture.
"""

from typing import Any

import PIL.Image
import torch

from ..recipe import Recipe
from . import image_to_image, previews, refining
from .latents import grid
from .progress import Progress
from .shelf import Loaded


def pixels(
    ready: Loaded,
    refiner: Loaded | None,
    recipe: Recipe,
    image: PIL.Image.Image | None,
    progress: Progress,
    glimpse: previews.Glimpse,
) -> torch.Tensor:
    """The picture's numbers [1, 3, height, width] in 0..1; the scheduler is built.

    `refiner` is None when the recipe has none, `image` when it starts from none.
    """
    call: dict[str, Any] = {
        **ready.family.call,
        ready.family.guidance_argument: recipe.guidance_scale,
        "num_inference_steps": recipe.num_inference_steps,
        # Noise from the CPU is the same on every device.
        "generator": torch.Generator("cpu").manual_seed(recipe.seed),
        "callback_on_step_end": progress.step_end,
    }
    if image is not None:
        return image_to_image.cook(ready, recipe, image, call)
    if refiner is not None:
        return refining.cook(ready, refiner, recipe, progress, glimpse, call)
    made: torch.Tensor = ready.pipeline(
        **ready.conditions.arguments(recipe),
        **call,
        width=recipe.width,
        height=recipe.height,
        output_type="pt",
    ).images
    return made


def preview(recipe: Recipe, ready: Loaded, glimpse: previews.Glimpse) -> bytes | None:
    """A JPEG of what the picture will be as far as is known, None before the first step."""
    latents = glimpse.expected()
    if latents is None or ready.latent_map is None:
        return None
    form, vae = ready.family.latents, ready.pipeline.vae
    cells = grid(latents, form, vae, recipe.width, recipe.height)
    return previews.jpeg(cells, ready.latent_map)
