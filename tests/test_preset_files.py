"""Preset files on disk: read, of two kinds; written whole or not at all."""

import json

import pytest

from fooocus_lite.errors import DiskError
from fooocus_lite.recipe import LoRA
from fooocus_lite.supplies import preset_files
from fooocus_lite.supplies.data_files import Mistake
from fooocus_lite.thinking.presets import Preset

MINE = Preset(
    name="Été no 1", model="starter", family="starter", is_saved=True,
    styles=("Ink",), loras=(LoRA(name="chalk", weight=-0.5),), width=128, height=64,
)  # fmt: skip


def test_what_is_written_is_what_is_read(tmp_path):
    path = preset_files.write(MINE, tmp_path / "presets")
    assert path.name == "t-no-1.json"
    assert preset_files.read(path, ()).preset.model_dump() == MINE.model_dump()
    written = json.loads(path.read_text(encoding="utf-8"))
    assert next(iter(written)) == "$schema"
    assert list(path.parent.iterdir()) == [path]


def test_two_names_never_share_a_file_unless_one_is_to_be_replaced(tmp_path):
    names = ["a b", "A-B", "ночь", "!?"]
    paths = [preset_files.write(MINE.model_copy(update={"name": name}), tmp_path) for name in names]
    assert [path.stem for path in paths] == ["a-b", "a-b-2", "preset", "preset-2"]
    changed = MINE.model_copy(update={"name": "a b", "width": 256})
    assert preset_files.write(changed, tmp_path, over=paths[0]) == paths[0]
    assert preset_files.read(paths[0], ()).preset.width == 256


def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_left(tmp_path):
    (tmp_path / "presets").write_text("a file, no folder", encoding="utf-8")
    with pytest.raises(DiskError, match="The preset cannot be written"):
        preset_files.write(MINE, tmp_path / "presets")
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            '{\n "family": "sdxl",\n "model": "m",\n "aspect": "7:5"\n}',
            "line 4: There is no aspect",
        ),
        ('{\n "model": "m",\n "family": "sdxxl"\n}', "line 3: There is no family called “sdxxl”"),
        ('{\n "model": "m",\n "scheduler": "eulr",\n "family": "sdxl"\n}', "Did you mean “euler”"),
        ('{\n "model": "m",\n "shema": ""\n}', "Did you mean “$schema”"),
        ('{\n "model": "m",\n "width": 100\n}', "width and height come together"),
        (
            '{\n "model": "m",\n "licence": {"id": "MIT", "pictures": "maybe"}\n}',
            "line 3: “licence”",
        ),
    ],
)
def test_a_mistake_is_said_with_its_line(tmp_path, values, says):
    path = tmp_path / "mine.json"
    path.write_text(values, encoding="utf-8")
    with pytest.raises(Mistake) as caught:
        preset_files.read(path, ())
    assert str(caught.value).startswith("mine.json")
    assert says in str(caught.value)


def test_a_preset_of_fooocus_is_read_with_a_notice_for_what_is_not_used(tmp_path):
    text = json.dumps({"default_model": "hill.safetensors", "default_sample_sharpness": 2})
    (tmp_path / "hill.json").write_text(text, encoding="utf-8")
    found = preset_files.read_all([tmp_path], ())
    assert found.problems == ()
    assert found.by_name["hill"].preset.model == "hill"
    (notice,) = found.notices
    assert notice.startswith("hill.json: Not used here: default")


def test_a_later_folder_beats_an_earlier_one(tmp_path):
    for folder, model in (("first", "a"), ("second", "b")):
        (tmp_path / folder).mkdir()
        text = json.dumps({"name": "same", "model": model})
        (tmp_path / folder / f"{folder}.json").write_text(text, encoding="utf-8")
    found = preset_files.read_all([tmp_path / "first", tmp_path / "second"], ())
    assert found.by_name["same"].preset.model == "b"
