"""Fooocus's JSON, in its two spellings."""

import json

import pytest

from fooocus_lite.recipe import LoRA
from fooocus_lite.thinking.foreign.fooocus import is_fooocus, read
from fooocus_lite.thinking.foreign.found import object_in
from fooocus_lite.thinking.foreign.literals import items_of

IN_A_PICTURE = {
    "adm_guidance": "(1.5, 0.8, 0.3)", "base_model": "juggernautXL_v8Rundiffusion",
    "base_model_hash": "aeb7e9e689", "clip_skip": 2, "created_by": "",
    "full_negative_prompt": ["x"],
    "full_prompt": ["cinematic a fox", "a fox, sharp"], "guidance_scale": 4, "loras":
    [["sd_xl_offset", 0.1, "4852686128"]], "metadata_scheme": "fooocus", "negative_prompt": "rain",
    "performance": "Speed", "prompt": "a fox\nin snow", "prompt_expansion": "a fox, sharp",
    "refiner_model": "None", "refiner_switch": 0.5, "resolution": "(1152, 896)",
    "sampler": "dpmpp_2m_sde_gpu", "scheduler": "karras", "seed": "5037529510423013374",
    "sharpness": 2, "steps": 30, "styles": "['Fooocus V2', \"Papercraft Collage\"]",
    "vae": "Default (model)", "version": "Fooocus v2.5.5",
}  # fmt: skip
IN_THE_LOG = {
    "Prompt": "a fox\nin snow", "Negative Prompt": "rain", "Fooocus V2 Expansion": "a fox, sharp",
    "Styles": "['Fooocus V2', \"Papercraft Collage\"]", "Performance": "Speed", "Steps": 30,
    "Resolution": "(1152, 896)", "Guidance Scale": 4, "Sharpness": 2,
    "ADM Guidance": "(1.5, 0.8, 0.3)", "Base Model": "juggernautXL_v8Rundiffusion",
    "Refiner Model": "None", "Refiner Switch": 0.5, "CLIP Skip": 2, "Sampler": "dpmpp_2m_sde_gpu",
    "Scheduler": "karras", "VAE": "Default (model)", "Seed": "5037529510423013374",
    "LoRA 1": "sd_xl_offset.safetensors : 0.1", "LoRA 2": "False : ink.safetensors : 1.0",
    "LoRA 3": "None : 1.0", "Metadata Scheme": "fooocus", "Version": "Fooocus v2.5.5",
}  # fmt: skip


@pytest.mark.parametrize("values", [IN_A_PICTURE, IN_THE_LOG], ids=["picture", "log"])
def test_both_spellings_say_the_same(values):
    assert is_fooocus(values)
    found = read(values)
    assert found.model_dump(exclude_defaults=True, exclude={"notes"}) == {
        "source": "Fooocus",
        "prompt": "a fox\nin snow",
        "negative_prompt": "rain",
        "styles": ("Fooocus V2", "Papercraft Collage"),
        "model": "juggernautXL_v8Rundiffusion",
        "performance": "Speed",
        "width": 1152,
        "height": 896,
        "seed": 5037529510423013374,
        "num_inference_steps": 30,
        "guidance_scale": 4.0,
        "scheduler": "dpmpp_2m_sde_karras",
        "loras": ({"name": "sd_xl_offset", "weight": 0.1},),
    }
    (note,) = found.notes
    for left in ("sharpness: 2", "adm guidance: (1.5, 0.8, 0.3)"):
        assert left in note
    for usual in ("vae", "clip", "refiner"):
        assert usual not in note


def test_newer_loras_have_a_switch():
    found = read({"prompt": "a", "styles": "[]", "lora_combined_1": "True : ink.safetensors : 0.5"})
    assert found.loras == (LoRA(name="ink", weight=0.5),)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("styles", "__import__('os').system('true')", "styles"),
        ("styles", 7, "styles"),
        ("styles", [["a"]], "left out"),
        ("resolution", "(1152,)", "resolution"),
        ("resolution", "(1e999, 2)", "resolution"),
        ("resolution", [10**40, 64], "width"),
        ("seed", [1], "seed"),
        ("seed", True, "seed"),
        ("steps", 10**50, "many digits"),
        ("guidance_scale", float("nan"), "guidance scale"),
        ("base_model", {"a": 1}, "model"),
        ("sampler", ["x"] * 1000, "sampler"),
        ("loras", [["ink"], 3], "LoRA"),
        ("loras", [["ink", float("inf")]], "ink"),
        ("lora_combined_1", "ink : 99", "ink"),
        ("freeu", "(1.01, 1.02, 0.99, 0.95)", "freeu"),
        ("a" * 500, "b" * 500, "…"),
    ],
)
def test_wrong_types_become_notes(key, value, says):
    found = read({"prompt": "a fox", "performance": "Speed", key: value})
    assert found.prompt == "a fox"
    assert says in " ".join(found.notes)
    assert all(len(note) < 4_000 for note in found.notes)
    json.dumps(found.model_dump(mode="json"), allow_nan=False).encode()


def test_half_characters_never_reach_a_door():
    values = object_in(
        '{"prompt": "a \\ud800 fox", "styles": ["\\udfff"], "performance": "\\ud83d"}'
    )
    assert values is not None
    read(values).model_dump_json().encode()


@pytest.mark.parametrize("values", [{}, {"prompt": "a"}, {"styles": []}, {"base_model": "x"}])
def test_other_objects_are_not_taken_for_it(values):
    assert not is_fooocus(values)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("[]", ()),
        ("()", ()),
        ("['a']", ("a",)),
        ('[\'it\\\'s\', "say \\"hi\\""]', ("it's", 'say "hi"')),
        ("('a', )", ("a",)),
        ("(1152, 896)", ("1152", "896")),
        ("[-1.5, 'b']", ("-1.5", "b")),
        ("['\\x41\\u05d0\\U0001F98A\\n']", ("Aא🦊\n",)),
        ("['\\U7fffffff']", ("",)),
        ("[1, 2", None),
        ("['a' 'b']", None),
        ("['a'] + [open('x')]", None),
        ("[__import__('os')]", None),
        ("[" * 50_000, None),
        ("[" + "[" * 500 + "]" * 500 + "]", None),
        ("[" + "1," * 500 + "]", None),
        ("['" + "\\" * 10_001 + "']", None),
        ("hello", None),
        ("", None),
    ],
)
def test_a_printed_list_is_read_and_nothing_else_is(text, items):
    assert items_of(text) == items


@pytest.mark.parametrize(
    "text",
    ["", "[]", "7", "null", "{", "{" * 100_000, '{"a":' * 100_000, '{"a": 1' + "0" * 5_000 + "}",
     '{"a": "' + "x" * 2_000_000 + '"}'],
)  # fmt: skip
def test_what_is_no_object_of_a_sane_size_is_nothing(text):
    assert object_in(text) is None
