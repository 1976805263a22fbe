"""The line under the prompt box that says what pressing Generate will take."""

from collections.abc import Iterator

import pytest
from fake_server import FakeServer
from playwright.sync_api import Browser, Page, expect
from visitor import PROMPT, findings, open_panel

LINE = ".fl-forecast summary"


@pytest.fixture
def page(browser: Browser, running: FakeServer) -> Iterator[Page]:
    opened = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    opened.on("pageerror", lambda error: pytest.fail(f"the page threw {error}"))
    opened.goto(running.url)
    opened.wait_for_function("window.fooocusLite?.get('prompt') !== undefined")
    yield opened
    opened.context.close()


def test_an_empty_box_is_left_in_peace(page: Page) -> None:
    for each in ("#fl-forecast", "#fl-forever"):
        expect(page.locator(each)).to_be_hidden()
    page.fill(PROMPT, "a hill")
    for each in ("#fl-forecast", "#fl-forever"):
        expect(page.locator(each)).to_be_visible()


def test_it_follows_the_form_and_unfolds_its_reason_as_text(page: Page) -> None:
    page.fill(PROMPT, "a hill")
    expect(page.locator(LINE)).to_have_text("≈ 17 s · 5.1 GiB of 8.0 GiB · model offload")
    page.click(LINE)
    expect(page.locator(".fl-forecast p")).to_have_text("<b>Its parts</b> take turns.")
    assert findings(page) == []
    open_panel(page, "advanced")
    page.fill('#fl-count input[type="number"]', "3")
    page.keyboard.press("Tab")
    expect(page.locator(LINE)).to_have_text("≈ 50 s · 5.1 GiB of 8.0 GiB · model offload")


def test_it_goes_where_nothing_is_known(page: Page) -> None:
    page.fill(PROMPT, "a hill")
    expect(page.locator(LINE)).to_be_visible()
    page.fill(PROMPT, "something unknown")
    expect(page.locator(LINE)).to_be_hidden()
