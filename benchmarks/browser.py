"""A headless browser for the benchmarks that need a visitor; none where none is installed."""

import contextlib
import importlib.util
import shutil
from collections.abc import Iterator
from typing import Any

import psutil  # type: ignore[import-untyped]  # comes with accelerate, without types

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server", "--no-first-run")


@contextlib.contextmanager
def empty_tab() -> Iterator[tuple[Any, psutil.Process] | None]:
    """Playwright's page of an empty tab, and the process above the browser; None without one."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None or importlib.util.find_spec("playwright") is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    me = psutil.Process()
    others = {child.pid for child in me.children()}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        # Playwright's own driver is the one new child, and the browser is below it.
        driver = next(child for child in me.children() if child.pid not in others)
        yield browser.new_page(), driver
        browser.close()


def visit(tab: Any, url: str) -> None:
    """Open our page in the tab; returns when there is a box for the prompt."""
    tab.goto(url)
    tab.locator("#fl-prompt textarea").wait_for()
