"""The stage: it keeps its place whatever happens, and says what to do with a picture."""

import pytest
from playwright.sync_api import Page, expect
from visitor import BUSY, PHONE, PROMPT, ask, findings, open_panel, wait_done

NEXT = "What to do with the picture"


def place(page: Page) -> tuple[float, float]:
    """Top and height of what holds the picture."""
    box = page.locator(".fl-hero").bounding_box()
    assert box is not None
    return box["y"], box["height"]


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["wide", "phone"])
def test_nothing_moves_from_the_empty_page_to_the_finished_picture(visit, screen):
    page = visit(**screen)
    expect(page.locator(".fl-examples")).to_be_visible()
    first = place(page)
    page.fill(PROMPT, "a slow hill")
    expect(page.locator(".fl-examples")).to_be_hidden()
    expect(page.locator("#fl-twelve")).to_be_visible()
    assert place(page) == first
    page.click("#fl-generate")
    page.wait_for_selector(f"{BUSY} .fl-hero canvas", state="visible")
    assert place(page) == first
    wait_done(page)
    expect(page.get_by_role("group", name=NEXT)).to_be_visible()
    assert place(page) == first


def test_building_blocks_move_nothing_and_have_what_it_takes_beside_them(visit):
    page = visit()
    first = place(page)
    page.locator(".fl-kinds button").nth(1).click()
    page.locator(".fl-words-of-kind button").first.click()
    expect(page.locator(".fl-forecast")).to_be_visible()
    expect(page.locator(".fl-words-of-kind button").first).to_be_in_viewport()
    assert place(page) == first


def test_a_picture_is_seen_large_downloaded_and_started_from_on_the_stage(visit):
    page = visit()
    ask(page, "a hill")
    wait_done(page)
    steps = page.get_by_role("group", name=NEXT)
    assert findings(page) == []
    with page.expect_download() as downloading:
        steps.get_by_role("link", name="Download").click()
    assert downloading.value.suggested_filename.endswith(".png")
    steps.get_by_role("button", name="Large view").press("Enter")
    expect(page.locator(".fl-viewer[open]")).to_be_visible()
    page.keyboard.press("Escape")
    steps.get_by_role("button", name="Use as input").press("Enter")
    expect(page.locator(".fl-start")).to_be_visible()
    expect(page.locator(PROMPT)).to_be_focused()


def test_of_several_pictures_one_is_chosen_first(visit):
    page = visit()
    ask(page, "a hill", count=2)
    expect(page.locator(".fl-next-hint")).to_be_hidden()
    wait_done(page)
    expect(page.locator(".fl-next-hint")).to_contain_text("Choose one to see it large")
    expect(page.get_by_role("group", name=NEXT)).to_be_hidden()


def test_a_picture_that_is_gone_is_said_to_be(visit):
    page = visit()
    ask(page, "a hill")
    wait_done(page)
    page.route("**/pictures/*", lambda route: route.fulfill(status=404))
    page.get_by_role("button", name="Use as input").click()
    expect(page.locator(".fl-message p")).to_contain_text("could not be used now")
    expect(page.locator(".fl-start")).to_be_hidden()


def delete(page: Page, answer: str) -> None:
    """Of the picture in the large view."""
    page.get_by_role("button", name="Delete").click()
    asked = page.get_by_role("dialog", name="Delete this picture?")
    expect(asked.get_by_role("button", name="Keep it")).to_be_focused()
    asked.get_by_role("button", name=answer).click()
    expect(asked).to_have_count(0)


def test_a_picture_is_deleted_after_a_question_and_gone_everywhere(visit):
    page = visit()
    page.route("**/api/v1/outputs/*", lambda route: route.fulfill(json={"ok": True}))
    open_panel(page, "history")
    ask(page, "a hill", count=2)
    wait_done(page)
    open_panel(page, "history")
    page.locator(".fl-tile").first.click()
    delete(page, "Keep it")
    expect(page.locator(".fl-place")).to_have_text("1 of 2")
    delete(page, "Delete")
    expect(page.locator(".fl-place")).to_have_text("1 of 1")
    page.keyboard.press("Escape")
    expect(page.locator(".fl-tile")).to_have_count(1)
    expect(page.locator(".fl-line")).to_be_hidden()
    expect(page.locator("#fl-history .fl-thumb")).to_have_count(1)
    page.locator("#fl-history .fl-thumb").click()
    delete(page, "Delete")
    expect(page.locator(".fl-viewer")).to_be_hidden()
    expect(page.locator(".fl-empty")).to_be_visible()
    expect(page.locator("#fl-history .fl-count")).to_contain_text("Nothing here yet")


def test_why_a_picture_could_not_be_deleted_is_said(visit):
    page = visit()
    ask(page, "a hill")
    wait_done(page)
    page.locator(".fl-tile").click()
    refused = {"error": {"code": "bad_request", "message": "It lies elsewhere."}}
    page.route("**/api/v1/outputs/*", lambda route: route.fulfill(status=400, json=refused))
    delete(page, "Delete")
    expect(page.locator(".fl-kept")).to_have_text("It lies elsewhere.")
    expect(page.locator(".fl-place")).to_have_text("1 of 1")


def test_the_picture_before_stays_until_the_next_can_be_seen(visit):
    page = visit()
    ask(page, "a hill")
    wait_done(page)
    page.evaluate(
        """() => {
            window.wasEmpty = false;
            const empty = document.querySelector('.fl-empty');
            new MutationObserver(() => { window.wasEmpty ||= !empty.hidden; })
                .observe(empty, { attributes: true });
        }"""
    )
    page.fill(PROMPT, "a slow hill")
    page.click("#fl-generate")
    page.wait_for_selector(f"{BUSY} .fl-hero canvas", state="visible")
    assert not page.evaluate("window.wasEmpty")


def test_the_focus_moves_no_picture_out_of_sight(visit):
    page = visit()
    ask(page, "a hill")
    wait_done(page)
    first = place(page)
    page.get_by_role("button", name="Large view").press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Use as input").scroll_into_view_if_needed()
    assert (
        page.locator(".fl-stage").evaluate("(one) => { one.scrollTop = 50; return one.scrollTop; }")
        == 0
    )
    assert place(page) == first
