"""The page before the real program: lane, job store, starter model and files, killed in between."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from fooocus_lite.archive.pictures import read
from tests.browser.live_server import LiveServer

PROMPT = "#fl-prompt textarea"
DONE_MS = 240_000


def visit(server: LiveServer, context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_selector("#fl-generate")
    page.wait_for_function("window.fooocusLite && window.fooocusLite.get('prompt') !== undefined")
    return page


def ask(page: Page, prompt: str, count: int = 1) -> None:
    if count > 1:
        page.click('button[data-panel="advanced"]')
        page.fill('#fl-count input[type="number"]', str(count))
        page.keyboard.press("Tab")
    page.fill(PROMPT, prompt)
    page.click("#fl-generate")


def wait_done(page: Page) -> None:
    page.wait_for_selector('.fl-stage[data-state="completed"]', timeout=DONE_MS)


def saved(server: LiveServer) -> list[Path]:
    return sorted((server.home / "outputs").rglob("*.png"))


def test_a_prompt_becomes_a_red_circle_on_disk(
    live_page_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> None:
    page = visit(live_page_server, new_context())
    ask(page, "a red circle on a white background")
    wait_done(page)
    size = page.locator(".fl-tile img").evaluate("i => i.decode().then(() => i.naturalWidth)")
    assert size == 256
    (path,) = saved(live_page_server)
    recipe = read(path).recipe
    assert recipe is not None
    assert recipe.request.prompt == "a red circle on a white background"
    with Image.open(path) as image:
        red, green, blue = image.convert("RGB").getpixel((128, 128))
    assert red > max(green, blue) + 60


def test_a_deleted_picture_leaves_the_disk(
    live_page_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> None:
    before = saved(live_page_server)
    page = visit(live_page_server, new_context())
    ask(page, "a red circle")
    wait_done(page)
    assert len(saved(live_page_server)) == len(before) + 1
    page.get_by_role("button", name="Large view").click()
    page.get_by_role("button", name="Delete").click()
    asked = page.get_by_role("dialog", name="Delete this picture?")
    asked.get_by_role("button", name="Delete").click()
    expect(page.locator(".fl-empty")).to_be_visible()
    assert saved(live_page_server) == before


def test_a_refresh_in_the_middle_loses_nothing(
    live_page_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> None:
    before = len(saved(live_page_server))
    page = visit(live_page_server, new_context())
    ask(page, "a blue house on a meadow", count=3)
    page.wait_for_selector(".fl-hero canvas", state="visible", timeout=DONE_MS)
    page.reload()
    wait_done(page)
    expect(page.locator(".fl-tile")).to_have_count(3)
    assert len(saved(live_page_server)) == before + 3


def test_one_click_shows_the_prompt_in_twelve_styles(
    live_page_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> None:
    before = len(saved(live_page_server))
    page = visit(live_page_server, new_context())
    page.fill(PROMPT, "a red house on a meadow")
    expect(page.locator(".fl-tokens")).to_have_text("6 / 75 tokens")
    page.click("#fl-twelve")
    wait_done(page)
    expect(page.locator(".fl-try img")).to_have_count(12)
    assert len(saved(live_page_server)) == before + 12
    name = page.locator(".fl-caption").nth(3).inner_text()
    page.click(".fl-try .fl-tile >> nth=3")
    expect(page.locator(".fl-chip")).to_have_text([f"{name}×"])


def test_two_visitors_share_one_line_and_see_only_their_own(
    live_page_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> None:
    one, other = (visit(live_page_server, new_context()) for _ in range(2))
    ask(one, "a green tree on a meadow", count=2)
    ask(other, "a yellow star on a blue background")
    wait_done(one)
    wait_done(other)
    expect(one.locator(".fl-tile")).to_have_count(2)
    expect(other.locator(".fl-tile")).to_have_count(1)


def test_killed_in_the_middle_the_page_comes_back_and_the_job_ends(
    new_server: Callable[..., LiveServer], new_context: Callable[..., BrowserContext]
) -> None:
    server = new_server(is_supervised=True)
    server.start()
    page = visit(server, new_context())
    ask(page, "an orange cat on a blue background", count=4)
    expect(page.locator(".fl-line")).to_contain_text(re.compile("Picture 2 of 4"), timeout=DONE_MS)
    instance = json.loads(page.request.get(server.url + "/alive").text())["instance"]
    server.kill()
    server.wait_until_up()
    wait_done(page)
    expect(page.locator(".fl-tile")).to_have_count(4)
    assert json.loads(page.request.get(server.url + "/alive").text())["instance"] != instance
    assert len(saved(server)) == 4
