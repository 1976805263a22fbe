"""Files people edit: a mistake in one is said with file and line, and the program goes on."""

import json

import pytest

from fooocus_lite.settings import load
from fooocus_lite.supplies import library


@pytest.fixture
def settings(tmp_path):
    return load({"home": tmp_path})


def write(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_the_programs_own_files_are_in_order(settings):
    found = library.read(settings)
    assert found.problems == ()
    assert "starter" in found.presets
    assert len(found.styles) >= 12


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '{\n  "model": "starter",\n  "asspect": "1:1"\n}',
            "line 3: unknown key “asspect”. Did you mean “aspect”?",
        ),
        ('{\n  "model": "starter"\n  "aspect": 1\n}', "line 3: not valid JSON"),
        ('{\n  "model": 5\n}', "line 2: “model”"),
        ("[]", "one JSON object"),
    ],
)
def test_a_preset_with_a_mistake_is_left_out_and_said(settings, text, says):
    write(settings.home / "presets", "mine.json", text)
    found = library.read(settings)
    assert "mine" not in found.presets
    assert "starter" in found.presets
    assert len(found.problems) == 1
    assert found.problems[0].startswith("mine.json")
    assert says in found.problems[0]


def test_the_line_of_a_mistake_is_that_of_its_own_entry(settings):
    text = '[\n {"name": "A", "prompt": "{prompt}, a"},\n {"name": "B",\n  "promt": "b"}\n]'
    write(settings.home / "styles", "mine.json", text)
    (problem,) = library.read(settings).problems
    assert problem.startswith("mine.json, line 4: unknown key “promt”. Did you mean “prompt”?")


def test_a_home_file_is_added_to_the_programs_own_and_beats_them(settings):
    own = {"name": "Watercolor", "prompt": "my watercolor of {prompt}"}
    write(settings.home / "styles", "mine.json", json.dumps([own, {"name": "New"}]))
    styles = library.read(settings).styles
    assert styles["Watercolor"].prompt == "my watercolor of {prompt}"
    assert "New" in styles
    assert "Neon" in styles


def test_bytes_that_are_no_text_are_said(settings):
    (settings.home / "presets").mkdir()
    (settings.home / "presets" / "bad.json").write_bytes(b"\xff\xfe\x00")
    (problem,) = library.read(settings).problems
    assert problem.startswith("bad.json is left out")


def test_a_style_file_of_fooocus_drops_in_as_it_is(settings):
    entries = [
        {"name": "sai-clay", "prompt": "clay model of {prompt} . soft", "negative_prompt": "photo"},
        {"name": "only-negative", "negative_prompt": "blurry"},
        {"name": "empty", "prompt": "", "negative_prompt": ""},
    ]
    write(settings.home / "styles", "sdxl_styles_sai.json", json.dumps(entries))
    found = library.read(settings)
    assert found.problems == ()
    assert found.styles["sai-clay"].prompt == "clay model of {prompt} . soft"
    assert {found.styles[each["name"]].category for each in entries} == {"Sdxl styles sai"}


def test_enhance_and_random_style_are_always_there_and_first(settings):
    styles = library.read(settings).styles
    assert list(styles)[:2] == ["Enhance", "Random Style"]
    assert not styles["Enhance"].is_wrapping
