"""Presets written for Fooocus: what is understood, and that nothing is dropped without a word."""

import pytest

from fooocus_lite.recipe import LoRA
from fooocus_lite.thinking.fooocus_preset import MODEL, is_fooocus, read
from fooocus_lite.thinking.presets import problem_of

STYLES = ("Enhance", "Film Noir", "Pop Art")
FULL = {
    "default_model": "meadowXL_v3.safetensors",
    "default_refiner": "None",
    "default_refiner_switch": 0.5,
    "default_loras": [
        [True, "sun_offset.safetensors", 0.1],
        [False, "off.safetensors", 1.0],
        [True, "None", 1.0],
    ],
    "default_cfg_scale": 4.5,
    "default_sample_sharpness": 2.0,
    "default_sampler": "dpmpp_2m_sde_gpu",
    "default_scheduler": "karras",
    "default_performance": "Speed",
    "default_prompt": "",
    "default_prompt_negative": "smudges",
    "default_styles": ["Fooocus V2", "film noir", "Somebody's Style"],
    "default_aspect_ratio": "1152*896",
    "checkpoint_downloads": {"meadowXL_v3.safetensors": "https://example.org/meadow"},
    "lora_downloads": {},
}


def test_a_whole_preset():
    preset, notes = read("meadow", FULL, STYLES)
    assert (preset.name, preset.model, preset.family) == ("meadow", "meadowXL_v3", "sdxl")
    assert preset.styles == ("Enhance", "Film Noir")
    assert preset.loras == (LoRA(name="sun_offset", weight=0.1),)
    assert (preset.guidance_scale, preset.scheduler) == (4.5, "dpmpp_2m_sde_karras")
    assert (preset.performance, preset.aspect) == ("Speed", "4:3")
    assert preset.negative_prompt == "smudges"
    assert problem_of(preset) is None
    said = " ".join(notes).replace("_", " ")
    for left in ("default sample sharpness: 2.0", "Somebody's Style", "checkpoint downloads"):
        assert left in said
    for quiet in ("default refiner", "lora downloads", "default prompt:"):
        assert quiet not in said


@pytest.mark.parametrize(
    ("values", "changed"),
    [
        ({"default_loras": [["a.safetensors", -0.5]]}, {"loras": (LoRA(name="a", weight=-0.5),)}),
        ({"default_aspect_ratio": "1600*640"}, {"aspect": "5:2"}),
        ({"default_aspect_ratio": "896×1152"}, {"aspect": "3:4"}),
        ({"default_aspect_ratio": "1000*1000"}, {"aspect": None, "width": 1000, "height": 1000}),
        ({"default_prompt": "a meadow"}, {"examples": ("a meadow",)}),
        ({"default_performance": "Hyper-SD"}, {"performance": "Hyper-SD"}),
        ({"default_overwrite_step": 6}, {"num_inference_steps": 6, "performance": None}),
        ({"default_overwrite_step": -1}, {"num_inference_steps": None, "performance": "Speed"}),
        ({"default_model": "fav\\hill.safetensors"}, {"model": "hill"}),
        ({"default_styles": []}, {"styles": ()}),
    ],
)  # fmt: skip
def test_one_key_at_a_time(values, changed):
    preset, _ = read("meadow", {**FULL, **values}, STYLES)
    assert {field: getattr(preset, field) for field in changed} == changed
    assert problem_of(preset) is None


def test_a_preset_without_a_model_means_sdxl():
    preset, _ = read("bare", {"default_styles": ["Pop Art"]}, STYLES)
    assert preset.model == MODEL
    assert preset.performance is None


def test_a_size_sdxl_cannot_make_is_made_to_fit_and_said():
    preset, notes = read("odd", {"default_aspect_ratio": "1001*300"}, STYLES)
    assert (preset.width, preset.height) == (1000, 512)
    assert "The size 1001 × 300 became 1000 × 512" in " ".join(notes)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("default_cfg_scale", "many", "default cfg scale: many"),
        ("default_cfg_scale", 99, "default cfg scale: 99"),
        ("default_styles", "Fooocus V2", "default styles: Fooocus V2"),
        ("default_styles", [7], "style: 7"),
        ("default_loras", [["a"]], "default loras: a list"),
        ("default_loras", {"a": 1}, "default loras: something"),
        ("default_aspect_ratio", "wide", "default aspect ratio: wide"),
        ("default_aspect_ratio", "0*0", "width: 0, height: 0"),
        ("default_sampler", "heunpp2", "sampler “heunpp2 / karras” has no counterpart"),
        ("default_performance", "Ludicrous", "no performance “Ludicrous”"),
        ("default_model", 5, "model: 5"),
        ("default_overwrite_step", True, "default overwrite step: True"),
        ("default_newest_thing", {"deep": [1]}, "default newest thing: something"),
        ("comment", "mine", "comment: mine"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_rest_is(key, value, said):
    preset, notes = read("meadow", {**FULL, key: value}, STYLES)
    assert problem_of(preset) is None
    assert preset.negative_prompt == "smudges"
    assert said in " ".join(notes).replace("_", " ")


def test_ours_are_not_taken_for_theirs():
    assert is_fooocus(FULL)
    assert not is_fooocus({"name": "mine", "model": "starter"})


@pytest.mark.parametrize(
    ("values", "refiner", "switch"),
    [
        ({"default_refiner": "xl\\sd_xl_refiner_1.0.safetensors"}, "sd_xl_refiner_1.0", 0.5),
        (
            {"default_refiner": "sd_xl_refiner_1.0.safetensors", "default_refiner_switch": 0.75},
            "sd_xl_refiner_1.0",
            0.75,
        ),
        ({"default_refiner": "a_refiner.safetensors", "default_refiner_switch": "x"}, None, 0.8),
        ({"default_refiner": "realistic_sd15.safetensors"}, None, 0.8),
        ({"default_refiner": ["refiner"]}, None, 0.8),
    ],
)
def test_the_refiner_of_sdxl_is_used_and_any_other_is_named(values, refiner, switch):
    preset, notes = read("meadow", FULL | values, STYLES)
    assert (preset.refiner, preset.refiner_switch) == (refiner, switch)
    assert problem_of(preset) is None
    assert any("default_refiner" in note for note in notes) == (refiner is None)
