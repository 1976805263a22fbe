"""Which program wrote a text is told by the text alone."""

import contextlib
import json
import random

import pytest
from test_foreign_comfyui import GRAPH
from test_foreign_fooocus import IN_A_PICTURE, IN_THE_LOG
from test_link import RECIPE, SHARED

from fooocus_lite.errors import BadRequest
from fooocus_lite.thinking.inspection import in_picture, in_text, of_recipe
from fooocus_lite.thinking.link import to_file, to_link
from fooocus_lite.thinking.metadata import to_json, to_parameters

BLOCK = "a fox\nNegative prompt: rain\nSteps: 20, Sampler: Euler, Seed: 7, Size: 64x64"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (BLOCK, "A1111"),
        (BLOCK.replace("\n", "\r\n"), "A1111"),
        (to_parameters(RECIPE, "1"), "Fooocus Lite"),
        (json.dumps(IN_A_PICTURE), "Fooocus"),
        (json.dumps(IN_THE_LOG, indent=2), "Fooocus"),
        (json.dumps(GRAPH), "ComfyUI"),
        (json.dumps({**GRAPH, "extra": {"is_changed": [float("nan")]}}), "ComfyUI"),
        (to_json(RECIPE, None), "Fooocus Lite"),
        (to_file(SHARED), "Fooocus Lite"),
        (to_link(SHARED), "Fooocus Lite"),
        ("http://localhost:7865/" + to_link(SHARED), "Fooocus Lite"),
    ],
)
def test_pasted_settings_are_known_by_their_form(text, source):
    found = in_text(text)
    assert found is not None
    assert found.source == source
    assert not found.is_empty


@pytest.mark.parametrize(
    "text",
    [
        "", "a fox, in snow", "a {red|blue} fox", "{red|blue} fox", '{"a": 1}', "{", "[1, 2]",
        "Steps: down to the sea", "see http://x.org/#top", "{" * 100_000, "x" * 3_000_000,
    ],
)  # fmt: skip
def test_words_stay_words(text):
    assert in_text(text) is None


@pytest.mark.parametrize("text", ["#r=AAAA", '{"recipe": {"seed": "x"}}'])
def test_a_damaged_recipe_is_a_sentence(text):
    with pytest.raises(BadRequest):
        in_text(text)


def test_our_own_recipe_beats_what_stands_beside_it():
    found = in_picture(RECIPE, BLOCK, {"prompt": json.dumps(GRAPH)})
    assert found == of_recipe(RECIPE)
    assert found.prompt == RECIPE.request.prompt
    assert (found.styles, found.seed) == (("Watercolor",), RECIPE.seed)
    assert found.num_inference_steps is None  # nobody set it


@pytest.mark.parametrize(
    ("parameters", "others", "source"),
    [
        (BLOCK, {"prompt": json.dumps(GRAPH)}, "A1111"),
        (json.dumps(IN_A_PICTURE), {"fooocus_scheme": "fooocus"}, "Fooocus"),
        (json.dumps(IN_A_PICTURE), {"MakerNote": "fooocus", "Software": "Fooocus v2"}, "Fooocus"),
        (None, {"prompt": json.dumps(GRAPH), "workflow": "{}"}, "ComfyUI"),
        ("Screenshot", {"prompt": json.dumps(GRAPH)}, "ComfyUI"),
    ],
)
def test_the_richest_source_is_taken(parameters, others, source):
    found = in_picture(None, parameters, others)
    assert found is not None
    assert found.source == source
    assert not found.is_empty


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ({"workflow": '{"nodes": []}'}, "only the editor's drawing"),
        ({"prompt": "{" * 50_000}, "“prompt”"),
        ({"Comment": "{}", "Software": "NovelAI"}, "“Comment”"),
        ({"<b>\x00" + "k" * 500: "x"}, "“<b>kkk"),
    ],
)
def test_what_cannot_be_used_is_named(others, says):
    found = in_picture(None, None, others)
    assert found is not None
    assert found.is_empty
    assert says in found.notes[0]
    assert len(found.notes[0]) < 300


@pytest.mark.parametrize("others", [{}, {"Software": "Paint"}, {"MakerNote": "x", "dpi": ""}])
def test_a_photograph_says_nothing(others):
    found = in_picture(None, "Screenshot", {name: text for name, text in others.items() if text})
    assert found is None


def test_no_text_made_of_the_pieces_of_all_formats_is_too_strange():
    chance = random.Random(11)
    pieces = [
        "Steps: 20", "Seed:", "Size: 64x", "\nNegative prompt:", "<lora:a:1>", '"', "'", "\\",
        "{", "}", "[", "]", ",", ":", "\n", "#r=", "AXic", '"class_type"', '"prompt"', '"styles"',
        "null", "NaN", "1e999", "\ud800", "\0", "🦊", "Sampler: Euler", '["3", 0]',
        "Version: Fooocus v2",
    ]  # fmt: skip
    for _ in range(3_000):
        text = "".join(chance.choices(pieces, k=chance.randint(1, 40)))
        with contextlib.suppress(BadRequest):
            found = in_text(text)
            if found is not None:
                found.model_dump_json().encode()
        in_picture(None, text, {"prompt": text})
