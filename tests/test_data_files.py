"""Files people edit: why one is left out is said with its name, its line and a way out."""

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from fooocus_lite.supplies.data_files import MAX_FILE_BYTES, Mistake, complaint, line_of, read_json


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    weight: float = 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{\n  1: 2\n}", "mine.json, line 2: not valid JSON"),
        (b"\xff\xfe", "mine.json is left out: it cannot be read"),
        (b"[" * 100_000, "mine.json is left out: it cannot be read"),
        (b" " * (MAX_FILE_BYTES + 1), "mine.json is left out: larger than"),
        (b"[" + b"9" * 5000 + b"]", "mine.json is left out: it cannot be read"),
    ],
)
def test_a_file_that_is_no_json_is_said(tmp_path, content, says):
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    with pytest.raises(Mistake) as caught:
        read_json(path)
    assert str(caught.value).startswith(says)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(Mistake, match="cannot be read"):
        read_json(tmp_path / "mine.json")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"name": "B", "wieght": 1}, "line 3: unknown key “wieght”. Did you mean “weight”?"),
        ({"name": "B", "weight": "heavy"}, "line 3: “weight” – Input should be a valid number"),
    ],
)
def test_a_complaint_names_the_line_in_its_own_entry(tmp_path, entry, says):
    text = '[{"name": "A", "weight": 1, "wieght": 1},\n {"name": "B",\n  "weight": 0, "wieght": 0}]'
    with pytest.raises(ValidationError) as caught:
        Entry.model_validate(entry)
    said = complaint(tmp_path / "mine.json", text, caught.value, Entry.model_fields, after="B")
    assert said.startswith(f"mine.json, {says}")
    assert said.endswith("The file is left out.")


def test_a_key_that_is_nowhere_is_on_the_first_line():
    assert line_of('{\n"a": 1\n}', "b") == 1
