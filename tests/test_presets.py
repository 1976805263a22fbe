"""Preset files: what they may say, what they must not, and the presets that come along."""

import json
from pathlib import Path
from random import Random

import pytest
from pydantic import ValidationError

from fooocus_lite.errors import BadRequest
from fooocus_lite.recipe import ImageRequest, LoRA, Recipe
from fooocus_lite.settings import load
from fooocus_lite.supplies import library
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.pantry import Pantry
from fooocus_lite.thinking.presets import (
    Preset,
    json_schema,
    named,
    preset_called,
    problem_of,
    saved_as,
)
from fooocus_lite.thinking.resolve import resolve

ROOT = Path(__file__).parent.parent
SHIPPED = (
    *("starter", "sdxl", "realistic", "anime", "lightning", "low-vram", "z-image-turbo"),
    *("flux2-klein", "qwen-image", "sd15", "flux1-schnell", "sdxl-refined"),
)


def test_the_published_schema_is_the_models_own():
    published = json.loads((ROOT / "docs" / "preset.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema()


def test_the_documented_example_is_a_preset():
    text = (ROOT / "docs" / "presets.md").read_text(encoding="utf-8")
    example = text.partition("```json\n")[2].partition("```")[0]
    assert problem_of(Preset.model_validate_json(example)) is None


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_preset_says_all_that_people_ask_before_a_download(name):
    path = ROOT / "presets" / f"{name}.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    assert (path.parent / written["$schema"]).resolve() == ROOT / "docs" / "preset.schema.json"
    preset = Preset.model_validate(written)
    assert preset.name == name
    assert preset.title
    assert preset.description
    assert preset.licence is not None
    # The badge says the rest; what it says is not said again.
    is_plain = preset.licence.id == "Apache-2.0"
    assert bool(preset.licence.summary) is not is_plain
    assert problem_of(preset) is None
    assert len(preset.examples) >= 6
    assert preset.model == "starter" or (preset.download_gib and preset.memory_gib)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_preset_becomes_a_recipe_without_its_model(name, tmp_path):
    found = library.read(load({"home": tmp_path}))
    presets = {key: each.preset for key, each in found.presets.items()}
    pantry = Pantry(
        presets=presets,
        styles=found.styles,
        families={each.model: FAMILIES[each.family] for each in presets.values()},
        loras={each.model: frozenset() for each in presets.values()},
        default_preset="starter",
    )
    (recipe,) = resolve(ImageRequest(prompt="a fox", preset=name), pantry, Random(1))
    preset = presets[name]
    assert recipe.model == preset.model
    assert recipe.styles == preset.styles
    rows = FAMILIES[preset.family].rows(preset.is_distilled)
    (row,) = [row for row in rows if row.name == preset.performance]
    assert recipe.num_inference_steps == row.num_inference_steps
    assert [lora.name for lora in recipe.loras] == ([row.lora.name] if row.lora else [])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"family": "sdxxl"}, "family"),
        ({"family": "sdxl", "aspect": "7:5"}, "aspect"),
        ({"family": "sdxl", "performance": "Fast"}, "performance"),
        ({"family": "flux1", "performance": "Lightning"}, "performance"),
        ({"family": "z-image", "is_distilled": True, "performance": "Quality"}, "performance"),
        ({"family": "lumina2", "is_distilled": True}, "is_distilled"),
        ({"family": "flux1", "scheduler": "euler_a"}, "scheduler"),
    ],
)
def test_what_the_family_cannot_do_is_a_problem_of_that_key(values, field):
    problem = problem_of(Preset(name="x", model="m", **values))
    assert problem is not None
    assert problem.field == field


def test_a_preset_without_a_family_is_judged_when_its_model_is_known():
    assert problem_of(Preset(name="x", model="m", aspect="7:5")) is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("sdxl", "sdxl"), ("SDXL", "sdxl"), (" sdxl ", "sdxl"), ("general", "sdxl"),
        ("Photos", "realistic"), ("REALISTIC", "realistic"), ("gen", None), ("", None),
    ],
)  # fmt: skip
def test_a_preset_is_called_as_its_file_or_the_page_writes_it_names_before_titles(name, found):
    titles = {"sdxl": "General", "realistic": "Photos", "other": "Realistic"}
    presets = {each: Preset(name=each, title=title, model="a") for each, title in titles.items()}
    called = preset_called(name, presets)
    assert (called and called.name) == found


