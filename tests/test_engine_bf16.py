"""The CPU's bfloat16 is measured once and remembered; nothing about the file can stop a start."""

import json
from pathlib import Path

import pytest
import torch

from fooocus_lite.engine import bf16, hardware


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the next measurements say; each is taken from the list once."""
    ratios = [1.5, 0.5]
    monkeypatch.setattr(bf16, "speedup", lambda: ratios.pop(0))
    return ratios


def test_it_is_measured_once_and_remembered_by_the_next_start(
    tmp_path: Path, measured: list[float]
) -> None:
    assert bf16.is_faster("A CPU", tmp_path / "state")
    assert bf16.is_faster("A CPU", tmp_path / "state")
    assert measured == [0.5]
    assert not bf16.is_faster("Another CPU", tmp_path / "state")
    known = json.loads((tmp_path / "state" / bf16.FILE_NAME).read_text())
    assert known == {
        f"A CPU, torch {torch.__version__}": 1.5,
        f"Another CPU, torch {torch.__version__}": 0.5,
    }


@pytest.mark.parametrize("text", ["", "[]", '{"A CPU": null}', "\ufeff{"])
def test_a_broken_file_is_measured_again(tmp_path: Path, measured: list[float], text: str) -> None:
    (tmp_path / bf16.FILE_NAME).write_text(text, encoding="utf-8")
    assert bf16.is_faster("A CPU", tmp_path)
    assert len(measured) == 1


def test_where_nothing_can_be_kept_it_is_measured_every_time(
    tmp_path: Path, measured: list[float]
) -> None:
    (tmp_path / "file").touch()
    assert [bf16.is_faster("A CPU", tmp_path / "file") for _ in range(2)] == [True, False]


def test_the_measurement_leaves_the_threads_as_they_were() -> None:
    threads = torch.get_num_threads()
    assert bf16.speedup() > 0
    assert torch.get_num_threads() == threads


def test_a_cpu_without_the_instructions_is_not_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(hardware, "_text", lambda _: "model name: X\nflags: avx2\n")
    assert not hardware.facts(tmp_path).has_native_bf16
    assert not (tmp_path / bf16.FILE_NAME).exists()
    monkeypatch.setattr(hardware, "_text", lambda _: "model name: X\nflags: amx_bf16\n")
    hardware.facts(tmp_path)
    assert (tmp_path / bf16.FILE_NAME).exists()
