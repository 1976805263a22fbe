"""One prompt in many styles: which are suggested, and that each tile can be made again alone."""

from random import Random

import pytest

from fooocus_lite.errors import BadRequest, UnknownName
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.supplies import library
from fooocus_lite.thinking.families import SDXL, STARTER
from fooocus_lite.thinking.presets import Preset
from fooocus_lite.thinking.resolve import Pantry, resolve
from fooocus_lite.thinking.sheet import quickest, sheet, suggested
from fooocus_lite.thinking.styles import ENHANCE, RANDOM_STYLE

PROMPT = "a lighthouse on a cliff at night"


@pytest.fixture(scope="module")
def styles(tmp_path_factory):
    return library.read(load({"home": tmp_path_factory.mktemp("home")})).styles


@pytest.fixture
def pantry(styles):
    return Pantry(
        presets={
            "plain": Preset(name="plain", model="big"),
            "magic": Preset(name="magic", model="big", styles=("Watercolor", ENHANCE)),
        },
        styles=styles,
        families={"big": SDXL, "small": STARTER},
        loras={"big": frozenset(), "small": frozenset()},
        default_preset="plain",
    )


def sheet_of(pantry, *names, shown=None, **values):
    request = ImageRequest(**{"prompt": PROMPT, "seed": 5, **values})
    return sheet(request, pantry, Random(1), names, shown)


def test_twelve_styles_are_suggested_from_as_many_categories(pantry, styles):
    recipes = sheet_of(pantry)
    names = [recipe.styles[-1] for recipe in recipes]
    assert len(set(names)) == 12
    assert len({styles[name].category for name in names}) >= 11
    assert not {ENHANCE, RANDOM_STYLE} & set(names)


def test_the_seed_decides_which_are_suggested(pantry):
    def names(seed):
        return [recipe.styles for recipe in sheet_of(pantry, seed=seed)]

    assert names(5) == names(5)
    assert names(5) != names(6)


def test_a_style_that_contradicts_the_prompt_comes_last(styles):
    some = [styles[name] for name in ("Golden Hour", "Moonlit", "Watercolor")]
    for seed in range(10):
        assert suggested(some, "a street at night", Random(seed))[-1] == "Golden Hour"


def test_only_styles_that_the_model_shows_are_suggested(pantry):
    shown = ("Watercolor", "Neon", ENHANCE)
    assert {recipe.styles for recipe in sheet_of(pantry, shown=shown)} == {
        ("Watercolor",),
        ("Neon",),
    }


def test_all_tiles_have_one_seed_and_the_styles_that_were_given(pantry):
    recipes = sheet_of(pantry, "neon", "Origami", seed=-1, count=4)
    assert [recipe.styles for recipe in recipes] == [("Neon",), ("Origami",)]
    assert len({recipe.seed for recipe in recipes}) == 1


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, ("Neon",)),
        ({"styles": ("Origami", "enhance")}, (ENHANCE, "Neon")),
        ({"preset": "magic"}, (ENHANCE, "Neon")),
        ({"preset": "magic", "styles": ()}, ("Neon",)),
    ],
)
def test_enhance_stays_when_it_is_on(pantry, values, wanted):
    (recipe,) = sheet_of(pantry, "Neon", **values)
    assert recipe.styles == wanted
    assert bool(recipe.expansion) == (ENHANCE in wanted)


def test_steps_and_guidance_are_those_of_the_quickest_performance(pantry):
    (recipe,) = sheet_of(
        pantry, "Neon", num_inference_steps=60, guidance_scale=9, scheduler="euler"
    )
    fast = quickest("big", pantry)
    assert recipe.num_inference_steps == fast.num_inference_steps < 60
    assert recipe.request.performance == fast.name


def test_a_performance_counts_only_when_its_lora_is_here(pantry):
    here = {row.lora.name: row for row in SDXL.performances if row.lora}
    assert quickest("big", pantry).lora is None
    pantry.loras["big"] = frozenset(here)
    assert quickest("big", pantry).num_inference_steps == min(
        row.num_inference_steps for row in here.values()
    )


def test_the_settings_of_a_tile_make_that_tile_again(pantry):
    for tile in sheet_of(pantry, prompt="a {red|blue} fox"):
        assert resolve(tile.request, pantry, Random(99)) == [tile]


@pytest.mark.parametrize(
    ("names", "values", "error", "field"),
    [
        (["Neonn"], {}, UnknownName, "style"),
        (["Neon"], {"model": "none"}, UnknownName, "model"),
        (["Neon"], {"preset": "none"}, UnknownName, "preset"),
        (["Neon"] * 33, {}, BadRequest, "styles"),
    ],
)
def test_what_cannot_be_made_is_said(pantry, names, values, error, field):
    with pytest.raises(error) as refused:
        sheet_of(pantry, *names, **values)
    assert refused.value.field == field


def test_without_any_style_there_is_no_sheet(pantry):
    with pytest.raises(BadRequest, match="0 styles"):
        sheet_of(pantry, shown=())
