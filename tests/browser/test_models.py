"""The Models panel, seen by a visitor in Chromium: downloads, files of one's own, choosing one."""

import re

import pytest
from playwright.sync_api import Page, Route, expect
from visitor import PHONE, PROMPT, findings, open_panel, shoot

PASTE = ".fl-paste input"
HOSTILE = "<img src=x onerror=window.isCaught=1>/a"
REMOVE_LARGE = "() => window.fooocusLite.models.change('remove', { name: 'somebody/large' })"


def card(page: Page, name: str):
    return page.locator(f'#fl-models article[data-name="{name}"]:not(.fl-fetching)')


def fetching(page: Page, name: str):
    return page.locator(f'#fl-models article.fl-fetching[data-name="{name}"]')


def look_up(page: Page, name: str) -> None:
    open_panel(page, "models")
    page.fill(PASTE, name)
    page.keyboard.press("Enter")


def without_memory(route: Route) -> None:
    """As the program answers before its engine is there."""
    route.fulfill(json={**route.fetch().json(), "memory": ""})


def test_a_pasted_link_is_looked_at_downloaded_and_used(visit):
    page = visit()
    look_up(page, "https://huggingface.co/somebody/nice")
    found = page.locator(".fl-found-model article")
    takes = "A picture would take 5.1 GiB of 8.0 GiB · model offload"
    for words in ("somebody/nice", "SDXL", "Non-commercial only", "212.0 GiB free", takes):
        expect(found).to_contain_text(words)
    found.get_by_role("button", name="Download").click()
    bar = fetching(page, "somebody/nice").get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "100", timeout=20_000)
    expect(page.locator("#fl-message")).to_contain_text("somebody/nice is here.")
    expect(card(page, "somebody/nice")).to_contain_text("6.4 GiB on disk")
    card(page, "somebody/nice").locator("summary").click()
    card(page, "somebody/nice").get_by_role("button", name="Back to bbbbbbbb").click()
    expect(card(page, "somebody/nice")).to_contain_text("Version bbbbbbbb")
    card(page, "somebody/nice").get_by_role("button", name="Remove").click()
    expect(page.locator("dialog[open]")).to_contain_text("Remove nice?")
    page.locator("dialog[open]").get_by_role("button", name="Remove").click()
    expect(page.locator(".fl-models-said")).to_have_text(re.compile("nice is removed"))
    expect(page.locator("#fl-message .fl-message")).to_be_hidden()
    expect(card(page, "somebody/nice")).to_have_count(0)


def test_what_a_model_would_need_here_is_told_before_its_download_and_why(visit):
    page = visit()
    open_panel(page, "models")
    large = card(page, "somebody/large")
    warning = large.locator(".fl-about-state")
    takes = "A picture would take 19.5 GiB of 8.0 GiB · leaf offload · may not fit"
    expect(warning).to_have_text(takes)
    reason = large.get_by_text("<b>Its parts</b> take turns.")
    expect(reason).to_be_hidden()
    large.locator("summary").click()
    expect(reason).to_be_visible()
    assert findings(page) == []
    page.route("**/models/look-up", without_memory, times=1)
    look_up(page, "somebody/nice")
    found = page.locator(".fl-found-model article")
    expect(found.get_by_role("button", name="Download")).to_be_focused()
    expect(found).not_to_contain_text("would take")
    page.evaluate("window.fooocusLite.set('isReady', false)")
    with page.expect_response("**/models"):  # the engine is there, and with it the numbers
        page.evaluate("window.fooocusLite.set('isReady', true)")
    expect(found).to_contain_text("A picture would take 5.1 GiB of 8.0 GiB")
    expect(found.get_by_role("button", name="Download")).to_be_focused()


