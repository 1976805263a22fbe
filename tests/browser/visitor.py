"""What a visitor of the page does and sees, by name. Knows no test."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCREENSHOTS = Path(__file__).resolve().parents[1] / "screenshots"
PROMPT = "#fl-prompt textarea"
DONE = '.fl-stage[data-state="completed"]'
BUSY = 'body[data-busy="yes"]'
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def ask(page: Page, prompt: str, count: int = 1) -> None:
    """Write the prompt, set the count, press Generate."""
    if count > 1:
        open_panel(page, "advanced")
        page.fill('#fl-count input[type="number"]', str(count))
        page.keyboard.press("Tab")
    page.fill(PROMPT, prompt)
    page.click("#fl-generate")


def open_panel(page: Page, name: str) -> None:
    if page.locator("body").get_attribute("data-panel") != name:
        page.click(f'button[data-panel="{name}"]')
    page.wait_for_selector(f"#fl-panel-{name}", state="visible")


def wait_done(page: Page) -> None:
    page.wait_for_selector(DONE, timeout=60_000)


def findings(page: Page) -> list[str]:
    """Serious and critical findings of axe-core, one line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.wait_for_timeout(350)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
