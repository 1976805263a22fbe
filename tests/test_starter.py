"""Pictures mean what their prompts say: a part of benchmarks/starter_quality.py, as the program cooks.

Everything goes through the real kitchen with the plan of this machine. The thresholds leave room for
the small sample; the benchmark has the figures.
"""

from pathlib import Path

import pytest
from PIL import Image

from benchmarks.starter_quality import cases, judge, measure_background, measure_color, summary
from fooocus_lite.archive.compare import psnr
from fooocus_lite.recipe import ImageRequest, LoRA, Recipe
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.thinking.schedulers import SCHEDULERS

GOLDEN = Path(__file__).parent / "golden"
GOLDEN_PROMPTS = {
    "red-circle": "a red circle on a white background",
    "blue-house": "a blue house in the snow at night",
    "orange-cat": "a orange cat on a blue background",
    "pop-art-car": "a red car on a meadow, pop art",
}
TARGETS = {
    "object named": 0.75,
    "object colour": 0.85,
    "background": 0.9,
    "style trait": 0.85,
    "night darker than day": 0.9,
}


@pytest.fixture(scope="module")
def cook(starter, tmp_path_factory):
    """A function from a request to its picture, cooked by one warm kitchen."""
    from fooocus_lite.engine.kitchen import Kitchen

    studio = Studio(load({"home": tmp_path_factory.mktemp("home")}))
    loras = {file.stem: file for file in (starter / "loras").glob("*.safetensors")}
    kitchen = Kitchen()

    def cooked(request: ImageRequest, **changes) -> Image.Image:
        recipe: Recipe = studio.plan(request)[0].model_copy(update=changes)
        kitchen.load(recipe, starter, loras, lambda stage: None)
        return kitchen.cook(recipe, lambda step: None, lambda: False)

    return cooked


def request_for(case) -> ImageRequest:
    width, height = case.size
    return ImageRequest(prompt=case.prompt, width=width, height=height, seed=case.seed)


def test_pictures_show_what_was_asked_in_every_aspect(cook):
    chosen = cases()[::9] + [case for case in cases() if case.kind in ("day", "night")][:8]
    assert {case.size for case in chosen} == {case.size for case in cases()}
    table = summary(judge(chosen, [cook(request_for(case)) for case in chosen]))
    shares = {criterion: table[criterion]["all"] for criterion in TARGETS}
    assert all(shares[name] >= TARGETS[name] for name in TARGETS), shares


@pytest.mark.parametrize("scheduler", SCHEDULERS)
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


@pytest.mark.parametrize("name", GOLDEN_PROMPTS)
def test_a_golden_picture_stays_as_it_is(cook, name):
    """Other machines round otherwise; a changed model, prompt or scheduler moves far more."""
    picture = cook(ImageRequest(prompt=GOLDEN_PROMPTS[name], seed=11))
    with Image.open(GOLDEN / f"{name}.png") as golden:
        assert psnr(picture, golden) > 24


def test_words_it_never_saw_do_not_break_it(cook):
    picture = cook(ImageRequest(prompt="zyxglorp 🦊 ثعلب qwertz <script> a red circle", seed=3))
    darkest, lightest = picture.convert("L").getextrema()
    assert lightest - darkest > 40


def test_the_speed_row_draws_the_same_thing(cook):
    request = ImageRequest(
        prompt="a green tree on a white background", performance="Speed", seed=4
    )
    assert measure_color(cook(request)) == "green"


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
