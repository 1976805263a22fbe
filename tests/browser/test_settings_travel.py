"""Settings that come with a picture, a pasted text or a link, and those that go away with one."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Page, expect
from visitor import PHONE, PROMPT, ask, findings, open_panel, shoot, wait_done

from fooocus_lite.thinking.link import from_file, from_link

HOSTILE = '<script>window.hurt=1</script><img src=x onerror="window.hurt=1"> שלום 🌈'
BLOCK = (
    f"a hill {HOSTILE} <lora:gone:0.5>\nNegative prompt: rain\n"
    "Steps: 9, Sampler: Euler, CFG scale: 4.5, Seed: 9007199254740993, Size: 240x160, Clip skip: 2"
)
DIALOG = ".fl-found[open]"


def picture(tmp_path: Path, text: str | None = BLOCK) -> Path:
    kept = PngInfo()
    if text is not None:
        kept.add_text("parameters", text)
    Image.effect_mandelbrot((96, 64), (-2, -1, 1, 1), 50).convert("RGB").save(
        tmp_path / "theirs.png", pnginfo=kept
    )
    return tmp_path / "theirs.png"


def drop(page: Page, path: Path) -> None:
    """Let go of a file over the page, as a mouse does."""
    data = base64.b64encode(path.read_bytes()).decode()
    transfer = page.evaluate_handle(
        """([data, name]) => {
          const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], name, { type: 'image/png' }));
          return transfer;
        }""",
        [data, path.name],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("#fl-stage", event, {"dataTransfer": transfer})


def paste_picture(page: Page, path: Path) -> None:
    data = base64.b64encode(path.read_bytes()).decode()
    page.evaluate(
        """(data) => {
          const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], 'image.png', { type: 'image/png' }));
          document.body.dispatchEvent(new ClipboardEvent('paste', {
            clipboardData: transfer, bubbles: true, cancelable: true,
          }));
        }""",
        data,
    )


def paste(page: Page, text: str) -> None:
    page.focus(PROMPT)
    page.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.setData('text/plain', text);
          const event = new ClipboardEvent('paste', {
            clipboardData: data, bubbles: true, cancelable: true,
          });
          if (document.activeElement.dispatchEvent(event)) {
            document.execCommand('insertText', false, text);
          }
        }""",
        text,
    )


def expect_filled(page: Page) -> None:
    expect(page.locator(PROMPT)).to_have_value(f"a hill {HOSTILE}")
    open_panel(page, "advanced")
    expect(page.locator("#fl-seed textarea, #fl-seed input")).to_have_value("9007199254740993")
    expect(page.locator("#fl-steps textarea, #fl-steps input")).to_have_value("9")
    expect(page.locator("#fl-guidance textarea, #fl-guidance input")).to_have_value("4.5")
    expect(page.locator("#fl-negative textarea")).to_have_value("rain")
    assert page.evaluate("window.hurt") is None


def test_a_dropped_picture_shows_its_settings_and_fills_the_page(visit, tmp_path):
    page = visit()
    drop(page, picture(tmp_path))
    found = page.locator(DIALOG)
    expect(found).to_contain_text("Settings of this picture")
    expect(found).to_contain_text("Written by A1111")
    expect(found.locator("dd").first).to_have_text(f"a hill {HOSTILE}")
    expect(found.locator("li")).to_have_text(
        ["Not used here: Clip skip: 2.", re.compile("Without the LoRA “gone”")]
    )
    assert found.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)")
    expect(found.get_by_role("button", name="Use its settings")).to_be_focused()
    page.keyboard.press("Enter")
    expect(found).to_be_hidden()
    expect_filled(page)
    expect(page.locator(".fl-message")).to_be_hidden()  # all was said already


def test_a_pasted_picture_is_looked_at_too(visit, tmp_path):
    page = visit()
    paste_picture(page, picture(tmp_path))
    page.locator(DIALOG).get_by_role("button", name="Use its settings").click()
    expect_filled(page)


