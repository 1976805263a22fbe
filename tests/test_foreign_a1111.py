"""The A1111 text, as A1111, Forge, Civitai, Fooocus and we write it."""

import time

import pytest

from fooocus_lite.recipe import ImageRequest, LoRA, Recipe
from fooocus_lite.thinking.foreign.a1111 import is_parameters, read
from fooocus_lite.thinking.metadata import to_parameters

RECIPE = Recipe(
    model="org/name, the: “best”",
    family="sdxl",
    prompt="a fox\nin snow: 🦊, שועל",
    negative_prompt="blurry",
    loras=(LoRA(name="ink", weight=-0.5),),
    num_inference_steps=20,
    guidance_scale=5.5,
    scheduler="dpmpp_2m_karras",
    width=256,
    height=192,
    seed=2**63 - 1,
    request=ImageRequest(prompt="a fox"),
)


def test_what_we_write_is_read_back():
    found = read(to_parameters(RECIPE, "0.1.0"))
    assert found.source == "Fooocus Lite"
    assert found.prompt == RECIPE.prompt
    assert found.negative_prompt == "blurry"
    assert (found.num_inference_steps, found.guidance_scale) == (20, 5.5)
    assert (found.width, found.height, found.seed) == (256, 192, RECIPE.seed)
    assert (found.scheduler, found.model) == ("dpmpp_2m_karras", RECIPE.model)
    assert found.loras == RECIPE.loras
    assert found.notes == ()


def test_newer_texts_split_sampler_and_schedule_and_name_what_we_lack():
    found = read(
        "masterpiece, a fox <lora:ink:0.8>, in snow\nNegative prompt: blurry,\nlow quality\n"
        "Steps: 28, Sampler: DPM++ 2M SDE, Schedule type: Karras, CFG scale: 6.5, Seed: 7, "
        "Size: 832x1216, Model hash: ab12, Model: juggernaut, Clip skip: 2, Hires upscale: 1.5, "
        'Lora hashes: "ink: 3f2a, wash: 77", Version: v1.10.1'
    )
    assert found.source == "A1111"
    assert found.prompt == "masterpiece, a fox , in snow"
    assert found.negative_prompt == "blurry, low quality"
    assert found.scheduler == "dpmpp_2m_sde_karras"
    assert found.loras == (LoRA(name="ink", weight=0.8),)
    assert found.notes == ("Not used here: Clip skip: 2, Hires upscale: 1.5.",)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("a fox,\n\n in snow", "a fox, in snow"),  # a line of ours is a condition of its own
        ("a [[[soft, dark]]] fox", "a [ [ [soft, dark]]] fox"),  # and [[a, b]] an array
        ("a (soft:1.2) [fox]", "a (soft:1.2) [fox]"),
    ],
)
def test_what_means_something_else_here_is_written_our_way(theirs, ours):
    found = read(f"{theirs}\nSteps: 1, Seed: 1, Size: 64x64")
    assert (found.prompt, found.notes) == (ours, ())


@pytest.mark.parametrize("piece", ["[fox:cat:0.5]", "[fox:12]", "AND"])
def test_prompts_that_change_on_the_way_are_said_to_be_text(piece):
    found = read(f"a {piece} b\nSteps: 1, Seed: 1, Size: 64x64")
    assert f"“{piece}” is only text here" in found.notes[0]


def test_fooocus_in_this_scheme_keeps_words_and_styles_apart():
    found = read(
        "cinematic still a fox . emotional\nNegative prompt: anime\n"
        "Steps: 30, Sampler: DPM++ 2M SDE Karras, Seed: 12, Size: 1152x896, CFG scale: 4, "
        "Sharpness: 2, Performance: Speed, Scheduler: karras, "
        "Styles: \"['Fooocus V2', 'Fooocus Enhance']\", Raw prompt: a fox, "
        'Raw negative prompt: "", Model: juggernautXL, Lora weights: "offset: 0.1, film: 0.25", '
        "Version: Fooocus v2.5.5"
    )
    assert found.source == "Fooocus"
    assert (found.prompt, found.negative_prompt) == ("a fox", "")
    assert found.styles == ("Fooocus V2", "Fooocus Enhance")
    assert (found.performance, found.scheduler) == ("Speed", "dpmpp_2m_sde_karras")
    assert found.loras == (LoRA(name="offset", weight=0.1), LoRA(name="film", weight=0.25))
    assert found.notes == ("Not used here: Sharpness: 2.",)


