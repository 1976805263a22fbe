"""A picture that starts from another, in words: who may, how large, how many steps."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from fooocus_lite.errors import BadRequest
from fooocus_lite.recipe import ImageRequest, Recipe, request_from
from fooocus_lite.thinking import metadata
from fooocus_lite.thinking.costs import Way, cost, picture_of
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.image_to_image import CANNOT_START
from fooocus_lite.thinking.model_size import ModelSize, Part
from fooocus_lite.thinking.pantry import Pantry
from fooocus_lite.thinking.presets import Preset
from fooocus_lite.thinking.resolve import resolve

IMAGE = "ab" * 32


def resolved(family: str, size: tuple[int, int] | None = (300, 200), **asked: Any) -> Recipe:
    """For a picture of this size; None when it is not there."""
    preset = asked.pop("of_preset", {})
    pantry = Pantry(
        presets={"mine": Preset(name="mine", model="model", family=family, **preset)},
        styles={},
        families={"model": FAMILIES[family]},
        loras={"model": frozenset()},
        default_preset="mine",
        inputs={IMAGE: size} if size else {},
    )
    request = ImageRequest(prompt="a fox", image=IMAGE, **asked)
    return resolve(request, pantry, Random(1))[0]


def test_words_alone_are_text_to_image_and_old_recipes_still_load() -> None:
    made = resolved("starter").model_copy(
        update={"task": "text-to-image", "image": None, "strength": None}
    )
    old = made.model_dump(mode="json", exclude={"image", "strength"})
    assert Recipe.model_validate(old) == made
    assert made.steps_made == made.num_inference_steps


@pytest.mark.parametrize(
    ("size", "asked", "expected"),
    [
        ((300, 200), {}, (240, 160)),
        ((200, 300), {}, (160, 240)),
        ((5000, 5000), {}, (256, 256)),
        ((9000, 10), {}, (256, 144)),
        ((300, 200), {"aspect": "1:1"}, (256, 256)),
        ((300, 200), {"width": 128, "height": 64}, (128, 64)),
        ((300, 200), {"of_preset": {"aspect": "9:16"}}, (240, 160)),
        ((300, 200), {"of_preset": {"width": 128, "height": 128}}, (160, 104)),
        ((500, 500), {"of_preset": {"width": 160, "height": 96}}, (128, 128)),
    ],
)
def test_its_shape_is_what_was_asked_when_nothing_else_was(
    size: tuple[int, int], asked: dict[str, Any], expected: tuple[int, int]
) -> None:
    made = resolved("starter", size, **asked)
    assert (made.width, made.height) == expected
    assert (made.task, made.image) == ("image-to-image", IMAGE)


def test_strength_is_the_persons_else_the_familys() -> None:
    assert resolved("starter", strength=0.9).strength == 0.9
    for name, family in FAMILIES.items():
        if family.img2img:
            assert resolved(name).strength == family.strength


@pytest.mark.parametrize("name", [name for name in FAMILIES if not FAMILIES[name].img2img])
def test_a_family_that_cannot_says_its_name_and_who_can(name: str) -> None:
    with pytest.raises(BadRequest, match=f"{FAMILIES[name].title} cannot.*SDXL") as caught:
        resolved(name)
    assert caught.value.field == "image"


@pytest.mark.parametrize("scheduler", CANNOT_START)
def test_a_scheduler_that_cannot_is_refused_with_those_that_can(scheduler: str) -> None:
    with pytest.raises(BadRequest, match="cannot start") as caught:
        resolved("sd35", scheduler=scheduler)
    assert caught.value.allowed == ["flow_euler"]


def test_a_picture_that_is_not_there_is_asked_for_again() -> None:
    with pytest.raises(BadRequest, match=r"Add it again") as caught:
        resolved("starter", size=None)
    assert caught.value.field == "image"


@pytest.mark.parametrize(
    "values", [{"strength": 0.5}, {"image": IMAGE, "strength": 0}, {"image": IMAGE[:-1]}]
)
def test_strength_needs_an_image_and_an_image_its_whole_id(values: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=r"strength|image"):
        request_from({"prompt": "a fox", **values})


@pytest.mark.parametrize(
    "changes",
    [
        {"strength": None},
        {"image": None},
        {"task": "text-to-image"},
        {"image": None, "strength": None},
        {"refiner": "polish", "refiner_switch": 0.8},
    ],
)
def test_a_recipe_has_all_of_it_or_nothing(changes: dict[str, Any]) -> None:
    values = resolved("starter").model_dump(mode="json")
    with pytest.raises(ValidationError, match="image-to-image"):
        Recipe.model_validate(values | changes)


@pytest.mark.parametrize(
    ("steps", "strength", "made"),
    [(20, 0.6, 12), (10, 0.7, 7), (4, 0.6, 2), (4, 0.05, 1), (9, 1.0, 9), (150, 0.29, 44)],
)
def test_the_steps_made_are_the_share_that_strength_says(
    steps: int, strength: float, made: int
) -> None:
    recipe = resolved("starter", num_inference_steps=steps, strength=strength)
    assert recipe.steps_made == made
    assert picture_of(recipe, FAMILIES["starter"]).num_inference_steps == made


def test_there_is_no_refiner_for_it() -> None:
    refined = {"refiner": "polish", "refiner_switch": 0.8}
    assert resolved("sdxl", of_preset=refined).refiner is None


def test_other_programs_read_the_strength_and_ours_comes_back_whole() -> None:
    recipe = resolved("starter", strength=0.35)
    assert ", Denoising strength: 0.35, " in metadata.to_parameters(recipe, "1")
    assert metadata.from_json(metadata.to_json(recipe, None))[0] == recipe


def test_a_moved_model_keeps_its_vae_beside_the_denoiser() -> None:
    unet = Part("unet", "denoiser", 2_000_000_000, 10**8, 10**8, 10**7)
    size = ModelSize((unet, Part("vae", "decoder", 500_000_000, 10**6, 10**6, 10**5)))
    way, started = Way("float16", "model"), picture_of(resolved("sdxl"), FAMILIES["sdxl"])
    alone = cost(size, way, replace(started, has_image=False)).device_mib
    assert cost(size, way, started).device_mib - alone == pytest.approx(954, abs=1)