def test_width_and_height_come_together():
    with pytest.raises(ValidationError, match="come together"):
        Preset(name="x", model="m", width=512)


def test_only_words_keeps_nothing_meant_for_another_model():
    preset = Preset(
        name="x", model="m", family="sdxl", styles=("Ink",), negative_prompt="blurry",
        performance="Speed", aspect="4:3", scheduler="heun", guidance_scale=3,
        loras=(LoRA(name="a"),),
    )  # fmt: skip
    words = preset.only_words()
    assert (words.styles, words.negative_prompt) == (("Ink",), "blurry")
    assert words == Preset(name="x", model="m", styles=("Ink",), negative_prompt="blurry")


@pytest.mark.parametrize("name", [" Mine ", "Été 2026", "ночь", "a.b+c-d_e"])
def test_names_for_presets(name):
    assert named(name) == name.strip()


@pytest.mark.parametrize(
    "name", ["", "  ", "a/b", "..\\x", "a\nb", "<script>", "x" * 81, "a:b", "\x00"]
)
def test_what_is_no_name_for_a_preset(name):
    with pytest.raises(BadRequest, match="no name for a preset"):
        named(name)


BASE = Preset(
    name="sdxl", title="General", model="m", family="sdxl", styles=("Ink",), performance="Speed",
    aspect="4:3", loras=(LoRA(name="film", weight=0.5),), download_gib=6.5, examples=("a fox",),
)  # fmt: skip
PANTRY = Pantry(
    presets={"sdxl": BASE},
    styles={},
    families={"m": FAMILIES["sdxl"], "starter": FAMILIES["starter"]},
    loras={"m": frozenset({"film"}), "starter": frozenset()},
    default_preset="sdxl",
)


def recipe(**asked: object) -> Recipe:
    return resolve(ImageRequest(prompt="a fox", styles=(), **asked), PANTRY, Random(1))[0]


def test_a_saved_preset_keeps_what_was_asked_but_not_words_seed_and_count():
    saved = saved_as("Mine", recipe(seed=7, aspect="16:9", performance="Quality"), BASE)
    assert (saved.name, saved.title, saved.is_saved) == ("Mine", "", True)
    assert (saved.aspect, saved.performance, saved.styles) == ("16:9", "Quality", ())
    assert (saved.model, saved.family, saved.download_gib) == ("m", "sdxl", 6.5)
    assert saved.loras == BASE.loras
    assert saved.num_inference_steps is None
    assert "a fox" not in saved.model_dump_json(exclude={"examples"})


@pytest.mark.parametrize(
    "asked",
    [
        {"performance": "Lightning", "num_inference_steps": 6},
        {"guidance_scale": 9.0},
        {"scheduler": "heun", "performance": "Quality"},
        {"width": 640, "height": 1024},
        {"performance": "Hyper-SD"},
        {"negative_prompt": "blurry"},
    ],
)
def test_a_saved_preset_makes_the_same_picture_again(asked):
    first = recipe(seed=7, **asked)
    saved = saved_as("Mine", first, BASE)
    assert problem_of(saved) is None
    pantry = Pantry({"Mine": saved}, {}, PANTRY.families, PANTRY.loras, "Mine")
    (again,) = resolve(ImageRequest(prompt="a fox", seed=7), pantry, Random(1))
    assert again.model_dump(exclude={"request"}) == first.model_dump(exclude={"request"})


def test_a_saved_preset_for_another_model_takes_nothing_from_the_preset_it_was_asked_with():
    saved = saved_as("Mine", recipe(model="starter"), BASE)
    assert (saved.model, saved.family) == ("starter", "starter")
    assert saved.download_gib is None
    assert saved.loras == ()
