"""A picture that starts from another one: encoded, made noisy, and denoised from there."""

import inspect
from fractions import Fraction
from typing import Any

import diffusers
import PIL.Image
import PIL.ImageOps
import torch

from ..errors import BadRequest
from ..recipe import Recipe
from .shelf import Loaded


def cook(
    loaded: Loaded, recipe: Recipe, image: PIL.Image.Image, call: dict[str, Any]
) -> torch.Tensor:
    """The picture's numbers [1, 3, height, width] in 0..1, in `recipe.steps_made` steps.

    `image` is cut to the recipe's shape around its middle; `call` is what any pipeline of the
    family is told. Meng et al. 2021 (arXiv:2108.01073, "SDEdit").
    """
    size = (recipe.width, recipe.height)
    pipeline = pipeline_around(loaded)
    told = {
        **loaded.conditions.arguments(recipe),
        **call,
        "image": PIL.ImageOps.fit(image, size, PIL.Image.Resampling.LANCZOS),
        # Of floats some pipelines round up and some down; of a fraction there is nothing to round.
        "strength": Fraction(recipe.steps_made, recipe.num_inference_steps),
        "output_type": "pt",
    }
    if "width" in inspect.signature(pipeline.__call__).parameters:
        told |= {"width": recipe.width, "height": recipe.height}
    pixels: torch.Tensor = pipeline(**told).images
    return pixels


def pipeline_around(loaded: Loaded) -> Any:
    """The family's image-to-image pipeline around the parts of a loaded one: no second copy.

    diffusers' own `from_pipe` would turn all of them into float32. Where a plan moves parts, its
    hooks hang on these, so they go on moving. Raises BadRequest for a family that has none.
    """
    family, pipeline = loaded.family, loaded.pipeline
    if family.img2img is None:
        raise BadRequest(f"{family.title} cannot start from a picture.", field="image")
    kind = getattr(diffusers, family.img2img)
    given = {**pipeline.config, **pipeline.components}
    wanted = inspect.signature(kind.__init__).parameters
    around = kind(**{name: value for name, value in given.items() if name in wanted})
    around.set_progress_bar_config(disable=True)
    # The one that remembers what it has encoded.
    around.encode_prompt = pipeline.encode_prompt
    return around
