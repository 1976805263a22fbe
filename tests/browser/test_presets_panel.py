"""Presets, performances and sizes on the page, seen by a visitor in Chromium."""

import pytest
from playwright.sync_api import Page, expect
from visitor import PHONE, PROMPT, ask, findings, open_panel, shoot, wait_done

WIDTH, HEIGHT, NOTE = "#fl-size .fl-width", "#fl-size .fl-height", "#fl-size .fl-snap"
SEED = "#fl-seed :is(textarea, input)"


def choose_preset(page: Page, label: str) -> None:
    open_panel(page, "advanced")
    page.click("#fl-preset input")
    page.get_by_role("option", name=label).click()


def performance(page: Page, name: str):
    return page.locator(f'#fl-performance button[data-name="{name}"]')


def chosen_aspect(page: Page):
    return page.locator('#fl-aspect button[aria-checked="true"]')


def test_what_a_model_cannot_do_is_grey_and_says_why(visit):
    page = visit()
    open_panel(page, "advanced")
    lightning = performance(page, "Lightning")
    expect(lightning).to_have_attribute("aria-disabled", "true")
    expect(lightning).to_contain_text("There is no Lightning LoRA for this model")
    lightning.click(force=True)  # Playwright would wait until it is enabled
    expect(performance(page, "Quality")).to_have_attribute("aria-checked", "true")
    performance(page, "Extreme Speed").click()
    page.keyboard.press("ArrowDown")
    expect(performance(page, "Quality")).to_be_focused()
    expect(performance(page, "Quality")).to_have_attribute("aria-checked", "true")


def test_a_preset_that_is_not_here_says_so_and_what_it_needs(visit):
    page = visit()
    page.fill(PROMPT, "a hill of my own")
    choose_preset(page, "Large · to download")
    about = page.locator("#fl-about")
    for words in ("Not downloaded yet: somebody/large", "Commercial use OK", "30.6 GiB", "16 GiB"):
        expect(about).to_contain_text(words)
    expect(performance(page, "Quality")).to_contain_text("made for 9 steps")
    expect(performance(page, "Speed")).to_have_attribute("aria-checked", "true")
    expect(chosen_aspect(page)).to_have_attribute("data-name", "16:9")
    expect(page.locator(WIDTH)).to_have_value("1344")
    expect(page.locator(PROMPT)).to_have_value("a hill of my own")


def test_a_size_of_ones_own_snaps_in_sight_and_is_what_is_made(visit):
    page = visit()
    open_panel(page, "advanced")
    page.fill(WIDTH, "203")
    expect(page.locator(NOTE)).to_have_text("Will snap to 200 × 160.")
    page.keyboard.press("Tab")
    expect(page.locator(NOTE)).to_contain_text("Snapped to 200 × 160")
    expect(page.locator(WIDTH)).to_have_value("200")
    expect(chosen_aspect(page)).to_have_count(0)
    page.click("#fl-size .fl-swap")
    expect(page.locator(WIDTH)).to_have_value("160")
    expect(page.locator(HEIGHT)).to_have_value("200")
    ask(page, "a hill")
    wait_done(page)
    picture = page.locator(".fl-tile img")
    expect(picture).to_have_attribute("width", "160")
    expect(picture).to_have_attribute("height", "200")


def test_an_aspect_button_takes_the_size_of_ones_own_away(visit):
    page = visit()
    open_panel(page, "advanced")
    page.fill(HEIGHT, "100000")
    page.keyboard.press("Tab")
    expect(page.locator(HEIGHT)).to_have_value("512")
    page.click('#fl-aspect button[data-name="2:3"]')
    expect(page.locator(WIDTH)).to_have_value("160")
    expect(page.locator(HEIGHT)).to_have_value("240")
    expect(page.locator(NOTE)).to_have_text("")
    expect(chosen_aspect(page)).to_have_attribute("data-name", "2:3")


def test_the_size_of_the_chosen_button_is_no_size_of_ones_own(visit):
    page = visit()
    open_panel(page, "advanced")
    page.fill(WIDTH, "200")
    page.keyboard.press("Tab")
    expect(chosen_aspect(page)).to_have_count(0)
    page.fill(WIDTH, "240")
    page.keyboard.press("Tab")
    expect(chosen_aspect(page)).to_have_attribute("data-name", "3:2")


