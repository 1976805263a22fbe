"""What the machine is said to have; nothing missing may stop the program."""

from pathlib import Path

import psutil
import pytest
import torch

from fooocus_lite.engine import hardware
from fooocus_lite.thinking.memory import plan


def test_this_machine_has_facts_that_can_be_planned_with() -> None:
    facts = hardware.facts()
    assert facts.cores >= 1
    assert facts.free_ram_mib > 0
    assert facts.name
    assert plan(facts, 15).threads == facts.cores


def test_a_cuda_gpu_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (8 * 2**30, 12 * 2**30))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A GPU")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (7, 5))
    facts = hardware.facts()
    assert (facts.device, facts.name, facts.free_vram_mib) == ("cuda", "A GPU", 8192)
    assert not facts.has_native_bf16


def test_an_apple_gpu_is_used_without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert hardware.facts().device == "mps"


def test_a_system_without_proc_and_counts_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(hardware, "_text", lambda _: "")
    monkeypatch.setattr(psutil, "cpu_count", lambda **_: None)
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)
    facts = hardware.facts()
    assert facts.name
    assert facts.cores >= 1
    assert not facts.has_native_bf16


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("max 100000\n", None), ("150000 100000\n", 2), ("10000 100000", 1), ("", None)],
)
def test_a_containers_quota_limits_the_threads(
    monkeypatch: pytest.MonkeyPatch, text: str, cpus: int | None
) -> None:
    monkeypatch.setattr(hardware, "_text", lambda _: text)
    assert hardware._quota() == cpus


@pytest.mark.parametrize(
    ("flags", "has"), [("avx2 avx512_bf16", True), ("amx_bf16", True), ("avx2", False)]
)
def test_native_bf16_is_read_from_the_cpu_flags(
    monkeypatch: pytest.MonkeyPatch, flags: str, has: bool
) -> None:
    monkeypatch.setattr(hardware, "_text", lambda _: f"model name\t: X\nflags\t\t: {flags}\n")
    assert hardware._cpu_has_bf16() is has
    assert hardware._cpu_name() == "X"


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert hardware._text(tmp_path / "none") == ""
