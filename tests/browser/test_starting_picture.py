"""A picture to start from: dropped, chosen with the keyboard, taken from what was made."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from test_settings_travel import drop, picture
from visitor import PHONE, PROMPT, ask, findings, open_panel, shoot, wait_done

BAR = ".fl-start"
SLIDER = ".fl-start input[type=range]"
SIZE = "#fl-size"
ADD = "Add a picture to start from"


def wide(tmp_path: Path) -> Path:
    Image.new("RGB", (320, 180), "red").save(tmp_path / "wide.png")
    return tmp_path / "wide.png"


def choose(page: Page, path: Path) -> None:
    """With the keyboard alone."""
    page.wait_for_selector(f"#fl-start {BAR}", state="attached")
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name=ADD).press("Enter")
    choosing.value.set_files(path)


def expect_shown(page: Page) -> None:
    expect(page.locator(BAR)).to_be_visible()
    width = "image => image.decode().then(() => image.naturalWidth)"
    assert page.locator(f"{BAR} img").evaluate(width) > 0


def remove(page: Page) -> None:
    page.get_by_role("button", name="Do not start from this picture").click()
    expect(page.locator(BAR)).to_be_hidden()


def test_a_dropped_picture_without_settings_can_be_started_from(visit, tmp_path):
    page = visit()
    expect(page.locator(BAR)).to_be_hidden()
    drop(page, picture(tmp_path, None))
    expect(
        page.locator(".fl-found[open]").get_by_role("button", name="Use as input")
    ).to_be_focused()
    page.keyboard.press("Enter")
    expect_shown(page)
    ask(page, "a hill")
    wait_done(page)
    page.click(".fl-tile")
    expect(page.locator(".fl-viewer dl")).to_contain_text(
        re.compile(r"another picture, changed 40")
    )


def test_it_takes_the_shape_of_the_picture_and_goes_away_again(visit, tmp_path):
    page = visit()
    choose(page, wide(tmp_path))
    expect_shown(page)
    expect(page.get_by_role("radio", checked=True).first).to_contain_text("16:9")
    expect(page.locator(PROMPT)).to_be_focused()
    remove(page)
    expect(page.get_by_role("button", name=ADD)).to_be_focused()
    expect(page.get_by_role("radio", checked=True).first).to_contain_text("3:2")


def test_a_shape_chosen_while_it_was_there_stays_when_it_goes(visit, tmp_path):
    page = visit()
    choose(page, wide(tmp_path))
    expect_shown(page)
    page.get_by_role("radio", name=re.compile("^2:3")).click()
    remove(page)
    expect(page.get_by_role("radio", checked=True).first).to_contain_text("2:3")


def test_a_size_of_ones_own_takes_the_shape_of_the_picture_and_stays_as_large(visit, tmp_path):
    page = visit()
    open_panel(page, "advanced")
    page.fill(f"{SIZE} .fl-width", "200")
    page.keyboard.press("Tab")
    choose(page, wide(tmp_path))
    expect(page.locator(f"{SIZE} .fl-width")).to_have_value("240")
    expect(page.locator(f"{SIZE} .fl-height")).to_have_value("136")
    remove(page)
    expect(page.locator(f"{SIZE} .fl-width")).to_have_value("200")


def test_picture_and_strength_come_back_after_a_reload(visit, tmp_path):
    page = visit()
    choose(page, wide(tmp_path))
    expect_shown(page)
    page.focus(SLIDER)
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.locator(SLIDER)).to_have_attribute("aria-valuetext", "60 per cent")
    page.wait_for_function("localStorage.getItem('fooocus_lite_settings')?.includes('0.6')")
    page.reload()
    expect_shown(page)
    expect(page.locator(SLIDER)).to_have_value("0.6")


def test_a_picture_made_here_is_started_from(visit):
    page = visit()
    ask(page, "a hill far away")
    wait_done(page)
    page.click(".fl-tile")
    page.locator(".fl-viewer").get_by_role("button", name="Use as input").click()
    expect(page.locator(".fl-viewer[open]")).to_have_count(0)
    expect_shown(page)


def test_settings_of_a_picture_bring_the_one_it_started_from(visit, tmp_path):
    page = visit()
    choose(page, wide(tmp_path))
    expect_shown(page)
    ask(page, "a hill")
    wait_done(page)
    page.get_by_role("button", name="Do not start from this picture").click()
    page.click(".fl-tile")
    page.locator(".fl-viewer").get_by_role("button", name="Use these settings").click()
    expect_shown(page)


def test_what_is_no_picture_is_a_calm_sentence(visit, tmp_path):
    page = visit()
    broken = tmp_path / "broken.png"
    broken.write_bytes(wide(tmp_path).read_bytes()[:60])
    choose(page, broken)
    expect(page.locator(".fl-message")).to_contain_text("no PNG, JPEG or WebP picture")
    expect(page.locator(BAR)).to_be_hidden()


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_it_fits_and_is_accessible(visit, tmp_path, look):
    page = visit(**{"light": {}, "dark": {"color_scheme": "dark"}, "phone": PHONE}[look])
    choose(page, wide(tmp_path))
    expect_shown(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    shoot(page, f"start-{look}")
    assert findings(page) == []