def test_resources_listed_as_json_do_not_confuse_the_settings():
    found = read(
        "a fox\nSteps: 25, Sampler: Euler a, CFG scale: 7, Seed: 3, Size: 512x768, Clip skip: 2, "
        "Created Date: 2024-11-05T10:00:00.1234567Z, Civitai resources: "
        '[{"type":"checkpoint","modelVersionId":128078,"modelName":"SDXL"},'
        '{"type":"lora","weight":0.8,"modelVersionId":135867}], Civitai metadata: {}'
    )
    assert (found.scheduler, found.seed, found.width) == ("euler_a", 3, 512)
    assert found.notes == ("Not used here: Clip skip: 2.",)


@pytest.mark.parametrize(
    ("setting", "field"),
    [
        ("Steps: 0", "num_inference_steps"),
        ("Steps: 1e9", "num_inference_steps"),
        ("Seed: -5", "seed"),
        ("Seed: " + "9" * 400, "seed"),
        ("Seed: 9223372036854775808", "seed"),
        ("CFG scale: nan", "guidance_scale"),
        ("CFG scale: inf", "guidance_scale"),
        ("Size: 0x0", "width"),
        ("Size: 512", "width"),
        ("Size: 512xtall", "width"),
        ("Sampler: My Own", "scheduler"),
    ],
)
def test_a_value_nobody_can_use_is_left_out_and_said(setting, field):
    found = read(f"a fox\nSteps: 20, Version: 1, RNG: CPU, {setting}")
    assert getattr(found, field) in (None, 20)
    assert setting.partition(": ")[2][:20] in " ".join(found.notes) or field == "width"
    assert found.notes


def test_text_that_cannot_be_shown_is_taken_out_and_said():
    found = read("a\0 fox\x1b[31m\nSteps: 1, Seed: 1, Size: 64x64")
    assert found.prompt == "a fox[31m"
    assert found.notes == ("Control characters were taken out of the prompt.",)
    assert read("x" * 10_001 + "\nSteps: 1, Seed: 1, Size: 64x64").prompt == ""


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "a fox", "Steps: many, she said", "Negative prompt: x", "Steps: 1, Seed: 1"],
)
def test_words_are_not_taken_for_settings(text):
    assert not is_parameters(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Steps:",
        '{"prompt": 1}',
        "Steps: 1,,,",
        "\0\ud800",
        'a\nSteps: 1, Sampler: "\\x", CFG scale: "open, Seed: 1',
        "<lora:x:99>\nSteps: 1, Seed: 1, Size: 64x64",
        'a\nSteps: 1, Seed: 1, Styles: "[\'unfinished", Raw prompt: b',
    ],
)
def test_junk_is_read_without_an_error(text):
    assert isinstance(read(text).prompt, str)


@pytest.mark.parametrize(
    "text",
    [
        "a\nSteps: " + "a" * 1_000_000,
        "a\nSteps: " + "a " * 9_000,
        "a\nSteps: " + '"\\' * 9_000,
        "a\nSteps: " + "a: " * 6_000,
        "<lora:" * 200_000,
        "\nNegative prompt:" * 50_000,
        'a\nSteps: 1, Seed: 1, Styles: "[' + "'\\" * 9_000 + '"',
    ],
)
def test_a_text_made_to_be_slow_is_not(text):
    before = time.perf_counter()
    read(text)
    assert time.perf_counter() - before < 2
