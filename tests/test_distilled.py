"""Models that were made for few steps are known by their names, and by nothing else."""

from random import Random

import pytest

from fooocus_lite.recipe import ImageRequest
from fooocus_lite.thinking.distilled import is_named_distilled
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.pantry import Pantry
from fooocus_lite.thinking.presets import Preset, bare
from fooocus_lite.thinking.resolve import is_distilled, resolve

TURBO = "stabilityai/sdxl-turbo"


@pytest.mark.parametrize(
    "name",
    [
        TURBO,
        "sd_xl_turbo_1.0_fp16",
        "turbovisionxlSuperFastXL",
        "dreamshaperXL_lightningDPMSDE",
        "juggernautXL_v9Rdphoto2Lightning",
        "JuggernautXL_X_Hyper",
        "black-forest-labs/FLUX.1-schnell",
        "black-forest-labs/FLUX.2-klein-9B",
        "stabilityai/stable-diffusion-3.5-large-turbo",
        "own/sdxl-dmd2",
        "sub/animeLCM_lcm",
    ],
)
def test_a_name_tells_of_few_steps(name):
    assert is_named_distilled(name)


@pytest.mark.parametrize(
    "name",
    [
        "stabilityai/stable-diffusion-xl-base-1.0",
        "turbo-makers/plain",
        "hyperrealXL",
        "black-forest-labs/FLUX.1-dev",
        "black-forest-labs/FLUX.2-klein-base-4B",
        "Tongyi-MAI/Z-Image",
        "starter",
    ],
)
def test_other_names_tell_nothing(name):
    assert not is_named_distilled(name)


def test_a_preset_knows_better_than_a_name():
    slow = Preset(name="slow", model=TURBO, family="sdxl")
    fast = Preset(name="fast", model="o/plain", family="sdxl", is_distilled=True)
    known = {each.name: each for each in (slow, fast)}
    assert not is_distilled(TURBO, known)
    assert is_distilled("o/plain", known)
    assert is_distilled(TURBO, {})


def test_a_turbo_without_a_preset_gets_its_few_steps():
    sdxl = FAMILIES["sdxl"]
    general = Preset(name="general", model="o/xl", family="sdxl", performance="Quality")
    pantry = Pantry(
        presets={"general": general},
        styles={},
        families={"o/xl": sdxl, TURBO: sdxl},
        loras={"o/xl": frozenset(), TURBO: frozenset()},
        default_preset="general",
    )
    (recipe,) = resolve(ImageRequest(prompt="a fox", model=TURBO), pantry, Random(1))
    assert (recipe.num_inference_steps, recipe.guidance_scale) == (4, 1)
    assert recipe.scheduler == "euler_trailing"


@pytest.mark.parametrize(("family", "expected"), [("sdxl", True), ("sd15", False), (None, False)])
def test_the_preset_made_for_a_model_says_so_where_its_family_has_such(family, expected):
    assert bare(TURBO, "SDXL Turbo", family, ()).is_distilled is expected
