"""The whole prompt language: what is asked for each picture."""

import contextlib
from random import Random

import pytest

from fooocus_lite.errors import BadRequest
from fooocus_lite.recipe import MAX_PROMPT_CHARACTERS, LoRA
from fooocus_lite.thinking.arrays import variants
from fooocus_lite.thinking.prompt import named_embeddings, write

WILDCARDS = {
    "color": ("red", "green"),
    "pair": ("[[one, two]] ball",),
    "ink": ("<lora:ink:0.5>",),
    "loop": ("__loop__",),
}
PARTS = [
    *"()[]\\:,. \n1{}|_<>",
    *("BREAK", "a", "[[", "]]", ":1.2)", "__color__", "__pair__", "__ink__", "__loop__", "__no__"),
    *("<lora:a:1>", "<lora:a:9>", "embedding:x", "{a|b}", "[[a,b]]", "2::", "0::", "__"),
]


def texts(prompt, pictures, negative_prompt="", in_order=True):
    """(prompt, negative prompt) of the first pictures."""
    written = [
        write(prompt, negative_prompt, index, Random(f"{index}"), WILDCARDS, in_order)
        for index in range(pictures)
    ]
    return [(each.prompt, each.negative_prompt) for each in written]


@pytest.mark.parametrize(
    ("prompt", "prompts"),
    [
        (" a fox ", ["a fox", "a fox"]),
        ("[[a, b]] __color__", ["a red", "b green"]),
        ("[[__color__, x]] y", ["red y", "x y"]),
        ("__pair__ on [[x, y]]", ["one ball on x", "two ball on y"]),
        ("(__color__:1.3) [fox] BREAK x", ["(red:1.3) [fox] BREAK x", "(green:1.3) [fox] BREAK x"]),
        ("a\n__color__", ["a\nred", "a\ngreen"]),
        (r"\__color__ \{a|b\} \<lora:a> \[[a, b]]", [r"__color__ {a|b} <lora:a> \[[a, b]]"] * 2),
        (r"\(a\) \\ \d", [r"\(a\) \\ \d"] * 2),
        (r"{a\|b|a\|b}", ["a|b"] * 2),
    ],
)
def test_the_language_of_the_prompt(prompt, prompts):
    assert [text for text, _ in texts(prompt, 2)] == prompts


def test_arrays_and_lora_tags_are_text_in_the_negative_prompt():
    negative_prompt = "__color__ {x|x} [[a, b]] <lora:a:1> (bad:1.2)"
    found = [negative for _, negative in texts("fox", 2, negative_prompt)]
    assert found == [f"{color} x [[a, b]] <lora:a:1> (bad:1.2)" for color in ("red", "green")]


def test_loras_are_taken_out_and_embeddings_stay():
    written = write("fox __ink__ (embedding:B.v2:1.2)", "", 0, Random(1), WILDCARDS)
    assert written.loras == (LoRA(name="ink", weight=0.5),)
    assert written.prompt == "fox (embedding:B.v2:1.2)"


def test_embeddings_are_named_wherever_they_stand():
    assert list(named_embeddings("a embedding:x\nb (embedding:B.v2:1.2)", "embedding:y")) == [
        "x", "B.v2", "y",
    ]  # fmt: skip


@pytest.mark.parametrize("prompt", ["<lora:a:1>", "{|}", "BREAK", "()", "[[,]]"])
def test_a_prompt_of_which_nothing_is_left_is_refused(prompt):
    with pytest.raises(BadRequest) as caught:
        write(prompt, "", 0, Random(1), WILDCARDS)
    assert "Nothing is left of the prompt" in caught.value.message


def test_the_same_arguments_give_the_same_text():
    prompt = "__color__ {a|b|c|d} [[x, y]]"
    assert texts(prompt, 20, in_order=False) == texts(prompt, 20, in_order=False)
    assert len(set(texts(prompt, 20, in_order=False))) > 5


def test_whatever_is_typed_only_the_documented_errors_come():
    random = Random(21)
    refused = []
    for index in range(3000):
        prompt = "".join(random.choices(PARTS, k=random.randrange(20)))
        assert variants(prompt) >= 1
        try:
            written = write(prompt, prompt, index % 7, Random(index), WILDCARDS, index % 2 == 0)
        except BadRequest as error:
            refused.append(error)
        else:
            assert len(written.prompt) <= MAX_PROMPT_CHARACTERS
    assert {error.field for error in refused} == {"prompt", "wildcard", "lora"}
    assert all(error.message.endswith(".") for error in refused)
    assert len(refused) < 2000


@pytest.mark.parametrize(
    "part", ["{", "{a|", "{|}", "[[", "[[a,", "[[a,b]]", "__", "__a", "<lora:", "<lora:a>", "\\"]
)
def test_ten_thousand_characters_of_syntax_are_an_answer(part):
    prompt = (part * 10_000)[: MAX_PROMPT_CHARACTERS - 1] + "x"
    assert variants(prompt) >= 1
    with contextlib.suppress(BadRequest):
        assert write(prompt, prompt, 1, Random(1), WILDCARDS).prompt
