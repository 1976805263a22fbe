"""Headers that were made to hurt are refused quickly, and only those: the library agrees."""

import json
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from fooocus_lite.errors import WeightsError
from fooocus_lite.weights import header

ENTRY = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}


def written(path: Path, table: Any, data: bytes = bytes(16)) -> Path:
    text = table if isinstance(table, bytes) else json.dumps(table).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.safetensors"


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"a": ENTRY, "b": ENTRY}, "overlaps"),
        ({"a": {**ENTRY, "shape": [3], "data_offsets": [4, 16]}}, "leaves a gap"),
        ({"a": {**ENTRY, "shape": [-4]}}, "no tensor"),
        ({"a": {**ENTRY, "shape": [-2, -2]}}, "no tensor"),
        ({"a": {**ENTRY, "shape": [2**64, 0], "data_offsets": [0, 0]}}, "no tensor"),
        ({"a": {**ENTRY, "shape": [4.0]}}, "no tensor"),
        (b'{"\\ud800": ' + json.dumps(ENTRY).encode() + b"}", "no JSON"),
        (b'{"__metadata__": {"modelspec.title": "\\udC00"}}', "no JSON"),
        ({"a": {**ENTRY, "shape": [True]}}, "no tensor"),
        ({"a": {**ENTRY, "shape": [1] * 1000 + [4]}}, "no tensor"),
        ({"a": {**ENTRY, "shape": [2**62] * 32}}, "no tensor"),
        ({"a": {**ENTRY, "shape": "4"}}, "no tensor"),
        ({"a": {**ENTRY, "data_offsets": [16, 0]}}, "no tensor"),
        ({"a": {**ENTRY, "data_offsets": [-16, 0]}}, "no tensor"),
        ({"a": {**ENTRY, "data_offsets": [0, 16, 32]}}, "no tensor"),
        ({"a": {**ENTRY, "data_offsets": None}}, "no tensor"),
        ({"a": {**ENTRY, "dtype": "F33"}}, "no tensor"),
        ({"a": {**ENTRY, "dtype": ["F32"]}}, "no tensor"),
        ({"a": {**ENTRY, "code": "import os"}}, "no tensor"),
        ({"a": 7}, "no tensor"),
        ({"a": ENTRY, "__metadata__": {"x": 1}}, "metadata"),
        ({"a": ENTRY, "__metadata__": []}, "metadata"),
        ({}, "are expected"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b'{"a":' * 100_000, "no JSON"),
        (b"{" + b'"a":[' * 200_000, "no JSON"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "no JSON"),
        (b'{"\xff\xfe": 1}', "no JSON"),
        (b'{"a": NaN}', "no tensor"),
        (b"[]", "no table"),
        (b' {"a": 1}', "no table"),
    ],
)
def test_a_header_that_cannot_be_is_refused_by_name(file: Path, table: Any, why: str) -> None:
    with pytest.raises(WeightsError, match=why) as error:
        header.read(written(file, table))
    assert "a.safetensors is damaged" in error.value.message
    assert len(error.value.message) < 500


@pytest.mark.parametrize("claimed", [2 * 2**30, 2**63, 2**64 - 1])
def test_a_header_of_gigabytes_is_refused_before_it_is_read(file: Path, claimed: int) -> None:
    with file.open("wb") as out:
        out.write(struct.pack("<Q", claimed) + b'{"a": ')
        out.truncate(3 * 2**30)  # a hole in the file, which takes no room
    with pytest.raises(WeightsError, match="its header"):
        header.read(file)


@pytest.mark.parametrize(
    ("start", "why"),
    [
        (b"\x80\x02}q\x00.", "pickle"),
        (b"<!DOCTYPE html><html>Log in</html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        (b"GGUF\x03\x00\x00\x00", "GGUF"),
    ],
)
def test_another_kind_of_file_is_named(file: Path, start: bytes, why: str) -> None:
    file.write_bytes(start + bytes(200))
    with pytest.raises(WeightsError, match=why):
        header.read(file)


def test_a_zip_bomb_is_named_and_never_unpacked(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bomb:
        bomb.writestr("archive/data/0", bytes(50_000_000))
    assert file.stat().st_size < 100_000
    with pytest.raises(WeightsError, match="zip archive"):
        header.read(file)


def test_files_of_the_library_are_read_as_it_reads_them(file: Path) -> None:
    arrays = {
        "half": np.ones((2, 3), np.float16),
        "empty": np.ones((0, 7), np.float32),
        "scalar": np.array(3, np.int64),
        "bytes": np.arange(5, dtype=np.uint8),
        "flag": np.array([True, False]),
    }
    save_file(arrays, file, metadata={"modelspec.title": "Täst"})
    found = header.read(file)
    with safe_open(file, "numpy") as real:
        assert set(real.keys()) == set(found.tensors)
        assert real.metadata() == found.metadata
        for name in real.keys():  # noqa: SIM118  # safe_open is no mapping
            part = real.get_slice(name)
            assert tuple(part.get_shape()) == found.tensors[name].shape
            assert part.get_dtype() == found.tensors[name].dtype


def test_what_is_accepted_of_a_thousand_changed_files_the_library_accepts_too(file: Path) -> None:
    save_file({"a": np.ones((2, 3), np.float16), "b": np.ones(4, np.float32)}, file)
    whole, dice, accepted = file.read_bytes(), random.Random(7), 0
    for _ in range(1000):
        content = bytearray(whole)
        for _ in range(dice.randint(1, 3)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        file.write_bytes(content)
        try:
            header.read(file)
        except WeightsError:
            continue
        accepted += 1
        with safe_open(file, "numpy"):
            pass
    assert accepted > 50


def test_what_commands_a_terminal_is_not_in_the_sentence(file: Path) -> None:
    written(file, {"\x1b[2J\u202ename": {**ENTRY, "shape": [3]}})
    with pytest.raises(WeightsError) as caught:
        header.read(file)
    assert "“[2J name”" in caught.value.message


def test_a_letter_in_two_halves_is_whole(file: Path) -> None:
    text = b'{"\\ud83d\\ude00": ' + json.dumps(ENTRY).encode() + b"}"
    assert list(header.read(written(file, text)).tensors) == ["\N{GRINNING FACE}"]