def test_a_picture_that_says_nothing_says_so(visit, tmp_path):
    page = visit()
    page.fill(PROMPT, "my own words")
    with page.expect_file_chooser() as choosing:
        page.click("[data-open-picture]")
    choosing.value.set_files(picture(tmp_path, None))
    found = page.locator(DIALOG)
    expect(found).to_contain_text("says nothing about how it was made")
    expect(found.get_by_role("button")).to_have_text(["Close", "Use as input"])
    page.keyboard.press("Escape")
    expect(found).to_be_hidden()
    expect(page.locator(PROMPT)).to_have_value("my own words")


def test_pasted_settings_are_offered_and_may_stay_text(visit):
    page = visit()
    paste(page, BLOCK)
    found = page.locator(DIALOG)
    expect(found).to_contain_text("This looks like settings")
    found.get_by_role("button", name="Keep as text").click()
    expect(page.locator(PROMPT)).to_have_value(BLOCK)
    page.fill(PROMPT, "")
    paste(page, BLOCK)
    found.get_by_role("button", name="Use them").click()
    expect_filled(page)


def test_pasted_words_stay_words(visit):
    page = visit()
    words = "Steps: 3 of them, down to the sea"
    with page.expect_response("**/inspect") as asked:
        paste(page, words)
    assert asked.value.json()["settings"] == ""
    expect(page.locator(DIALOG)).to_have_count(0)
    expect(page.locator(PROMPT)).to_have_value(words)


def test_a_picture_goes_away_as_a_link_and_as_a_file_and_comes_back(visit, running, tmp_path):
    page = visit()
    ask(page, "a hill far away")
    wait_done(page)
    page.click(".fl-tile")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click(".fl-copy-link")
    expect(page.locator(".fl-copy-link")).to_have_text("Copied")
    shoot(page, "share")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{running.url}#r=")
    shared = from_link(link)
    assert shared.recipe.request.prompt == "a hill far away"
    with page.expect_download() as coming:
        page.click(".fl-recipe-file")
    assert re.fullmatch(r"recipe-\d+\.json", coming.value.suggested_filename)
    coming.value.save_as(tmp_path / "recipe.json")
    assert from_file((tmp_path / "recipe.json").read_text(encoding="utf-8")) == shared

    other = page.context.new_page()
    other.goto(link)
    expect(other.locator(PROMPT)).to_have_value("a hill far away")


def test_where_the_clipboard_is_closed_the_link_stands_there(visit):
    page = visit()
    ask(page, "a hill far away")
    wait_done(page)
    page.click(".fl-tile")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.click(".fl-copy-link")
    expect(page.locator(".fl-link")).to_be_visible()
    assert from_link(page.input_value(".fl-link")).recipe.request.prompt == "a hill far away"


@pytest.mark.parametrize("is_empty", [True, False])
def test_an_opened_link_fills_an_empty_page_and_asks_before_it_takes_words_away(
    visit: Callable[..., Page], running, is_empty
):
    page = visit()
    ask(page, "a hill far away")
    wait_done(page)
    link = page.evaluate(
        "fetch(document.querySelector('.fl-tile img').src + '/link')"
        ".then((answer) => answer.json()).then((read) => read.link)"
    )
    page.fill(PROMPT, "" if is_empty else "my own words")
    page.evaluate("(link) => { window.location.hash = link; }", link)
    if not is_empty:
        found = page.locator(DIALOG)
        expect(found).to_contain_text("Settings of the link")
        expect(page.locator(PROMPT)).to_have_value("my own words")
        found.get_by_role("button", name="Use them").click()
    else:
        expect(page.locator(".fl-message")).to_contain_text("settings of the link you opened")
    expect(page.locator(PROMPT)).to_have_value("a hill far away")
    assert "#r=" not in page.url


def test_a_damaged_link_is_a_calm_sentence(visit):
    page = visit()
    page.evaluate("window.location.hash = '#r=AXh4eHh4'")
    expect(page.locator(".fl-message")).to_contain_text("recipe link is damaged")


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_dialog_fits_and_is_accessible(visit, tmp_path, look):
    options = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": PHONE}[look]
    page = visit(**options)
    drop(page, picture(tmp_path))
    found = page.locator(DIALOG)
    expect(found).to_contain_text("Written by A1111")
    box, width = found.bounding_box(), page.viewport_size["width"]
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(found.get_by_role("button", name="Use its settings")).to_be_in_viewport(ratio=1)
    shoot(page, f"settings-{look}")
    assert findings(page) == []
