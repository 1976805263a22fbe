"""The starter as the program cooks it: every scheduler, golden pictures, its LoRAs.

What it draws in every size is measured in test_training_quality.py, without the program.
"""

from pathlib import Path

import pytest
import tiny
from PIL import Image

from fooocus_lite.archive.compare import psnr
from fooocus_lite.recipe import ImageRequest, LoRA, Recipe
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.thinking.families import STARTER
from training.measures import measure_background, measure_color

pytestmark = pytest.mark.no_cover
GOLDEN = Path(__file__).parent / "golden"
GOLDEN_PROMPTS = {
    "red-circle": "a red circle on a white background",
    "blue-house": "a blue house in the snow at night",
    "orange-cat": "an orange cat on a blue background",
    "pop-art-car": "a red car on a meadow, pop art",
}


@pytest.fixture(scope="module")
def cook(starter, tmp_path_factory):
    """A function from a request to its picture, cooked by one warm kitchen."""
    from fooocus_lite.engine.kitchen import Kitchen

    studio = Studio(load({"home": tmp_path_factory.mktemp("home")}))
    loras = {file.stem: file for file in (starter / "loras").glob("*.safetensors")}
    kitchen = Kitchen()

    def cooked(
        request: ImageRequest, start: Image.Image | None = None, index: int = 0, **changes
    ) -> Image.Image:
        recipe: Recipe = studio.orders.plan(request)[index].model_copy(update=changes)
        kitchen.load(recipe, tiny.files(starter, loras=loras), lambda _: None)
        return kitchen.cook(recipe, lambda _: None, lambda: False, start)

    return cooked


@pytest.mark.parametrize("scheduler", STARTER.schedulers)
def test_every_scheduler_gives_a_sane_picture(cook, scheduler):
    request = ImageRequest(
        prompt="a red circle on a white background",
        aspect="3:2",
        scheduler=scheduler,
        num_inference_steps=14,
        seed=5,
    )
    picture = cook(request)
    assert measure_color(picture) == "red"
    assert measure_background(picture) == "white"


@pytest.mark.parametrize(("strength", "colour"), [(0.1, "red"), (0.8, "blue")])
def test_a_little_change_keeps_what_was_there_and_a_lot_follows_the_words(cook, strength, colour):
    there = cook(ImageRequest(prompt="a red circle on a white background", seed=5))
    started = {"task": "image-to-image", "image": "0" * 64, "strength": strength}
    wanted = ImageRequest(prompt="a blue circle on a white background", seed=6)
    picture = cook(wanted, start=there, **started)
    assert (measure_color(picture), measure_background(picture)) == (colour, "white")


def test_an_array_of_colours_gives_a_picture_of_each(cook):
    request = ImageRequest(prompt="[[red, green, blue]] circle", performance="Speed", seed=5)
    drawn = [measure_color(cook(request, index=index)) for index in range(3)]
    assert drawn == ["red", "green", "blue"]


@pytest.mark.parametrize("name", GOLDEN_PROMPTS)
def test_a_golden_picture_stays_as_it_is(cook, name):
    """Other machines round otherwise; a changed model, prompt or scheduler moves far more."""
    picture = cook(ImageRequest(prompt=GOLDEN_PROMPTS[name], seed=11))
    with Image.open(GOLDEN / f"{name}.png") as golden:
        assert psnr(picture, golden) > 24


def test_the_lcm_lora_needs_four_steps_and_no_guidance(cook):
    request = ImageRequest(
        prompt="a red circle on a white background",
        loras=(LoRA(name="starter-lcm"),),
        scheduler="lcm",
        num_inference_steps=4,
        guidance_scale=1.0,
        seed=5,
    )
    picture = cook(request)
    assert (measure_color(picture), measure_background(picture)) == ("red", "white")
