"""Gigabytes are read for their hash once, not at every start."""

import json
import os
from pathlib import Path

import pytest

from fooocus_lite.weights import verify
from fooocus_lite.weights.hashed import Hashed


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that this run has not read."""
    monkeypatch.setattr(verify, "_hashes", {})
    file = tmp_path / "a.safetensors"
    file.write_bytes(b"weights")
    return file


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "state" / "hashed.json"


def next_run(memory: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The program starts again; what it reads for a hash is written down."""
    monkeypatch.setattr(verify, "_hashes", {})
    Hashed(memory).recall()
    return []


def test_the_next_run_reads_only_what_has_changed(
    weights: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = verify.sha256(weights)
    Hashed(memory).keep()
    read = next_run(memory, monkeypatch)
    assert verify.sha256(weights, lambda done, _: read.append(done)) == known
    assert read == []
    weights.write_bytes(b"WEIGHTS")
    os.utime(weights, ns=(1, 1))
    assert verify.sha256(weights, lambda done, _: read.append(done)) != known
    assert read == [7]


@pytest.mark.parametrize("text", ["", "{", '[["a", "b", 1, "c"]]'])
def test_a_damaged_memory_is_none(
    weights: Path, memory: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    memory.parent.mkdir()
    memory.write_text(text)
    read = next_run(memory, monkeypatch)
    verify.sha256(weights, lambda done, _: read.append(done))
    assert read == [7]


def test_it_is_written_only_when_there_is_something_new(weights: Path, memory: Path) -> None:
    hashed = Hashed(memory)
    hashed.keep()
    assert not memory.exists()
    verify.sha256(weights)
    hashed.keep()
    assert json.loads(memory.read_text())[0][3] == verify.sha256(weights)
    memory.unlink()
    hashed.keep()
    assert not memory.exists()


def test_where_it_cannot_be_written_nothing_is_lost_but_time(weights: Path, memory: Path) -> None:
    memory.parent.write_text("a file in the folder's place")
    verify.sha256(weights)
    Hashed(memory).keep()
    assert memory.parent.is_file()
