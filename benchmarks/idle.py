"""What the program costs while nobody asks for anything: with no page open, and with one.

A headless Chromium opens the page where Playwright and a Chromium are installed; its own time is
told beside, and is not part of the target.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # comes with accelerate, without types

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs, served  # noqa: E402  (the script runs from anywhere)
from benchmarks.pairs import Figure, Result  # noqa: E402

TARGET = 0.02
SETTLED = 0.05
SETTLE_TIMEOUT_S = 120.0
CHROMIUM_FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server", "--no-first-run")


def main() -> int:
    """Wait and watch, report the share of a core."""
    options = _options()
    if missing := served.unmet():
        print(f"This Python lacks {', '.join(missing)}: run it with one that has the project's.")
        return 2
    load = pairs.load_average()
    alone, with_page, browsers = [], [], []
    port = served.free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        served.served(served.launch_command(port), port, Path(folder)) as page,
    ):
        for _ in range(options.runs):
            _settle(page.process)
            alone.append(_share(page.process, options.seconds))
            with _visitor(page.url) as browser:
                if browser is None:
                    continue
                _settle(page.process)
                before, began = served.cpu_seconds(browser), time.perf_counter()
                with_page.append(_share(page.process, options.seconds))
                used_s = served.cpu_seconds(browser) - before
                browsers.append(used_s / (time.perf_counter() - began))
    is_met = all(pairs.spread(shares).median < TARGET for shares in (alone, with_page) if shares)
    figures: dict[str, Figure] = {
        "share_of_a_core": pairs.spread(alone),
        "with_a_page_open": pairs.spread(with_page) if with_page else "no Chromium to open it",
        "the_browser_itself": pairs.spread(browsers) if browsers else None,
    }
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


def _share(process: psutil.Process, seconds: float) -> float:
    """Of one core, what the process and its children use during so many seconds."""
    before, began = served.cpu_seconds(process), time.perf_counter()
    time.sleep(seconds)
    return (served.cpu_seconds(process) - before) / (time.perf_counter() - began)


def _settle(process: psutil.Process) -> None:
    """Wait until what a start or a new page sets off (torch is imported) is over."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    quiet = 0
    while quiet < 3 and time.monotonic() < deadline:
        quiet = quiet + 1 if _share(process, 1.0) < SETTLED else 0


@contextlib.contextmanager
def _visitor(url: str) -> Iterator[psutil.Process | None]:
    """The process of a headless browser that has the page open; None where there is none."""
    try:
        from playwright.sync_api import sync_playwright

        from tests.browser import chromium
    except ImportError:
        yield None
        return
    path = chromium.find()
    if path is None:
        yield None
        return
    me = psutil.Process()
    others = {child.pid for child in me.children()}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        # Playwright's own driver is the one new child, and the browser is below it.
        driver = next(child for child in me.children() if child.pid not in others)
        page = browser.new_page()
        page.goto(url)
        page.locator("textarea").first.wait_for()
        yield driver
        browser.close()


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=3)
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="to watch for each reading (default 30)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
