"""What a request accepts and refuses, for every door at once."""

import pytest

from fooocus_lite.errors import BadRequest
from fooocus_lite.recipe import ImageRequest, Recipe, request_from


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"prompt": "x", "seed": "abc"}, "seed", "“abc”: it has to be a whole number."),
        ({"prompt": "x", "loras": [{"name": "a", "weight": 3}]}, "loras.0.weight", "at most 2."),
        ({"prompt": "x", "seed": 2**70}, "seed", str(2**70)),
        ({"prompt": "x", "seed": -2}, "seed", "-2"),
        ({"prompt": "x", "width": 0, "height": 64}, "width", "“0”"),
        ({"prompt": "x", "width": 63, "height": 64}, "width", "“63”"),
        ({"prompt": "x", "width": 10**9, "height": 64}, "width", "1000000000"),
        ({"prompt": "x", "count": 0}, "count", "“0”"),
        ({"prompt": "x", "count": 10**6}, "count", "1000000"),
        ({"prompt": "x", "guidance_scale": float("nan")}, "guidance_scale", "nan"),
        ({"prompt": "x", "num_inference_steps": 0}, "num_inference_steps", "“0”"),
        ({"prompt": "x", "image_format": "gif"}, "image_format", "gif"),
        ({"prompt": "x", "stepz": 3}, "stepz", "stepz"),
        ({"prompt": "x", "loras": [{"name": "a", "weight": 9}]}, "loras.0.weight", "9"),
        ({"prompt": "a\x07b"}, "prompt", "U+0007"),
        ({"prompt": "x" * 10_001}, "prompt", "10,001"),
        ({"prompt": "x", "width": 256}, None, "together"),
        ({"prompt": " \n "}, "prompt", "empty"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_value(values, field, says):
    with pytest.raises(BadRequest) as caught:
        request_from(values)
    assert caught.value.field == field
    assert says in caught.value.message
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize("prompt", ["🦊 fox", "ثعلب أحمر", "<script>alert(1)</script>", "a\nb\tc"])
def test_any_script_of_the_world_is_accepted(prompt):
    assert request_from({"prompt": prompt}).prompt == prompt


def test_a_recipe_survives_json():
    request = ImageRequest(prompt="a fox", styles=("Ink",), seed=-1)
    recipe = Recipe(
        model="starter",
        family="starter",
        prompt="ink of a fox",
        num_inference_steps=20,
        guidance_scale=3.0,
        scheduler="euler",
        width=256,
        height=256,
        seed=2**62,
        request=request,
    )
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_numbers_may_come_as_text_from_a_command_line():
    request = request_from({"prompt": "x", "seed": "12", "guidance_scale": "2.5"})
    assert (request.seed, request.guidance_scale) == (12, 2.5)
