"""What browser tests ask for: a headless Chromium, pages in it, and the real program to visit.

Without a Chromium the tests are skipped; with CI=true that is a failure.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import chromium as installed_chromium
import pytest
from fake_server import FakeServer
from live_server import LiveServer
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from ports import free_port

# For what comes in the end; on a busy machine Playwright's own five seconds are not always enough.
expect.set_options(timeout=30_000)

VIEWPORT = {"width": 1280, "height": 800}
CHROMIUM_FLAGS = [
    "--no-sandbox",  # a sandbox cannot be made as root or inside most containers
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of an installed Chromium; on Debian root installs one."""
    reason = "" if installed_chromium.find() else installed_chromium.install()
    path = installed_chromium.find()
    if path:
        return path
    reason = f"browser tests need a Chromium: {reason or 'none was found'}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


# Not for the whole session: Playwright keeps an event loop running in this thread, and tests
# of other folders start their own.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium for the tests of one file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens browser contexts (a visitor, colour scheme or screen each), closed at the end."""
    contexts = []

    def open_context(**options: object) -> BrowserContext:
        context = browser.new_context(**{"viewport": VIEWPORT, **options})
        contexts.append(context)
        return context

    yield open_context
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """An empty page, 1280 × 800."""
    return new_context().new_page()


@pytest.fixture(scope="module")
def live_page_server(
    chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """The real program, shared by the tests of one file. See `LiveServer` for what it can do."""
    server = LiveServer(tmp_path_factory.mktemp("home"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def new_server(chromium: str, tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Makes programs of a test's own, not started yet: `new_server("--preset", "starter")`.

    Each has a home of its own unless `home=` is given; `is_supervised=True` is `python launch.py`.
    """
    servers: list[LiveServer] = []

    def make(*flags: str, home: Path | None = None, is_supervised: bool = False) -> LiveServer:
        if home is None:
            home = tmp_path / f"home-{len(servers)}"
            home.mkdir()
        servers.append(LiveServer(home, *flags, is_supervised=is_supervised))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def running(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    """The page in front of the fake studio, shared by the tests of one file."""
    program = FakeServer(tmp_path_factory.mktemp("home"), free_port())
    try:
        program.start()
        yield program
    finally:
        program.kill()


@pytest.fixture
def visit(running: FakeServer, new_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Opens the page of the fake studio as a new visitor; what its scripts throw fails the test."""

    def open_page(context: BrowserContext | None = None, **options: object) -> Page:
        page = (context or new_context(**options)).new_page()
        page.on("pageerror", lambda error: pytest.fail(f"the page threw {error}"))
        page.goto(running.url)
        page.wait_for_selector("#fl-generate")
        page.wait_for_function(
            "window.fooocusLite && window.fooocusLite.get('prompt') !== undefined"
        )
        return page

    return open_page