def test_a_sample_is_made_at_a_click_and_shown_on_the_card_from_then_on(visit):
    page = visit()
    open_panel(page, "models")
    starter = card(page, "starter")
    expect(starter).to_contain_text("A sample takes ≈ 14 s")
    starter.get_by_role("button", name="Make a sample of Starter").click()
    expect(starter).to_contain_text("A sample picture is being made")
    expect(starter.get_by_role("img", name="Sample of Starter")).to_be_visible(timeout=15_000)
    expect(starter.get_by_role("button", name="Make a sample of Starter")).to_have_count(0)
    again = visit()
    open_panel(again, "models")
    shown = card(again, "starter").get_by_role("img", name="Sample of Starter")
    expect(shown).to_be_visible()
    assert shown.evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 192


def test_a_download_outlives_a_reload_and_can_be_cancelled_and_gone_on_with(visit):
    page = visit()
    look_up(page, "somebody/slow-one")
    page.locator(".fl-found-model").get_by_role("button", name="Download").click()
    note = page.locator(".fl-tab-note")
    expect(note).to_be_visible()
    cancel = fetching(page, "somebody/slow-one").get_by_role("button", name="Cancel")
    expect(cancel).to_be_focused()
    page.reload()
    page.wait_for_selector("#fl-generate")
    expect(note).to_be_visible()
    open_panel(page, "models")
    fetching(page, "somebody/slow-one").get_by_role("button", name="Cancel").click()
    expect(fetching(page, "somebody/slow-one")).to_contain_text("Stopped")
    expect(note).to_be_hidden()
    fetching(page, "somebody/slow-one").get_by_role("button", name="Go on").click()
    expect(fetching(page, "somebody/slow-one")).to_contain_text("iB/s")
    fetching(page, "somebody/slow-one").get_by_role("button", name="Cancel").click()
    fetching(page, "somebody/slow-one").get_by_role("button", name="Discard").click()
    expect(fetching(page, "somebody/slow-one")).to_have_count(0)


def test_what_breaks_off_is_said_and_can_be_tried_again(visit):
    page = visit()
    look_up(page, "somebody/broken")
    page.locator(".fl-found-model").get_by_role("button", name="Download").click()
    expect(fetching(page, "somebody/broken")).to_contain_text(
        "The connection broke", timeout=20_000
    )
    page.locator("#fl-message").get_by_role("button", name="Try again").click()
    expect(fetching(page, "somebody/broken")).to_contain_text("Here and checked", timeout=20_000)
    expect(page.locator("#fl-message")).to_contain_text("somebody/broken is here.")
    fetching(page, "somebody/broken").get_by_role("button", name="Dismiss").click()
    expect(fetching(page, "somebody/broken")).to_have_count(0)
    expect(page.locator("#fl-message .fl-message")).to_be_hidden()


def test_a_gated_model_has_the_link_to_click(visit):
    page = visit()
    look_up(page, "somebody/gated")
    said = page.locator(".fl-models-said")
    expect(said).to_contain_text("log in and accept")
    expect(said.get_by_role("link")).to_have_attribute(
        "href", "https://huggingface.co/somebody/gated"
    )


def test_a_file_is_sent_checked_and_refused_in_words(visit):
    page = visit()
    open_panel(page, "models")
    said = page.locator(".fl-models-said")
    for name, says in (("bad.safetensors", "is damaged"), ("old.ckpt", "models convert old.ckpt")):
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": b"PK" + bytes(300)}
        page.set_input_files(".fl-add-file input", file)
        expect(said).to_contain_text(says)


def test_a_name_is_shown_as_it_is_written_and_never_run(visit):
    page = visit()
    look_up(page, HOSTILE)
    expect(page.locator(".fl-models-said")).to_contain_text(HOSTILE)
    expect(page.locator(".fl-models-said img")).to_have_count(0)
    assert not page.evaluate("'isCaught' in window")


