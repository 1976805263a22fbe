"""Whether this CPU is faster with bfloat16 than with float32: measured once, then remembered."""

import json
import logging
import time
from pathlib import Path

import torch
from torch.nn import functional

from ..whole_file import write_whole

log = logging.getLogger(__name__)

FILE_NAME = "bf16.json"
ROUNDS = 5


def is_faster(cpu: str, state: Path) -> bool:
    """What was remembered in the folder `state` for this CPU and torch, else what is measured now.

    Flags alone do not tell: some CPUs have the instructions and torch no kernel that uses them.
    """
    key = f"{cpu}, torch {torch.__version__}"
    known = _read(state)
    if key not in known:
        known[key] = speedup()
        log.info("bfloat16 is %.2f times as fast as float32 on this CPU", known[key])
        _write(state, known)
    return known[key] > 1.0


def speedup() -> float:
    """Seconds in float32 over seconds in bfloat16, for the layers that models are made of.

    The best of some rounds in turns, on one thread, so that a busy machine changes nothing.
    About 0.1 s.
    """
    best = {torch.float32: float("inf"), torch.bfloat16: float("inf")}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(ROUNDS):
            for dtype in best:
                best[dtype] = min(best[dtype], _seconds(dtype))
    finally:
        torch.set_num_threads(threads)
    return best[torch.float32] / best[torch.bfloat16]


@torch.no_grad()
def _seconds(dtype: torch.dtype) -> float:
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randn(256, 640, generator=generator).to(dtype)
    matrix = torch.randn(640, 640, generator=generator).to(dtype)
    image = torch.randn(1, 64, 32, 32, generator=generator).to(dtype)
    kernel = torch.randn(64, 64, 3, 3, generator=generator).to(dtype)
    began = time.perf_counter()
    for _ in range(4):
        functional.linear(tokens, matrix)
        functional.conv2d(image, kernel, padding=1)
    return time.perf_counter() - began


def _read(state: Path) -> dict[str, float]:
    """Remembered ratios by CPU; what is no such file is measured again."""
    try:
        known = json.loads((state / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {name: float(ratio) for name, ratio in known.items() if isinstance(ratio, int | float)}


def _write(state: Path, known: dict[str, float]) -> None:
    """Remembers it where the folder can be written; elsewhere it is measured at every start."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        write_whole(state / FILE_NAME, json.dumps(known, indent=2).encode())
    except OSError as error:
        log.info("the speed of bfloat16 is not remembered: %s", error)
