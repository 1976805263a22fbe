"""What the benchmarks share: interleaved pairs, their spread, and a result on screen and as JSON.

Knows nothing of what is measured.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = ("diffusers", "gradio", "torch", "transformers")


@dataclass(frozen=True)
class Spread:
    """Of repeated readings: one number to believe, and how far the others are from it."""

    median: float
    minimum: float
    maximum: float
    readings: int

    def __str__(self) -> str:
        return f"{self.median:.4g} ({self.minimum:.4g} to {self.maximum:.4g}, n={self.readings})"


@dataclass(frozen=True)
class Cost:
    """What one run took: by the clock, and of all cores together.

    On a busy machine the clock also counts waiting for others; `cpu_s` hardly does.
    """

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Pair:
    """Two runs made one right after the other, so that both met the same machine."""

    ours: Cost
    theirs: Cost


Figure = float | int | str | bool | None | Spread


@dataclass(frozen=True)
class Result:
    """One benchmark's answer. `load_average`: processes wanting a core, before and after."""

    benchmark: str
    target: str
    is_met: bool
    figures: Mapping[str, Figure]
    settings: Mapping[str, Any]
    load_average: tuple[float | None, float | None] = field(default=(None, None))


def spread(readings: Sequence[float]) -> Spread:
    """Median, minimum and maximum. Raises ValueError without readings."""
    if not readings:
        raise ValueError("There is nothing to take a median of.")
    return Spread(statistics.median(readings), min(readings), max(readings), len(readings))


def interleave(ours: Callable[[], Cost], theirs: Callable[[], Cost], runs: int) -> list[Pair]:
    """`runs` pairs; who goes first changes from pair to pair, so that a drift favours nobody."""
    pairs = []
    for run in range(runs):
        if run % 2 == 0:
            first, second = ours(), theirs()
            pair = Pair(first, second)
        else:
            first, second = theirs(), ours()
            pair = Pair(second, first)
        print(
            f"  pair {run + 1}: ours {pair.ours.wall_s:.3f} s ({pair.ours.cpu_s:.3f} s of core), "
            f"bare {pair.theirs.wall_s:.3f} s ({pair.theirs.cpu_s:.3f} s of core)",
            flush=True,
        )
        pairs.append(pair)
    return pairs


def ratios(pairs: Sequence[Pair], of: Literal["wall_s", "cpu_s"] = "wall_s") -> Spread:
    """Ours over theirs, pair by pair. Raises ValueError without pairs."""
    return spread([getattr(pair.ours, of) / getattr(pair.theirs, of) for pair in pairs])


def parser(description: str | None, runs: int) -> argparse.ArgumentParser:
    """A command line with `--runs`, to which a benchmark adds its own."""
    made = argparse.ArgumentParser(
        description=(description or "").strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--runs", type=_at_least_one, default=runs, help=f"readings to take (default {runs})"
    )
    return made


def load_average() -> float | None:
    """Processes that wanted a core during the last minute; None where the system does not say."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def report(result: Result) -> int:
    """Print the result and write `results/<benchmark>.json`; 0 when the target is met, else 1."""
    for name, figure in result.figures.items():
        shown = f"{figure:.4g}" if isinstance(figure, float) else str(figure)
        print(f"{name.replace('_', ' '):28} {shown}")
    before, after = result.load_average
    print(f"{'load average':28} {before} before, {after} after, on {os.cpu_count()} cores")
    print(f"{'met' if result.is_met else 'MISSED'}: {result.target}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{result.benchmark}.json"
    document = as_document(result, machine(), versions())
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path.relative_to(ROOT)}")
    return 0 if result.is_met else 1


def as_document(
    result: Result, machine: Mapping[str, Figure], versions: Mapping[str, str]
) -> dict[str, Any]:
    """What the JSON file holds: the result, rounded, with the machine and versions it is true of.

    Nothing of when it was made or where it lies.
    """
    document = {**asdict(result), "machine": dict(machine), "versions": dict(versions)}
    rounded: dict[str, Any] = _rounded(document)
    return rounded


def machine() -> dict[str, Figure]:
    """What the readings are true of. Imports torch."""
    import psutil  # type: ignore[import-untyped]  # comes with accelerate, without types

    from fooocus_lite.engine import hardware

    facts = hardware.facts()
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "logical_cores": os.cpu_count(),
        "cores_used": facts.cores,
        "memory_mib": psutil.virtual_memory().total // 2**20,
        "device": facts.device,
        "device_name": facts.name,
        "has_native_bf16": facts.has_native_bf16,
    }


def versions() -> dict[str, str]:
    """Of Python, the program and the packages it stands on."""
    from fooocus_lite import __version__

    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    python = ".".join(str(part) for part in sys.version_info[:3])
    return {"python": python, "fooocus_lite": __version__, **found}


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


def _rounded(value: Any) -> Any:
    """Five significant digits: the rest is noise."""
    match value:
        case float():
            return float(f"{value:.5g}")
        case Mapping():
            return {key: _rounded(each) for key, each in value.items()}
        case list() | tuple():
            return [_rounded(each) for each in value]
        case _:
            return value
