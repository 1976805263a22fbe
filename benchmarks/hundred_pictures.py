"""A hundred pictures in a row, each its own job with a watcher: memory and temporary files.

In this process, small pictures: what is kept by mistake is kept per picture or per step, not per
pixel. With --page: the real program, its page in a headless Chromium where Generate is clicked each
time, at the model's own size. Growth counts from the tenth picture, when everything is warm.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # comes with accelerate, without types

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import browser, pairs, served
from benchmarks.at_work import at_work, request
from benchmarks.pairs import Result

TARGET = 0.05
WARM_AFTER = 10
PICTURE_TIMEOUT_S = 120.0
PROMPTS = ("a red apple", "a blue house at night", "a yellow sailboat", "watercolor, a flower")

Readings = list[tuple[float, int]]


def main() -> int:
    """Make them, report the growth."""
    options = _options()
    load = pairs.load_average()
    growths = []
    for run in range(options.runs):
        readings = _through_page(options) if options.page else _in_process(options)
        growths.append(growth(readings))
        print(f"  run {run + 1}: memory {growths[-1]:+.2%}", flush=True)
    memory_mib = [memory for memory, _ in readings]
    extra_files = readings[-1][1] - readings[WARM_AFTER - 1][1]
    grown = pairs.spread(growths)
    sizes = {} if options.page else {"size": options.size, "num_inference_steps": options.steps}
    return pairs.report(
        Result(
            benchmark="hundred_pictures" + ("_through_page" if options.page else ""),
            target=f"memory grows less than {TARGET:.0%} from the tenth picture to the last, and "
            "no temporary file stays",
            is_met=grown.median < TARGET and extra_files == 0,
            figures={
                "growth_after_tenth": grown,
                "memory_mib": pairs.spread(memory_mib),
                "memory_mib_at_tenth": memory_mib[WARM_AFTER - 1],
                "memory_mib_at_last": memory_mib[-1],
                "temporary_files_more": extra_files,
            },
            settings={"pictures": options.pictures, "is_through_page": options.page, **sizes},
            load_average=(load, pairs.load_average()),
        )
    )


def growth(readings: Readings) -> float:
    """By what share memory grew from the tenth reading to the last."""
    return readings[-1][0] / readings[WARM_AFTER - 1][0] - 1


def _in_process(options: argparse.Namespace) -> Readings:
    """(memory in MiB, temporary files) after each picture."""
    readings = []
    with at_work() as work, tempfile.TemporaryDirectory() as folder:
        # What a package leaves in the system's temporary folder is counted from now on.
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        places = (Path(folder), work.studio.settings.state / "tmp")
        for index in range(options.pictures):
            prompt = PROMPTS[index % len(PROMPTS)]
            made = work.make(request(prompt, options.size, options.steps, seed=index))
            work.studio.gallery.picture_bytes(made.picture.id)
            readings.append((served.memory_mib(psutil.Process()), _files(*places)))
        del os.environ["TMPDIR"]
        tempfile.tempdir = None
    return readings


def _through_page(options: argparse.Namespace) -> Readings:
    """The same of the program's processes, every picture asked for on its page."""
    readings = []
    port = served.free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        served.served(served.launch_command(port), port, Path(folder)) as page,
        browser.empty_tab() as found,
    ):
        if found is None:
            raise SystemExit("--page needs Playwright and a Chromium: install them, or go without.")
        home, tab = Path(folder), found[0]
        browser.visit(tab, page.url)
        for index in range(options.pictures):
            tab.locator("#fl-prompt textarea").fill(PROMPTS[index % len(PROMPTS)])
            tab.locator("#fl-generate").click()
            _wait_for_pictures(home / "outputs", index + 1)
            tab.locator('.fl-stage[data-state="completed"]').wait_for()
            files = _files(home / served.TEMPORARY, home / "state" / "tmp")
            readings.append((served.memory_mib(page.process), files))
    return readings


def _wait_for_pictures(outputs: Path, count: int) -> None:
    deadline = time.monotonic() + PICTURE_TIMEOUT_S
    while sum(1 for _ in outputs.glob("*/*.png")) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"Picture {count} did not come.")
        time.sleep(0.05)


def _files(*places: Path) -> int:
    """Files below these folders."""
    return sum(each.is_file() for place in places for each in place.rglob("*"))


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=1)
    parser.add_argument("--pictures", type=int, default=100, help="in a row (default 100)")
    parser.add_argument("--size", type=int, default=128, help="pixels a side (default 128)")
    parser.add_argument("--steps", type=int, default=8, help="inference steps (default 8)")
    parser.add_argument("--page", action="store_true", help="through the page, in a browser")
    options = parser.parse_args()
    if options.pictures <= WARM_AFTER:
        parser.error(f"--pictures {options.pictures}: take more than {WARM_AFTER}")
    return options


if __name__ == "__main__":
    sys.exit(main())
