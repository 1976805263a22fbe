"""What headers said is remembered over a restart, and never believed when it may be wrong."""

import json
import os
from pathlib import Path

import pytest
from test_uploads import SD15, safetensors

from fooocus_lite.weights import header, inspect
from fooocus_lite.weights.inspected import Inspected


@pytest.fixture(autouse=True)
def start(monkeypatch):
    """A process that has read nothing yet."""
    monkeypatch.setattr(inspect, "_kept", {})


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "dream.safetensors"
    path.write_bytes(safetensors(SD15))
    return path


@pytest.fixture
def file(tmp_path: Path, model: Path) -> Path:
    """The memory of a run that has looked at the model."""
    memory = tmp_path / "state" / "inspected.json"
    inspect.inspect(model)
    Inspected(memory).keep()
    inspect._kept.clear()
    return memory


def reads(monkeypatch, model: Path) -> int:
    """How often the header is read when the model is looked at."""
    count = 0
    real = header.read

    def counting(path: Path) -> header.Header:
        nonlocal count
        count += 1
        return real(path)

    monkeypatch.setattr(header, "read", counting)
    assert inspect.inspect(model).family == "sd15"
    return count


def test_the_next_run_reads_no_header_again(monkeypatch, file, model):
    expected = inspect.inspect(model)
    inspect._kept.clear()
    Inspected(file).recall()
    assert reads(monkeypatch, model) == 0
    assert inspect.inspect(model) == expected


def test_a_file_that_has_changed_is_read(monkeypatch, file, model):
    os.utime(model, ns=(1, 1))
    Inspected(file).recall()
    assert reads(monkeypatch, model) == 1


def test_what_another_version_read_is_read_again(monkeypatch, file, model):
    memory = json.loads(file.read_text())
    memory[0] = "older"
    file.write_text(json.dumps(memory))
    Inspected(file).recall()
    assert reads(monkeypatch, model) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '["x", [["a", 1]]]', "\xff"])
def test_a_damaged_memory_is_none(monkeypatch, file, model, text):
    file.write_bytes(text.encode("latin-1"))
    Inspected(file).recall()
    assert reads(monkeypatch, model) == 1


def test_it_is_written_only_when_there_is_something_new(file, model):
    memory = Inspected(file)
    memory.recall()
    before = file.stat().st_mtime_ns
    memory.keep()
    assert file.stat().st_mtime_ns == before
    other = model.with_name("other.safetensors")
    other.write_bytes(safetensors(SD15))
    inspect.inspect(other)
    memory.keep()
    assert len(json.loads(file.read_text())[1]) == 2
    assert [each.name for each in file.parent.iterdir()] == ["inspected.json"]


def test_where_it_cannot_be_written_nothing_is_lost_but_time(tmp_path, model):
    (tmp_path / "state").write_text("no folder")
    inspect.inspect(model)
    Inspected(tmp_path / "state" / "inspected.json").keep()


def test_a_path_that_cannot_be_written_down_costs_only_the_memory(tmp_path, model, caplog):
    inspect.remember({(f"{tmp_path}/\udcff", 1, 1): inspect.inspect(model)})
    Inspected(tmp_path / "inspected.json").keep()
    assert "inspected.json cannot be written" in caplog.text
