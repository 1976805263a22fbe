"""What the machine is said to have; nothing missing may stop the program."""

from pathlib import Path
from types import SimpleNamespace

import pretended_gpu
import psutil
import pytest
import torch
from pretended_gpu import MIB

from fooocus_lite.engine import hardware


def test_this_machine_has_facts_that_can_be_planned_with() -> None:
    facts = hardware.facts()
    assert facts.cores >= 1
    assert facts.free_ram_mib > 0
    assert facts.name
    assert facts.total_mib >= facts.free_ram_mib


def test_a_cuda_gpu_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (8 * 2**30, 12 * 2**30))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A GPU")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (7, 5))
    facts = hardware.facts()
    assert (facts.device, facts.name, facts.free_vram_mib) == ("cuda", "A GPU", 8192)
    assert not facts.has_native_bf16


def test_a_gpu_that_failed_is_not_even_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert hardware.facts(is_cpu_only=True).device == "cpu"


def test_a_cuda_gpu_keeps_8_bits_and_copies_while_it_computes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (8 * 2**30, 12 * 2**30))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A GPU")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    monkeypatch.setattr(hardware, "find_spec", lambda name: name)
    facts = hardware.facts()
    assert (facts.has_native_bf16, facts.has_float8, facts.has_streams) == (True, True, True)
    assert (facts.total_mib, facts.backends) == (12_288, frozenset({"bitsandbytes"}))


@pytest.mark.parametrize(
    ("name", "capability", "has_bf16", "has_float16"),
    [
        ("NVIDIA GeForce GTX 1060 6GB", (6, 1), False, True),
        ("NVIDIA GeForce GTX 1660 SUPER", (7, 5), False, False),
        ("NVIDIA GeForce GTX 1650 Ti", (7, 5), False, False),
        ("NVIDIA T600 Laptop GPU", (7, 5), False, False),
        ("Tesla T4", (7, 5), False, True),
        ("NVIDIA GeForce RTX 2060", (7, 5), False, True),
        ("NVIDIA GeForce RTX 3050 Laptop GPU", (8, 6), True, True),
    ],
)
def test_old_cards_are_known_by_what_they_compute_wrongly_or_slowly(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    capability: tuple[int, int],
    has_bf16: bool,
    has_float16: bool,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (4 * 2**30, 6 * 2**30))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: name)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setattr(torch.version, "hip", None)
    facts = hardware.facts()
    assert (facts.has_native_bf16, facts.has_float16) == (has_bf16, has_float16)


def test_what_torch_keeps_of_tensors_that_are_gone_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pretended_gpu.plugged_in(monkeypatch, memory_mib=64) as gpu:
        held = torch.empty(8 * MIB, dtype=torch.uint8, device="cuda")
        torch.empty(40 * MIB, dtype=torch.uint8, device="cuda")
        assert (gpu.reserved, torch.cuda.mem_get_info()[0]) == (48 * MIB, 16 * MIB)
        assert hardware.facts().free_vram_mib == 64 - 8
        assert held.is_cuda


@pytest.mark.parametrize(
    ("capability", "made_for", "device"),
    [
        ((8, 6), ["sm_75", "sm_80", "sm_90", "compute_90"], "cuda"),
        ((12, 0), ["sm_90", "sm_100", "sm_120"], "cuda"),
        ((12, 0), ["sm_80", "sm_90", "compute_90"], "cuda"),
        ((12, 0), ["sm_80", "sm_90a"], "cpu"),
        ((6, 1), ["sm_75", "sm_80", "compute_120"], "cpu"),
        ((7, 0), ["sm_75", "sm_80"], "cpu"),
        ((6, 1), [], "cuda"),
    ],
)
def test_a_card_that_torch_has_no_code_for_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], made_for: list[str], device: str
) -> None:
    with pretended_gpu.plugged_in(monkeypatch):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: made_for)
        assert hardware.facts().device == device


@pytest.mark.parametrize(
    ("chip", "has_bf16"),
    [("gfx1030", False), ("gfx906:sramecc+", False), ("gfx1100", True), ("gfx90a", True)],
)
def test_amds_cards_go_by_their_chip(
    monkeypatch: pytest.MonkeyPatch, chip: str, has_bf16: bool
) -> None:
    monkeypatch.setattr(torch.version, "hip", "6.2")
    properties = SimpleNamespace(gcnArchName=chip)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda: properties)
    assert hardware._gpu_has_bf16() is has_bf16


@pytest.mark.parametrize("is_new", [True, False])
def test_an_apple_gpu_is_used_without_cuda(monkeypatch: pytest.MonkeyPatch, is_new: bool) -> None:
    with pretended_gpu.plugged_in(monkeypatch, "mps", memory_mib=2048):
        monkeypatch.setattr(torch.backends.mps, "is_macos_or_newer", lambda *_: is_new)
        facts = hardware.facts()
    assert (facts.device, facts.has_native_bf16) == ("mps", is_new)
    assert facts.free_vram_mib is None
    assert facts.free_ram_mib <= facts.total_mib == 2048
    assert (facts.has_float8, facts.has_streams, len(facts.backends)) == (False, False, 0)


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


def test_a_containers_memory_is_all_there_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stat = f"anon {700 * MIB}\nactive_file {100 * MIB}\ninactive_file {200 * MIB}\nslab 5\n"
    for name, text in (("max", 1024 * MIB), ("current", 1000 * MIB), ("stat", stat)):
        (tmp_path / f"memory.{name}").write_text(f"{text}\n")
    monkeypatch.setattr(hardware, "CGROUP", tmp_path)
    facts = hardware.facts(is_cpu_only=True)
    assert (facts.free_ram_mib, facts.total_mib) == (324, 1024)
    with pretended_gpu.plugged_in(monkeypatch):
        assert hardware.facts().free_ram_mib == 324
    (tmp_path / "memory.max").write_text("max\n")
    assert hardware.facts(is_cpu_only=True).total_mib > 1024


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
