"""Logging in as a person does: by keyboard, on a phone, in the dark, and out again."""

from collections.abc import Callable, Iterator

import pytest
from live_server import LiveServer
from playwright.sync_api import BrowserContext, expect
from visitor import PHONE, ask, findings, shoot, wait_done

from fooocus_lite.access.users import UsersFile

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def shared_server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The real program with one user."""
    home = tmp_path_factory.mktemp("home")
    users = UsersFile(home / "users.json")
    users.add("anna", PASSWORD)
    server = LiveServer(home, "--users", str(users.path))
    try:
        server.start()
        yield server
    finally:
        server.stop()


def test_a_login_by_keyboard_leads_to_the_page_and_back_out(
    shared_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.goto(shared_server.url)
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    expect(page.locator("#name")).to_have_value("anna")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#fl-generate")
    page.wait_for_function("window.fooocusLite && window.fooocusLite.get('prompt') !== undefined")
    ask(page, "a nude child")
    expect(page.locator("#fl-message")).to_contain_text("under age")
    ask(page, "a red circle on a white background")
    wait_done(page)
    expect(page.locator("#fl-message")).not_to_contain_text("under age")
    expect(page.locator(".fl-tile")).to_have_count(1)
    shoot(page, "login-page-inside")
    page.click("#fl-account")
    expect(page.get_by_role("heading")).to_have_text("You are anna")
    expect(page.get_by_text("1 of 50 pictures")).to_be_visible()
    assert findings(page) == []
    shoot(page, "account")
    page.click("text=Log out >> nth=0")
    expect(page.locator("#password")).to_be_visible()
    page.goto(shared_server.url + "/account")
    expect(page.locator("#password")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("light", {}),
        ("dark", {"color_scheme": "dark"}),
        ("phone", PHONE),
        ("no-script", {"java_script_enabled": False}),
    ],
)
def test_the_login_page_is_readable_everywhere(
    shared_server: LiveServer, new_context: Callable[..., BrowserContext], name: str, options: dict
) -> None:
    page = new_context(**options).new_page()
    page.goto(shared_server.url)
    expect(page.get_by_label("Password")).to_be_visible()
    shoot(page, f"login-{name}")
    if name != "no-script":
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.fill("#name", "anna")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.url == shared_server.url + "/"
