"""<lora:name:weight> in a prompt."""

import pytest

from fooocus_lite.errors import BadRequest
from fooocus_lite.recipe import LoRA
from fooocus_lite.thinking.lora_tags import taken


@pytest.mark.parametrize(
    ("prompt", "text", "loras"),
    [
        ("a fox", "a fox", []),
        ("a fox <lora:ink:0.5>", "a fox", [("ink", 0.5)]),
        ("a fox, <lora:ink>, red", "a fox, red", [("ink", 1)]),
        ("<lora:a><lora:b:-2> a fox", "a fox", [("a", 1), ("b", -2)]),
        ("a <lora:x:+1> fox", "a fox", [("x", 1)]),
        ("(a<lora:x:.5>:1.2) fox", "(a:1.2) fox", [("x", 0.5)]),
        ("a <lora:x:1> b <lora:x:0.2>", "a b", [("x", 0.2)]),
        ("a\n<lora:x>\nb", "a\n\nb", [("x", 1)]),
        ("a <lora: my file v1.2 : 0.7 >", "a", [("my file v1.2", 0.7)]),
    ],
)
def test_tags_become_loras_and_leave_one_gap(prompt, text, loras):
    found = tuple(LoRA(name=name, weight=weight) for name, weight in loras)
    assert taken(prompt) == (text, found)


@pytest.mark.parametrize(
    "prompt",
    [
        "<lora:a:1..2>",
        "<lora:a:b>",
        "<lora:a:>",
        "<lora:>",
        "<lora: :1>",
        "<lora:a:1:1>",
        "<lora:a",
        "<lora:a:nan>",
        "<lora:a:1e5>",
        r"\<lora:a>",
        "<Lora a>",
        "<lora:" + "a" * 201 + ">",
    ],
)
def test_what_is_no_whole_tag_stays_text(prompt):
    assert taken(prompt) == (prompt, ())


@pytest.mark.parametrize("weight", ["2.01", "-3", "999999999"])
def test_a_weight_out_of_range_is_named(weight):
    with pytest.raises(BadRequest) as caught:
        taken(f"a fox <lora:ink:{weight}>")
    assert f"“ink” has the weight {weight}" in caught.value.message
    assert caught.value.field == "lora"
