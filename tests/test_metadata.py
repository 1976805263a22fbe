import json

import pytest

from fooocus_lite.errors import BadRequest
from fooocus_lite.recipe import ImageRequest, LoRA, MadeWith, Recipe
from fooocus_lite.thinking.foreign.samplers import BY_A1111_LABEL
from fooocus_lite.thinking.metadata import from_json, to_json, to_parameters
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


def test_parameters_name_the_refiner_as_a1111_does() -> None:
    recipe = RECIPE.model_copy(update={"refiner": "polish", "refiner_switch": 0.8})
    assert ", Refiner: polish, Refiner switch at: 0.8, Version: " in to_parameters(recipe, "1")


def test_no_two_schedulers_share_a_name() -> None:
    assert len(BY_A1111_LABEL) == len(SCHEDULERS)