def test_the_size_of_the_picture_shown_can_be_taken_over(visit):
    page = visit()
    open_panel(page, "advanced")
    same = page.locator("#fl-size .fl-same")
    expect(same).to_be_disabled()
    ask(page, "a hill")
    wait_done(page)
    page.click('#fl-aspect button[data-name="1:1"]')
    same.click()
    expect(page.locator(WIDTH)).to_have_value("240")
    expect(page.locator(HEIGHT)).to_have_value("160")


def test_the_last_settings_come_back_without_touching_the_prompt(visit, new_context):
    context = new_context()
    page = visit(context)
    open_panel(page, "advanced")
    performance(page, "Speed").click()
    page.fill(SEED, "77")
    page.fill(WIDTH, "128")
    page.keyboard.press("Tab")
    page.wait_for_function("localStorage.fooocus_lite_settings?.includes('\"width\":128')")
    page.evaluate("sessionStorage.clear()")
    page.close()
    again = visit(context)
    open_panel(again, "advanced")
    expect(again.locator(SEED)).to_have_value("77")
    expect(performance(again, "Speed")).to_have_attribute("aria-checked", "true")
    expect(again.locator(WIDTH)).to_have_value("128")
    expect(again.locator(PROMPT)).to_have_value("")
    again.fill(PROMPT, "typed since")
    choose_preset(again, "starter")
    expect(again.locator(PROMPT)).to_have_value("typed since")


@pytest.mark.parametrize(
    "kept",
    [
        "no JSON",
        "[]",
        '{"launched": "starter", "settings": 5}',
        '{"launched": "starter", "settings": {"preset": "gone"}}',
        '{"launched": "starter", "settings": {"preset": "starter", "performance": "Lightning", '
        '"styles": [1], "size": {"width": "x"}, "count": 99, "seed": null, "aspect": "<b>"}}',
        '{"launched": "another", "settings": {"preset": "starter", "performance": "Speed"}}',
    ],
)
def test_what_cannot_be_kept_settings_changes_nothing(visit, new_context, kept):
    context = new_context()
    context.add_init_script(f"localStorage.setItem('fooocus_lite_settings', {kept!r})")
    page = visit(context)
    open_panel(page, "advanced")
    expect(performance(page, "Quality")).to_have_attribute("aria-checked", "true")
    expect(chosen_aspect(page)).to_have_attribute("data-name", "3:2")
    expect(page.locator(SEED)).to_have_value("-1")


def test_the_controls_can_be_saved_as_a_preset(visit):
    page = visit()
    open_panel(page, "advanced")
    page.click("#fl-save-preset")
    expect(page.locator("#fl-message")).to_contain_text("Write a name for the preset first.")
    page.fill("#fl-preset-name :is(textarea, input)", "a/b")
    page.click("#fl-save-preset")
    expect(page.locator("#fl-message")).to_contain_text("“a/b” is no name for a preset")
    page.fill("#fl-preset-name :is(textarea, input)", "My hills")
    page.click("#fl-save-preset")
    expect(page.locator("#fl-message")).to_contain_text("Saved as the preset “My hills”.")
    expect(page.locator("#fl-preset input")).to_have_value("My hills")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_serious_to_say_about_a_preset_that_is_not_here(visit, scheme):
    page = visit(color_scheme=scheme)
    choose_preset(page, "Large")
    expect(page.locator("#fl-about")).to_contain_text("30.6 GiB")
    shoot(page, f"preset-{scheme}")
    assert findings(page) == []


def test_nothing_is_wider_than_a_phone(visit):
    page = visit(**PHONE)
    choose_preset(page, "Large")
    expect(page.locator("#fl-about")).to_contain_text("30.6 GiB")
    shoot(page, "preset-phone")
    wide = "Math.max(...[...document.querySelectorAll('#fl-panel-advanced *')]"
    assert page.evaluate(wide + ".map((one) => one.getBoundingClientRect().right))") <= 390
