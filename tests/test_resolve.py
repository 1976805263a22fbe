"""Precedence, sizes, seeds and names: from a request to recipes."""

from random import Random

import pytest

from fooocus_lite.errors import BadRequest, UnknownName
from fooocus_lite.recipe import MAX_SEED, ImageRequest, LoRA
from fooocus_lite.thinking.families import STARTER
from fooocus_lite.thinking.presets import Preset
from fooocus_lite.thinking.resolve import Pantry, resolve
from fooocus_lite.thinking.styles import Style

PANTRY = Pantry(
    presets={
        "plain": Preset(name="plain", model="starter"),
        "full": Preset(
            name="full",
            model="starter",
            performance="Speed",
            aspect="3:2",
            styles=("Ink",),
            negative_prompt="blurry",
            num_inference_steps=7,
            guidance_scale=9,
            scheduler="ddim",
        ),
        "bare": Preset(name="bare", model="starter", num_inference_steps=7, scheduler="ddim"),
    },
    styles={
        "Ink": Style(name="Ink", prompt="ink drawing of {prompt}", negative_prompt="color"),
        "Dark": Style(name="Dark", prompt="{prompt}, dark", negative_prompt="color"),
    },
    families={"starter": STARTER},
    loras={"starter": frozenset({"chalk"})},
    default_preset="plain",
)


def recipes(**values):
    return resolve(ImageRequest(prompt="a fox", **values), PANTRY, Random(1))


def test_a_bare_prompt_gets_the_familys_defaults():
    (recipe,) = recipes()
    best = STARTER.default_performance
    assert recipe.num_inference_steps == best.num_inference_steps
    assert recipe.guidance_scale == best.guidance_scale
    assert recipe.scheduler == best.scheduler
    assert (recipe.width, recipe.height) == (256, 256)
    assert recipe.prompt == "a fox"


def test_preset_beats_family():
    (recipe,) = recipes(preset="bare")
    assert (recipe.num_inference_steps, recipe.scheduler) == (7, "ddim")
    assert recipe.guidance_scale == STARTER.default_performance.guidance_scale


def test_performance_beats_preset():
    (recipe,) = recipes(preset="full")
    assert (recipe.num_inference_steps, recipe.scheduler) == (12, "dpmpp_2m")
    (recipe,) = recipes(preset="full", performance="quality")
    assert recipe.num_inference_steps == 20


def test_user_override_beats_performance():
    (recipe,) = recipes(
        preset="full", performance="Quality", num_inference_steps=3, guidance_scale=0
    )
    assert (recipe.num_inference_steps, recipe.guidance_scale) == (3, 0)


def test_preset_styles_apply_unless_the_person_chose_none():
    (styled,) = recipes(preset="full")
    assert styled.prompt == "ink drawing of a fox"
    assert styled.negative_prompt == "blurry, color"
    (plain,) = recipes(preset="full", styles=())
    assert plain.prompt == "a fox"


def test_styles_keep_their_order_and_what_they_add_stands_once():
    (recipe,) = recipes(styles=("ink", "DARK", "Ink"))
    assert recipe.prompt == "ink drawing of a fox, dark"
    assert recipe.negative_prompt == "color"
    assert recipe.styles == ("Ink", "Dark")


def test_pictures_get_consecutive_seeds_that_wrap_at_the_largest():
    assert [each.seed for each in recipes(seed=7, count=3)] == [7, 8, 9]
    assert [each.seed for each in recipes(seed=MAX_SEED, count=2)] == [MAX_SEED, 0]


def test_a_random_seed_comes_from_the_generator_passed_in():
    assert recipes()[0].seed == recipes()[0].seed
    assert recipes()[0].request.seed == -1


@pytest.mark.parametrize(("text", "size"), [("3:2", (240, 160)), (" 9 : 16 ", (144, 256))])
def test_aspect_names_give_the_familys_pixels(text, size):
    (recipe,) = recipes(aspect=text)
    assert (recipe.width, recipe.height) == size


@pytest.mark.parametrize(
    ("width", "nearest"),
    [(250, ["248", "256"]), (516, ["512"]), (4000, ["512"]), (65, ["64", "72"])],
)
def test_a_size_the_model_cannot_make_names_the_nearest(width, nearest):
    with pytest.raises(BadRequest) as caught:
        recipes(width=width, height=256)
    assert caught.value.allowed == nearest
    assert str(width) in caught.value.message
    assert caught.value.field == "width"


@pytest.mark.parametrize(
    ("values", "field", "hint"),
    [
        ({"styles": ("Inc",)}, "style", "Ink"),
        ({"preset": "ful"}, "preset", "full"),
        ({"scheduler": "eulr"}, "scheduler", "euler"),
        ({"performance": "Sped"}, "performance", "Speed"),
        ({"aspect": "7:5"}, "aspect", "3:2"),
        ({"model": "startr"}, "model", "starter"),
        ({"loras": (LoRA(name="chalc"),)}, "lora", "chalk"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(values, field, hint):
    with pytest.raises(UnknownName) as caught:
        recipes(**values)
    assert caught.value.field == field
    assert hint in caught.value.message
