"""Script in every text there is, typed or in files: shown as words, run nowhere."""

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from tests.browser.live_server import LiveServer

HOSTILE = '<img src=x data-hurt onerror="window.hurt=1"><script data-hurt>window.hurt=1</script>'
BOXES = 'textarea, input[type="text"], input[type="search"], input:not([type])'


def write_library(home: Path) -> None:
    """A style, a preset and a file that cannot be read, all named by somebody who means harm."""
    style = {"name": HOSTILE[:80], "category": HOSTILE[:40], "prompt": f"{{prompt}} {HOSTILE}"}
    preset = {
        "name": "evil",
        "title": HOSTILE,
        "description": HOSTILE,
        "model": "starter",
        "styles": [style["name"]],
        "examples": [f"a cat {HOSTILE}"],
    }
    for folder, name, found in (
        ("styles", "mine", [style]),
        ("styles", "broken <img src=x data-hurt onerror=window.hurt=1>", "no styles"),
        ("presets", "evil", preset),
    ):
        (home / folder).mkdir(exist_ok=True)
        (home / folder / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")


def unhurt(page: Page, where: str) -> None:
    assert page.evaluate("window.hurt") is None, where
    assert page.locator("[data-hurt]").count() == 0, where


def fill_all(page: Page, where: str) -> int:
    """Write into every box that can be seen, and press Enter in it; how many there were."""
    boxes = [each for each in page.locator(BOXES).all() if each.is_visible() and each.is_editable()]
    for box in boxes:
        box.fill(HOSTILE)
        box.press("Enter")
        unhurt(page, f"{where}: {box.evaluate('box => box.outerHTML')}")
        if not box.evaluate("box => box.closest('#fl-prompt, #fl-negative')"):
            box.fill("")
    return len(boxes)


def test_words_with_script_in_them_are_words_everywhere(
    new_server: Callable[..., LiveServer],
    new_context: Callable[..., BrowserContext],
    tmp_path: Path,
) -> None:
    write_library(tmp_path)
    server = new_server("--preset", "evil", home=tmp_path)
    server.start()
    page = new_context().new_page()
    page.goto(server.url)
    page.wait_for_selector("#fl-generate")
    page.wait_for_function("window.fooocusLite && window.fooocusLite.get('prompt') !== undefined")
    unhurt(page, "the first view")
    filled = 0
    for button in page.locator("button[data-panel]").all():
        button.click()
        panel = str(button.get_attribute("data-panel"))
        page.wait_for_selector(f"#fl-panel-{panel}", state="visible")
        unhurt(page, panel)
        filled += fill_all(page, panel)
    assert filled >= 6
    page.keyboard.press("Escape")
    page.fill("#fl-prompt textarea", f"a cat {HOSTILE}")
    page.click("#fl-generate")
    page.wait_for_selector('.fl-stage[data-state="completed"]', timeout=120_000)
    unhurt(page, "the picture")
    page.click(".fl-tile")
    page.wait_for_selector(".fl-words", state="visible")
    assert HOSTILE in page.locator(".fl-words").inner_text()
    unhurt(page, "its caption")
    page.reload()
    page.wait_for_selector("#fl-generate")
    page.click('button[data-panel="history"]')
    page.wait_for_selector("#fl-history .fl-thumb")
    unhurt(page, "the page anew")
