"""Precedence, sizes, seeds and names: from a request to recipes."""

from dataclasses import replace
from random import Random

import pytest

from fooocus_lite.errors import BadRequest, UnknownName
from fooocus_lite.recipe import MAX_SEED, ImageRequest, LoRA
from fooocus_lite.thinking.families import FAMILIES, STARTER
from fooocus_lite.thinking.pantry import Pantry
from fooocus_lite.thinking.presets import Preset
from fooocus_lite.thinking.resolve import resolve
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
    assert styled.negative_prompt == "blurry\ncolor"
    (plain,) = recipes(preset="full", styles=())
    assert plain.prompt == "a fox"


def test_styles_keep_their_order_and_what_they_add_stands_once():
    (recipe,) = recipes(styles=("ink", "DARK", "Ink"))
    assert recipe.prompt == "ink drawing of a fox\na fox, dark"
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


SDXL, Z_IMAGE = FAMILIES["sdxl"], FAMILIES["z-image"]
LARGE = Pantry(
    presets={
        "general": Preset(
            name="general", model="o/xl", family="sdxl", performance="Speed", aspect="9:16",
            guidance_scale=4, scheduler="heun", loras=(LoRA(name="film", weight=0.5),),
            negative_prompt="blurry",
        ),
        "turbo": Preset(name="turbo", model="o/turbo", family="z-image", is_distilled=True),
    },
    styles={},
    families={"o/xl": SDXL, "o/turbo": Z_IMAGE, "starter": STARTER},
    loras={"o/xl": frozenset({"ink"}), "o/turbo": frozenset(), "starter": frozenset()},
    default_preset="general",
)  # fmt: skip


def large(**values):
    return resolve(ImageRequest(prompt="a fox", **values), LARGE, Random(1))[0]


def test_a_performance_that_leaves_guidance_open_takes_the_presets():
    recipe = large()
    assert (recipe.num_inference_steps, recipe.guidance_scale, recipe.scheduler) == (30, 4, "heun")


def test_a_performance_with_a_lora_brings_it_along_and_sets_the_numbers():
    recipe = large(performance="lightning")
    assert (recipe.num_inference_steps, recipe.guidance_scale) == (4, 1)
    assert recipe.scheduler == "euler_trailing"
    assert [lora.name for lora in recipe.loras] == ["film", "sdxl_lightning_4step_lora"]
    assert recipe.loras[1].weight == 1


def test_a_performances_lora_is_never_there_twice():
    own = LARGE.presets["general"].model_copy(
        update={"loras": (LoRA(name="sdxl_lightning_4step_lora", weight=0.7),)}
    )
    pantry = replace(LARGE, presets={"general": own})
    (recipe,) = resolve(ImageRequest(prompt="a", performance="Lightning"), pantry, Random(1))
    assert recipe.loras == own.loras


def test_loras_a_person_names_replace_the_presets_and_are_checked():
    assert [each.name for each in large(loras=(LoRA(name="ink"),)).loras] == ["ink"]
    assert large(loras=()).loras == ()
    with pytest.raises(UnknownName):
        large(loras=(LoRA(name="film"),))


@pytest.mark.parametrize("name", ["ink", "Ink", "INK"])
def test_a_lora_is_found_in_any_case_a_persons_and_a_presets(name):
    assert large(loras=(LoRA(name=name, weight=0.5),)).loras == (LoRA(name="ink", weight=0.5),)
    own = LARGE.presets["general"].model_copy(update={"loras": (LoRA(name=name), LoRA(name="Far"))})
    pantry = replace(LARGE, presets={"general": own})
    (recipe,) = resolve(ImageRequest(prompt="a"), pantry, Random(1))
    assert [lora.name for lora in recipe.loras] == ["ink", "Far"]


def test_a_distilled_model_has_its_own_row_by_default_and_refuses_the_others():
    recipe = large(preset="turbo")
    assert (recipe.num_inference_steps, recipe.guidance_scale) == (9, 0)
    with pytest.raises(BadRequest, match=r"made for 9 steps\. Choose Speed") as caught:
        large(preset="turbo", performance="Quality")
    assert caught.value.allowed == ["Speed"]


def test_a_performance_without_a_lora_for_the_family_is_refused_with_the_reason():
    with pytest.raises(BadRequest, match="no Hyper-SD LoRA for this model") as caught:
        large(model="starter", performance="Hyper-SD")
    assert caught.value.field == "performance"


def test_a_scheduler_of_another_kind_of_model_is_refused():
    with pytest.raises(BadRequest, match="flow_euler does not suit SDXL") as caught:
        large(scheduler="flow_euler")
    assert "euler" in caught.value.allowed


def test_another_kind_of_model_takes_only_the_words_of_a_preset():
    recipe = large(model="starter")
    assert (recipe.width, recipe.height) == (256, 256)
    assert recipe.guidance_scale == STARTER.default_performance.guidance_scale
    assert recipe.loras == ()
    assert recipe.negative_prompt == "blurry"


@pytest.mark.parametrize(
    ("model", "way"),
    [("somebody/xl", "get it with `fooocus-lite models download somebody/xl`."), ("xl", "")],
)
def test_a_model_nobody_knows_says_how_it_would_come(model, way):
    with pytest.raises(UnknownName, match="no model called") as caught:
        recipes(model=model)
    assert caught.value.message.endswith(way or ".")
    assert ("download" in caught.value.message) == bool(way)
