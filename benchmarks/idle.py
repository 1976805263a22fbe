"""What the program costs while nobody asks for anything: with no page open, and with one.

A headless Chromium opens the page where Playwright and a Chromium are installed; its own time is
told beside, and is not part of the target.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # comes with accelerate, without types

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import browser, pairs, served
from benchmarks.pairs import Figure, Result
from benchmarks.served import Served

TARGET = 0.02
SETTLED = 0.1
SETTLE_TIMEOUT_S = 60.0


def main() -> int:
    """Wait and watch, report the share of a core."""
    options = _options()
    load = pairs.load_average()
    port = served.free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        served.served(served.launch_command(port), port, Path(folder)) as page,
    ):
        runs = [_run(page, options.seconds) for _ in range(options.runs)]
    alone = pairs.spread([run.alone for run in runs])
    figures: dict[str, Figure] = {"share_of_a_core": alone}
    is_met = alone.median < TARGET
    if visits := [run.visit for run in runs if run.visit is not None]:
        visited = pairs.spread([visit.program for visit in visits])
        is_met = is_met and visited.median < TARGET
        figures["with_a_page_open"] = visited
        figures["the_browser_itself"] = pairs.spread([visit.browser for visit in visits])
        figures["the_browser_on_nothing"] = pairs.spread([visit.empty_browser for visit in visits])
    else:
        figures["with_a_page_open"] = "not measured: no Playwright or no Chromium here"
    return pairs.report(
        Result(
            benchmark="idle",
            target=f"idle, the program takes less than {TARGET:.0%} of a core",
            is_met=is_met,
            figures=figures,
            settings={"runs": options.runs, "seconds": options.seconds},
            load_average=(load, pairs.load_average()),
        )
    )


@dataclass(frozen=True)
class _Visit:
    """Shares of a core while a browser has the page open, and of that browser before."""

    program: float
    browser: float
    empty_browser: float


@dataclass(frozen=True)
class _Run:
    alone: float
    visit: _Visit | None


def _run(page: Served, seconds: float) -> _Run:
    _settle(page.process)
    alone = _shares([page.process], seconds)[0]
    visit = None
    with browser.empty_tab() as found:
        if found is not None:
            tab, visitor = found
            _settle(visitor)
            empty_browser = _shares([visitor], seconds)[0]
            browser.visit(tab, page.url)
            _settle(visitor)
            ours, theirs = _shares([page.process, visitor], seconds)
            visit = _Visit(ours, theirs, empty_browser)
    print(f"  alone {alone:.2%}, with a page {visit.program if visit else 0:.2%}", flush=True)
    return _Run(alone, visit)


def _shares(processes: Sequence[psutil.Process], seconds: float) -> list[float]:
    """Of one core, what each process with its children uses during so many seconds."""
    before, began = [served.cpu_seconds(each) for each in processes], time.perf_counter()
    time.sleep(seconds)
    after, passed = [served.cpu_seconds(each) for each in processes], time.perf_counter() - began
    return [(end - start) / passed for start, end in zip(before, after, strict=True)]


def _settle(process: psutil.Process) -> None:
    """Wait until what a start or a new page sets off (torch is imported) is over."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    quiet = 0
    while quiet < 3 and time.monotonic() < deadline:
        quiet = quiet + 1 if _shares([process], 1.0)[0] < SETTLED else 0


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=3)
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="to watch for each reading (default 30)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
