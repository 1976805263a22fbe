"""`inspect`, and what `replay` refuses, inside this process; nothing is cooked."""

import json
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fooocus_lite.cli import main

FOREIGN = (
    "a fox \x1b]0;hello\x07 <lora:ink:0.5>\nNegative prompt: rain\n"
    "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 512x768, Clip skip: 2"
)


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("FOOOCUS_LITE_HOME", str(tmp_path))


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A picture of A1111."""
    kept = PngInfo()
    kept.add_text("parameters", FOREIGN)
    kept.add_text("extra", "x" * 5_000)
    Image.new("RGB", (8, 8)).save(tmp_path / "foreign.png", pnginfo=kept)
    return tmp_path / "foreign.png"


def test_the_settings_of_another_program_are_shown_in_our_words(capsys, foreign):
    assert main(["inspect", str(foreign), "--json"]) == 0
    (found,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found["source"] == "A1111"
    assert found["settings"] == {
        "prompt": "a fox ]0;hello",
        "negative_prompt": "rain",
        "num_inference_steps": 20,
        "guidance_scale": 7.0,
        "scheduler": "euler_a",
        "seed": 5,
        "width": 512,
        "height": 768,
        "loras": [{"name": "ink", "weight": 0.5}],
    }
    assert "Not used here: Clip skip: 2." in found["notes"]
    assert found["parameters"] == FOREIGN
    assert found["recipe"] is None


def test_a_terminal_gets_nothing_that_moves_its_cursor(capsys, foreign):
    assert main(["inspect", str(foreign)]) == 0
    shown = capsys.readouterr().out
    assert "settings, written by A1111:" in shown
    assert '  scheduler: "euler_a"' in shown
    assert "note: Not used here: Clip skip: 2." in shown
    assert "3,000 more characters" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown


@pytest.mark.parametrize("command", [["inspect", "--link"], ["replay"]])
def test_a_picture_without_a_recipe_of_ours_cannot_be_shared_or_replayed(capsys, foreign, command):
    assert main([*command, str(foreign)]) == 2
    assert "carries no recipe of Fooocus Lite" in capsys.readouterr().err


def test_a_picture_that_says_nothing(capsys, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert main(["inspect", str(tmp_path / "a.png")]) == 1
    assert "says nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (None, "#r=abcd", "damaged"),
        (None, "http://x.org/#r=", "no recipe link"),
        ("a.json", "{}", "recipe"),
        ("a.json", "[" * 100_000, "damaged"),
        ("a.json", " " * 4_000_001, "too large"),
        ("a.json", "x" * 2_000_000, "at most"),
    ],
)
def test_a_damaged_link_or_recipe_file_is_wrong_use(capsys, tmp_path, name, text, says):
    given = text
    if name is not None:
        (tmp_path / name).write_text(text)
        given = str(tmp_path / name)
    assert main(["replay", given]) == 2
    assert says in capsys.readouterr().err
