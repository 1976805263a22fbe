"""What weights, negative prompts and long prompts do to pictures of the starter."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tiny
from PIL import Image

from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.thinking.families import STARTER
from training.measures import measure_background, name_object

Paint = Callable[..., Image.Image]


@pytest.fixture(scope="module")
def paint(starter: Path) -> Paint:
    """A function from a prompt and a negative prompt to the picture of one warm kitchen."""
    from fooocus_lite.engine.kitchen import Kitchen

    kitchen = Kitchen()

    def painted(prompt: str, negative_prompt: str = "") -> Image.Image:
        recipe = Recipe(
            model=STARTER.name,
            family=STARTER.name,
            prompt=prompt,
            negative_prompt=negative_prompt,
            num_inference_steps=12,
            guidance_scale=STARTER.guidance_scale,
            scheduler="dpmpp_2m",
            width=256,
            height=256,
            seed=5,
            request=ImageRequest(prompt="a circle"),
        )
        kitchen.load(recipe, tiny.files(starter), lambda _: None)
        return kitchen.cook(recipe, lambda _: None, lambda: False)

    return painted


def redness(picture: Image.Image) -> float:
    """Mean of red less blue, -255..255."""
    pixels = np.asarray(picture, float)
    return float((pixels[..., 0] - pixels[..., 2]).mean())


def test_a_weight_shifts_the_mean_hue_towards_its_word(paint: Paint) -> None:
    prompt = "a ({}red:{}) and (blue:{}) circle on a white background"
    bluer, even, redder = (
        redness(paint(prompt.format("", *weights))) for weights in ((0.5, 1.5), (1, 1), (1.5, 0.5))
    )
    assert bluer + 5 < even < redder - 5
    assert even + 3 < redness(paint("a (red:1.5) and blue circle on a white background"))


def test_a_negative_prompt_removes_a_colour(paint: Paint) -> None:
    prompt = "a purple circle on a white background"
    without_red, whole, without_blue = (
        redness(paint(prompt, negative_prompt)) for negative_prompt in ("red", "", "blue")
    )
    assert without_red + 8 < whole < without_blue - 8


def test_a_prompt_of_200_words_is_drawn_as_a_short_one(paint: Paint) -> None:
    red, blue = (
        paint(f"a {color} circle on a white background, " * 29) for color in ("red", "blue")
    )
    assert redness(blue) + 40 < redness(red)
    for picture in (red, blue):
        assert (name_object(picture), measure_background(picture)) == ("circle", "white")
