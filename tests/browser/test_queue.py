"""The Queue panel and what belongs to it, seen by a visitor in Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect
from visitor import BUSY, PHONE, PROMPT, ask, findings, open_panel, shoot, wait_done

HOSTILE = "<img src=x onerror=window.isCaught=1> slow"
SEED = "#fl-seed :is(input, textarea)"
FOREVER = ".fl-forever button"


def cards(page: Page):
    return page.locator(".fl-queue-card")


def waiting(page: Page):
    return page.locator(".fl-queue-card:not(.is-running) b")


def fill_queue(page: Page, *prompts: str, count: int = 8) -> None:
    """A slow job that is being made, four seconds a picture, and these behind it."""
    ask(page, "a slow boat", count=count)
    page.wait_for_selector(BUSY)
    for place, prompt in enumerate(prompts, start=1):
        page.fill(PROMPT, prompt)
        page.keyboard.press("Control+Enter")
        expect(page.locator(".fl-tab-count")).to_have_text(str(place))
    open_panel(page, "queue")


def stop_all(page: Page) -> None:
    """Leaves the program free for the next test."""
    page.evaluate(
        """async () => {
            await fetch('queue/clear', { method: 'POST', body: '{}' });
            const { jobs } = await (await fetch('queue')).json();
            for (const { id } of jobs) {
                await fetch('queue/cancel', { method: 'POST', body: JSON.stringify({ id }) });
            }
        }"""
    )
    expect(page.locator("body")).to_have_attribute("data-busy", "no")


def test_what_is_added_while_one_is_made_waits_in_the_panel_and_is_made(visit):
    page = visit()
    fill_queue(page, "a fox", "a hen", count=3)
    expect(cards(page).first).to_have_class(re.compile("is-running"))
    expect(cards(page).first).to_contain_text(re.compile(r"Picture \d of 3"))
    expect(waiting(page)).to_have_text(["a fox", "a hen"])
    expect(cards(page).nth(1)).to_contain_text("3 pictures · in about")
    page.click("#fl-stop")
    expect(page.locator(".fl-tab-count")).to_be_hidden(timeout=20_000)
    wait_done(page)
    expect(page.locator(".fl-queue-empty")).to_be_visible()
    open_panel(page, "history")
    expect(page.locator("#fl-history .fl-thumb")).not_to_have_count(0)


def test_the_keyboard_alone_moves_doubles_and_cancels(visit):
    page = visit()
    fill_queue(page, "one", "two", "three")
    up = cards(page).nth(3).locator('[data-key="up"]')
    up.focus()
    page.keyboard.press("Enter")
    expect(waiting(page)).to_have_text(["one", "three", "two"])
    expect(cards(page).nth(2).locator('[data-key="up"]')).to_be_focused()
    expect(page.locator(".fl-queue [role=status]")).to_have_text("Moved to place 2 of 3.")
    page.keyboard.press("Enter")
    expect(waiting(page)).to_have_text(["three", "one", "two"])
    expect(cards(page).nth(1).locator('[data-key="up"]')).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(waiting(page)).to_have_text(["three", "one", "two", "three"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(waiting(page)).to_have_text(["one", "two", "three"])
    expect(cards(page).nth(1).locator('[data-key="cancel"]')).to_be_focused()
    asked = page.get_by_role("dialog", name="Cancel all 3 waiting jobs?")
    page.click(".fl-clear")
    expect(asked.get_by_role("button", name="Keep them")).to_be_focused()
    page.keyboard.press("Enter")
    expect(asked).to_have_count(0)
    expect(waiting(page)).to_have_count(3)
    page.click(".fl-clear")
    asked.get_by_role("button", name="Cancel them").click()
    expect(waiting(page)).to_have_count(0)
    expect(cards(page)).to_have_count(1)
    stop_all(page)


def test_several_prompts_come_from_a_dropped_file_and_a_mistake_adds_none(visit):
    page = visit()
    transfer = page.evaluate_handle(
        """() => {
            const transfer = new DataTransfer();
            const text = 'a slow owl\\n# no\\n\\na \\u0007 hen\\n';
            transfer.items.add(new File([text], 'p.txt', { type: 'text/plain' }));
            return transfer;
        }"""
    )
    page.dispatch_event("#fl-stage", "drop", {"dataTransfer": transfer})
    expect(page.locator(".fl-several-count")).to_have_text(
        "2 prompts · 20 more fit into your queue"
    )
    page.click(".fl-several .is-primary")
    said = page.locator(".fl-queue-said")
    expect(said).to_contain_text("Line 4: The prompt has the control character U+0007")
    expect(cards(page)).to_have_count(0)
    page.fill("#fl-several-box", "a slow owl\n" * 21)
    expect(page.locator(".fl-several-count")).to_have_class(re.compile("is-over"))
    page.click(".fl-several .is-primary")
    expect(said).to_contain_text("Of these 21 prompts only the first 20 fit")
    expect(cards(page)).to_have_count(0)
    page.fill("#fl-several-box", "a slow owl\n# no\n\na slow hen")
    page.click(".fl-several .is-primary")
    expect(said).to_have_text("2 jobs are added to your queue.")
    expect(page.locator("#fl-several-box")).to_have_value("")
    page.wait_for_selector(BUSY)
    expect(waiting(page)).to_have_text(["a slow hen"])
    stop_all(page)


def test_others_are_only_a_number_and_a_prompt_is_never_run(visit):
    other, page = visit(), visit()
    ask(other, "a slow secret", count=2)
    other.wait_for_selector(BUSY)
    ask(page, HOSTILE)
    page.wait_for_selector(BUSY)
    open_panel(page, "queue")
    expect(page.locator(".fl-queue-others")).to_have_text("Before this: 2 pictures of others")
    expect(cards(page).locator("b")).to_have_text([HOSTILE])
    assert "secret" not in page.locator("#fl-queue").inner_text()
    assert not page.evaluate("'isCaught' in window")
    stop_all(page)
    stop_all(other)


def test_forever_goes_on_with_other_seeds_until_it_is_stopped(visit):
    page = visit()
    open_panel(page, "advanced")
    page.fill(SEED, "5")
    page.fill(PROMPT, "a hill")
    page.click(FOREVER)
    # Looked at with every frame: a round takes no second.
    page.wait_for_function(
        """([status, seed]) => document.querySelector(status).innerText === 'Round 3, seed 7'
            && document.querySelector(seed).value === '7'""",
        arg=[".fl-forever [role=status]", SEED],
        timeout=60_000,
    )
    counted = page.evaluate("async () => (await (await fetch('queue')).json()).jobs.length")
    assert counted <= 1
    page.fill(PROMPT, "a slow hill")
    # The fourth, unless that had begun already.
    expect(page.locator(".fl-forever [role=status]")).to_have_text(
        re.compile(r"Round [4-9], seed \d+")
    )
    other = visit(page.context)
    other.fill(PROMPT, "a hill")
    other.click(FOREVER)
    expect(other.locator(".fl-forever [role=status]")).to_have_text("On in another window")
    page.wait_for_selector(BUSY)
    page.click("#fl-stop")
    expect(page.locator(FOREVER)).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".fl-forever [role=status]")).to_have_text("Stopped")


@pytest.mark.parametrize(
    ("prompt", "said", "message"),
    [
        ("  ", "Could not begin", "Write what you want to see"),
        ("a fail", "Ended by a failure", "ran out of memory"),
    ],
)
def test_forever_ends_where_something_is_wrong(visit, prompt, said, message):
    page = visit()
    page.fill(PROMPT, prompt)
    page.click(FOREVER)
    expect(page.locator(".fl-forever [role=status]")).to_have_text(said, timeout=20_000)
    expect(page.locator(FOREVER)).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#fl-message")).to_contain_text(message)


def test_a_page_at_rest_asks_nothing(visit):
    page = visit()
    open_panel(page, "queue")
    expect(page.locator(".fl-queue-empty")).to_be_visible()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert not [url for url in asked if "/queue" in url]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_serious_to_say_about_the_queue(visit, scheme):
    page = visit(color_scheme=scheme)
    fill_queue(page, "a fox in the snow, between tall dark pines, in the morning light", "a hen")
    expect(waiting(page)).to_have_count(2)
    shoot(page, f"queue-{scheme}")
    assert findings(page) == []
    stop_all(page)


def test_on_a_phone_nothing_is_wider_than_the_screen(visit):
    page = visit(**PHONE)
    wide = "Math.max(...[...document.querySelectorAll('{} *')]"
    right = wide + ".map((one) => one.getBoundingClientRect().right))"
    assert page.evaluate(right.format(".fl-tabs")) <= 390
    ask(page, "a slow boat")
    page.wait_for_selector(BUSY)
    page.fill(PROMPT, "word" * 60)
    page.click("#fl-add-to-queue")
    expect(page.locator(".fl-tab-count")).to_have_text("1")
    assert page.evaluate(right.format("#fl-composer")) <= 390
    open_panel(page, "queue")
    shoot(page, "queue-phone")
    assert page.evaluate(right.format("#fl-panel-queue")) <= 390
    stop_all(page)