def test_a_missing_model_is_offered_and_can_be_used_when_it_has_come(visit):
    page = visit()
    open_panel(page, "advanced")
    page.click("#fl-preset input")
    page.get_by_role("option", name="Large").click()
    expect(page.locator("#fl-about")).to_contain_text("Not downloaded yet")
    page.fill(PROMPT, "a hill")
    page.click("#fl-generate")
    message = page.locator("#fl-message")
    message.get_by_role("button", name="Download (30.6 GiB)").click()
    expect(page.locator("#fl-panel-models")).to_be_visible()
    expect(message).to_contain_text("Large is here.", timeout=20_000)
    expect(message.get_by_role("button", name="Switch to it")).to_be_hidden()
    open_panel(page, "advanced")
    expect(page.locator("#fl-about")).not_to_contain_text("Not downloaded yet")
    expect(page.locator("#fl-preset input")).to_have_value("Large")
    page.evaluate(REMOVE_LARGE)
    expect(page.locator("#fl-preset input")).to_have_value("Large · to download")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_serious_to_say_about_models(visit, scheme):
    page = visit(color_scheme=scheme)
    look_up(page, "somebody/nice")
    expect(page.locator(".fl-found-model article")).to_be_visible()
    card(page, "somebody/large").locator("summary").click()
    shoot(page, f"models-{scheme}")
    assert findings(page) == []


def test_on_a_phone_nothing_is_wider_than_the_screen_and_using_a_model_shows_the_page(visit):
    page = visit(**PHONE)
    tabs = "document.querySelector('.fl-tabs').getBoundingClientRect().right"
    assert page.evaluate(tabs) <= 390
    look_up(page, "somebody/" + "very-long-" * 7 + "name")
    expect(page.locator(".fl-found-model article")).to_be_visible()
    shoot(page, "models-phone")
    page.set_viewport_size({"width": 360, "height": 740})
    brand = "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)"
    assert page.evaluate(f"{brand}(document.querySelector('.fl-brand'))")
    page.set_viewport_size(PHONE["viewport"])
    wide = "Math.max(...[...document.querySelectorAll('#fl-panel-models *')]"
    assert page.evaluate(wide + ".map((one) => one.getBoundingClientRect().right))") <= 390
    look_up(page, "somebody/large")
    page.locator(".fl-found-model").get_by_role("button", name="Download").click()
    card(page, "somebody/large").get_by_role("button", name="Use").click()
    expect(page.locator("#fl-message")).to_contain_text("Large is chosen.")
    expect(page.locator("#fl-panel-models")).to_be_hidden()
    page.evaluate(REMOVE_LARGE)


def test_the_model_in_use_says_so(visit):
    page = visit()
    open_panel(page, "models")
    used = card(page, "starter").get_by_role("button", name="In use")
    expect(used).to_have_attribute("aria-disabled", "true")
    look_up(page, "somebody/large")
    page.locator(".fl-found-model").get_by_role("button", name="Download").click()
    message = page.locator("#fl-message")
    message.get_by_role("button", name="Switch to it").press("Enter", timeout=20_000)
    expect(message).to_contain_text("Large is chosen.")
    expect(fetching(page, "somebody/large")).to_have_count(0)
    expect(card(page, "somebody/large").get_by_role("button", name="In use")).to_be_visible()
    expect(used).to_have_count(0)
    tops = "[...document.querySelectorAll('.fl-aspects button')].map((one) => one.offsetTop)"
    rows = page.evaluate(tops)
    assert (len(rows), len(set(rows))) == (7, 1)
    card(page, "starter").get_by_role("button", name="Use").press("Enter")
    expect(used).to_be_focused()
    page.evaluate(REMOVE_LARGE)


def test_the_keyboard_alone_is_enough(visit):
    page = visit()
    open_panel(page, "models")
    expect(page.locator(PASTE)).to_be_focused()
    page.keyboard.type("somebody/keyed")
    page.keyboard.press("Enter")
    expect(page.locator(".fl-found-model").get_by_role("button", name="Download")).to_be_focused()
    page.keyboard.press("Enter")
    expect(fetching(page, "somebody/keyed")).to_be_visible()
    fetching(page, "somebody/keyed").get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(fetching(page, "somebody/keyed")).to_contain_text("Stopped")
    assert page.evaluate("document.activeElement.dataset.key").startswith("somebody/keyed")
