"""The style cards in a browser: what comes first, and what the model cannot show."""

from collections.abc import Iterator

import pytest
from fake_server import FakeServer
from PIL import Image
from playwright.sync_api import Page, expect
from ports import free_port
from visitor import open_panel

HEADS = "#fl-styles .fl-shelf:visible h3"
CARDS = "#fl-styles .fl-card:visible .fl-name"


@pytest.fixture(scope="module")
def running(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    """The page of a model that can show two styles."""
    home = tmp_path_factory.mktemp("home")
    (home / "shown_styles.txt").write_text("Noir\nPop Art\n")
    program = FakeServer(home, free_port())
    try:
        program.start()
        yield program
    finally:
        program.kill()


def heads(page: Page) -> list[str]:
    return page.locator(HEADS).all_text_contents()


def test_chosen_styles_come_first_then_what_the_model_shows(visit):
    page = visit()
    open_panel(page, "styles")
    expect(page.locator(CARDS).first).to_have_text("Watercolor")
    assert heads(page)[:2] == ["Chosen", "Shown by this model"]
    assert page.locator(CARDS).all_text_contents()[:3] == ["Watercolor", "Noir", "Pop Art"]
    expect(page.locator(".fl-limits")).to_contain_text("need a larger model")
    expect(page.locator('.fl-unknown[data-name="Brass"]')).to_be_visible()
    expect(page.locator('.fl-unknown[data-name="Noir"]')).to_have_count(0)


def test_a_card_keeps_its_place_until_the_panel_is_opened_again(visit):
    page = visit()
    open_panel(page, "styles")
    page.click('.fl-card[data-name="Neon"]')
    assert page.locator(CARDS).all_text_contents()[:2] == ["Watercolor", "Noir"]
    page.keyboard.press("Escape")
    expect(page.locator("#fl-styles")).to_be_hidden()
    open_panel(page, "styles")
    expect(page.locator(CARDS).nth(1)).to_have_text("Neon")


def test_search_and_category_hide_empty_shelves(visit):
    page = visit()
    open_panel(page, "styles")
    page.click('.fl-categories button:has-text("Drawing")')
    expect(page.locator(CARDS)).to_have_text(["Line Art"])
    assert heads(page) == ["Drawing"]
    page.fill("#fl-styles .fl-search", "pixel")
    expect(page.locator("#fl-styles .fl-count")).to_contain_text("No style matches")
    assert heads(page) == []


def test_a_picture_rendered_meanwhile_is_there_at_the_next_opening(visit, running):
    page = visit()
    open_panel(page, "styles")
    painted = page.locator('.fl-card[data-name="Brass"] [data-motif]')
    expect(painted).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#fl-styles")).to_be_hidden()
    folder = running.home / "styles" / "thumbnails"
    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), "gold").save(folder / "brass.webp")
    open_panel(page, "styles")
    picture = page.locator('.fl-card[data-name="Brass"] img')
    expect(picture).to_be_visible()
    page.wait_for_function("image => image.naturalWidth === 8", arg=picture.element_handle())
    expect(painted).to_have_count(0)
