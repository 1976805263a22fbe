"""What this machine has at the moment. What cannot be found out counts as absent."""

import logging
import os
import platform
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # comes with accelerate, without types
import torch

from ..thinking.memory import HardwareFacts
from . import bf16

log = logging.getLogger(__name__)
MIB = 2**20
CGROUP = Path("/sys/fs/cgroup")
"""What a Linux container is held to (cgroup v2)."""
# Turing chips without tensor cores overflow in float16 (pytorch issue 58123, ComfyUI issue 884).
BROKEN_FLOAT16 = re.compile(
    r"\b(GTX 16[356]0|T[456]00|T1000|T1200|T2000|MX[45]50|CMP 30HX)\b", re.IGNORECASE
)
BACKENDS = ("bitsandbytes",)
"""Packages that keep weights in 4 bits."""


def facts(state: Path | None = None, is_cpu_only: bool = False) -> HardwareFacts:
    """The best device here and what it offers: CUDA before MPS before CPU, or only that.

    What a container is held to is honoured, and for `cores` OMP_NUM_THREADS. The speed of bfloat16
    on a CPU is measured once and remembered in the folder `state`; without one, the CPU's flags
    are believed.
    """
    if not is_cpu_only and torch.cuda.is_available() and _has_kernels():
        return _cuda()
    if not is_cpu_only and torch.backends.mps.is_available():
        return _mps()
    (free, total), name = _memory(), _cpu_name()
    return HardwareFacts(
        device="cpu",
        name=name,
        cores=_cores(),
        free_ram_mib=free // MIB,
        total_mib=total // MIB,
        has_native_bf16=_cpu_has_bf16() and (state is None or bf16.is_faster(name, state)),
    )


def private_mib() -> int:
    """What this process holds of the computer's memory beside files, as far as that is told."""
    memory = psutil.Process().memory_info()
    return int(memory.rss - getattr(memory, "shared", 0)) // MIB


def _cuda() -> HardwareFacts:
    """A card of Nvidia's, or one of AMD's, which torch calls CUDA too."""
    (free, total), name = torch.cuda.mem_get_info(), torch.cuda.get_device_name()
    # What torch keeps of tensors that are gone, and gives to the next ones.
    free += torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    return HardwareFacts(
        device="cuda",
        name=name,
        cores=_cores(),
        free_ram_mib=_memory()[0] // MIB,
        free_vram_mib=free // MIB,
        total_mib=total // MIB,
        has_native_bf16=_gpu_has_bf16(),
        has_float16=not BROKEN_FLOAT16.search(name),
        # Weights are only kept in 8 bits and widened for computing, which every card can do.
        has_float8=hasattr(torch, "float8_e4m3fn"),
        has_streams=True,
        backends=frozenset(name for name in BACKENDS if find_spec(name) is not None),
    )


def _has_kernels() -> bool:
    """Whether this build of torch can compute on the card at all; each leaves out some old ones.

    A card runs what was compiled for its major version and no later minor one, and the portable
    "compute" code of any version up to its own.
    """
    if torch.version.hip is not None:
        return True
    major, minor = torch.cuda.get_device_capability()
    made_for = [
        (kind, int(version) // 10, int(version) % 10)
        for kind, version in re.findall(r"(sm|compute)_(\d+)", " ".join(torch.cuda.get_arch_list()))
    ]
    has_kernels = not made_for or any(
        (of, at_least) <= (major, minor) and (kind == "compute" or of == major)
        for kind, of, at_least in made_for
    )
    if not has_kernels:
        _tell_of_no_kernels(torch.cuda.get_device_name())
    return has_kernels


@cache
def _tell_of_no_kernels(name: str) -> None:
    """Once, though the machine is asked before each picture."""
    log.warning("this torch has no code for the %s: computing on the CPU", name)


def _gpu_has_bf16() -> bool:
    """Whether the card computes bf16 itself; torch says yes for emulated bf16 too.

    Nvidia's do from Ampere on; AMD's from MI100 (gfx908) and RX 7000 (gfx11) on.
    """
    if torch.version.hip is None:
        return torch.cuda.get_device_capability() >= (8, 0)
    chip: str = torch.cuda.get_device_properties().gcnArchName
    return chip.startswith(("gfx908", "gfx90a", "gfx94", "gfx95", "gfx11", "gfx12"))


def _mps() -> HardwareFacts:
    """An Apple GPU shares the computer's memory, and has neither 8-bit numbers nor copy streams.

    Metal lets a program use about three quarters of it, and knows bfloat16 from macOS 14 on.
    """
    memory = psutil.virtual_memory()
    total = min(memory.total, torch.mps.recommended_max_memory())
    kept = torch.mps.driver_allocated_memory() - torch.mps.current_allocated_memory()
    return HardwareFacts(
        device="mps",
        name="Apple GPU",
        cores=_cores(),
        free_ram_mib=min(memory.available + kept, total) // MIB,
        total_mib=total // MIB,
        has_native_bf16=torch.backends.mps.is_macos_or_newer(14, 0),
    )


def _memory() -> tuple[int, int]:
    """Bytes of the computer's memory that are free, and all there are.

    Files that the system keeps in memory count as free, for they make way.
    """
    memory = psutil.virtual_memory()
    limit, used = (_text(CGROUP / f"memory.{name}").strip() for name in ("max", "current"))
    if not (limit.isdigit() and used.isdigit()):
        return memory.available, memory.total
    lines = (line.partition(" ") for line in _text(CGROUP / "memory.stat").splitlines())
    files = sum(int(value) for name, _, value in lines if name in ("active_file", "inactive_file"))
    free = max(0, int(limit) - int(used) + files)
    return min(memory.available, free), min(memory.total, int(limit))


def _cores() -> int:
    """Physical cores this process may use."""
    physical: int | None = psutil.cpu_count(logical=False)
    known = [torch.get_num_threads(), physical, os.cpu_count(), _quota()]
    return max(1, min(count for count in known if count))


def _quota() -> int | None:
    """Whole CPUs a container is held to, None without a limit."""
    limit, _, period = _text(CGROUP / "cpu.max").partition(" ")
    if not (limit.isdigit() and period.strip().isdigit()):
        return None
    return max(1, round(int(limit) / int(period)))


def _cpu_has_bf16() -> bool:
    """Whether the CPU multiplies bf16 itself (AVX512_BF16 or AMX); emulated, fp32 is faster."""
    flags = _text(Path("/proc/cpuinfo"))
    if flags:
        return "avx512_bf16" in flags or "amx_bf16" in flags
    check = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(check()) if check else False


def _cpu_name() -> str:
    for line in _text(Path("/proc/cpuinfo")).splitlines():
        label, _, value = line.partition(":")
        if label.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine() or "CPU"


def _text(path: Path) -> str:
    """The text of a file of the kernel, empty where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
