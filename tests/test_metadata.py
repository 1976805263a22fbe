import json
import time

import pytest

from fooocus_lite.errors import BadRequest
from fooocus_lite.recipe import ImageRequest, LoRA, MadeWith, Recipe
from fooocus_lite.thinking.metadata import (
    BY_A1111_NAME,
    from_json,
    from_parameters,
    to_json,
    to_parameters,
)
from fooocus_lite.thinking.schedulers import SCHEDULERS

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
MADE_WITH = MadeWith(
    program="0.1", torch="2", diffusers="0.42", device="cpu", dtype="float32", plan="all", threads=2
)


def test_json_gives_back_recipe_and_machine() -> None:
    assert from_json(to_json(RECIPE, MADE_WITH)) == (RECIPE, MADE_WITH)
    assert from_json(to_json(RECIPE, None)) == (RECIPE, None)


def test_json_has_the_two_names_others_may_look_for() -> None:
    written = json.loads(to_json(RECIPE, MADE_WITH))
    assert set(written) == {"recipe", "made_with"}
    assert written["recipe"]["seed"] == 2**63 - 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no readable JSON"),
        ("{", "no readable JSON"),
        ("[" * 100_000, "no readable JSON"),
        ('{"recipe": ' * 100_000, "no readable JSON"),
        ("\0" * 50, "no readable JSON"),
        ("[]", "not one of this program"),
        ("null", "not one of this program"),
        ('{"recipe": {}}', "model"),
        ('{"recipe": "__import__(\'os\')"}', "recipe"),
        (to_json(RECIPE, None).replace('"width":256', '"width":1000000000'), "width"),
        (to_json(RECIPE, None).replace('"width":256', '"width":[256]'), "width"),
        (to_json(RECIPE, None).replace('"width":256', '"width":1' + "0" * 5_000), "recipe"),
        (to_json(RECIPE, None).replace('"version":1', '"version":2'), "version"),
        (to_json(RECIPE, None).replace('"seed":', '"sneed":'), "seed"),
        ("x" * 2_000_001, "2,000,001 characters"),
    ],
)
def test_strange_json_is_a_sentence_and_never_a_crash(text: str, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        from_json(text)


def test_parameters_are_the_three_lines_other_tools_know() -> None:
    recipe = RECIPE.model_copy(update={"model": "sdxl-base", "prompt": "a fox", "loras": ()})
    assert to_parameters(recipe, "0.1.0").split("\n") == [
        "a fox",
        "Negative prompt: blurry",
        "Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 5.5, Seed: 9223372036854775807, "
        "Size: 256x192, Model: sdxl-base, Version: Fooocus Lite 0.1.0",
    ]


def test_parameters_read_back_what_was_written() -> None:
    found = from_parameters(to_parameters(RECIPE, "0.1.0"))
    assert found == {
        "prompt": RECIPE.prompt,
        "negative_prompt": "blurry",
        "num_inference_steps": 20,
        "guidance_scale": 5.5,
        "scheduler": "dpmpp_2m_karras",
        "seed": RECIPE.seed,
        "width": 256,
        "height": 192,
        "model": RECIPE.model,
        "loras": RECIPE.loras,
        "rest": {"Version": "Fooocus Lite 0.1.0"},
    }


def test_newer_texts_split_sampler_and_schedule() -> None:
    text = (
        "p\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Model hash: ab12, "
        'Lora hashes: "ink: 1, wash: 2"'
    )
    found = from_parameters(text)
    assert found["scheduler"] == "dpmpp_2m_karras"
    assert found["rest"] == {"Model hash": "ab12", "Lora hashes": "ink: 1, wash: 2"}


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("Steps: 0", "Steps"),
        ("Steps: 1e9", "Steps"),
        ("Seed: -1", "Seed"),
        ("Seed: " + "9" * 400, "Seed"),
        ("Seed: ٣", "Seed"),
        ("CFG scale: nan", "CFG scale"),
        ("Size: 0x0", "Size"),
        ("Size: 512", "Size"),
        ("Sampler: My Own", "Sampler"),
    ],
)
def test_a_value_nobody_can_use_stays_as_it_was_written(setting: str, name: str) -> None:
    found = from_parameters(f"a fox\nSteps: 20, Version: 1, Extra: 2, {setting}")
    assert found["rest"][name] == setting.partition(": ")[2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "just a prompt",
        "Steps:",
        "Negative prompt:",
        '{"prompt": 1}',
        "Steps: 1,,,",
        "\0\ud800",
        'a\nSteps: 1, Sampler: "\\x", CFG scale: "open, Seed: 1',
        "<lora:x:99>",
    ],
)
def test_junk_is_read_without_an_error(text: str) -> None:
    found = from_parameters(text)
    assert isinstance(found["prompt"], str)
    assert isinstance(found["rest"], dict)


@pytest.mark.parametrize(
    "text",
    [
        "a\nSteps: " + "a" * 1_000_000,
        "a\nSteps: " + "a " * 9_000,
        "a\nSteps: " + '"\\' * 9_000,
        "a\nSteps: " + "a: " * 6_000,
        "<lora:" * 200_000,
        "\nNegative prompt:" * 50_000,
    ],
)
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    before = time.perf_counter()
    from_parameters(text)
    assert time.perf_counter() - before < 2


def test_no_two_schedulers_share_a_name() -> None:
    assert len(BY_A1111_NAME) == len(SCHEDULERS)
