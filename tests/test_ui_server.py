"""Ports, the quiet queue, and the page as a whole."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import pytest
from ui_fake import FakeStudio
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from fooocus_lite.settings import Settings
from fooocus_lite.ui import server
from fooocus_lite.ui.page import build
from fooocus_lite.ui.theme import head


def in_a_loop(make: Callable[[], gr.Blocks]) -> gr.Blocks:
    """Gradio leaves an event loop open for each `Blocks` made where none is running."""

    async def made() -> gr.Blocks:
        return make()

    return asyncio.run(made())


def test_a_taken_port_gives_the_next_free_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert server.free_port("127.0.0.1", port) > port


def test_no_port_at_all_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr(server, "_is_free", lambda *_address: False)
    with pytest.raises(server.NoPort, match="Choose another with --port"):
        server.free_port("127.0.0.1", 7865)


def test_the_private_name_that_keeps_an_idle_page_quiet_is_still_there():
    demo = in_a_loop(gr.Blocks)
    server.poll_gently(demo)
    assert demo._queue.sleep_when_free == server.POLL_S
    server.poll_gently(object())


@pytest.mark.parametrize(
    ("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("10.0.0.7", "10.0.0.7")]
)
def test_the_address_shown_can_be_opened(host, shown):
    assert server._reachable(host) == shown


def test_the_temporary_folder_is_ours_and_starts_empty(home, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", "elsewhere")
    old = home / "state" / "tmp" / "page" / "left over.png"
    old.parent.mkdir(parents=True)
    old.touch()
    server._use_our_temporary_folder(Settings(home=home, output_path=home / "outputs"))
    assert os.environ["GRADIO_TEMP_DIR"] == str(old.parent)
    assert list(old.parent.iterdir()) == []


@pytest.fixture
def page(home: Path) -> gr.Blocks:
    studio = FakeStudio(Settings(home=home, output_path=home / "outputs"))
    return in_a_loop(lambda: build(studio))


def test_only_following_is_queued_and_only_generate_is_for_programs(page):
    for event in page.fns.values():
        is_following = event.name == "follow"
        assert event.queue is is_following, event.name
        wanted = "public" if event.api_name == "generate" else "private"
        assert event.api_visibility == wanted
        if is_following:
            assert event.concurrency_limit is None


def test_the_page_says_honestly_which_model_draws(page):
    texts = [str(block.value) for block in page.blocks.values() if isinstance(block, gr.HTML)]
    assert any("Built-in starter model: small, for trying things" in text for text in texts)


def test_a_preset_without_its_model_is_listed_last_and_says_so(page):
    (presets,) = [block for block in page.blocks.values() if block.elem_id == "fl-preset"]
    assert presets.choices == [("starter", "starter"), ("Large · to download", "large")]


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_the_head_carries_the_theme_and_nothing_from_elsewhere(theme):
    text = head(theme)
    assert f'window.fooocusLiteTheme = "{theme}";' in text
    assert "http://" not in text
    assert "https://" not in text


def test_importing_the_page_writes_no_stub_files():
    folder = Path(server.__file__).parent
    code = "import fooocus_lite.ui.page, sys; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder.parent.parent)
    assert list(folder.rglob("*.pyi")) == []


def test_ending_the_sharing_closes_every_public_link(monkeypatch):
    closed = []

    class Tunnel:
        def kill(self) -> None:
            closed.append(self)

    tunnels = [Tunnel(), Tunnel()]
    monkeypatch.setattr("gradio.tunneling.CURRENT_TUNNELS", tunnels)
    server._close_tunnels()
    assert closed == tunnels


@pytest.mark.parametrize(
    ("given", "believed"),
    [
        ({}, ""),
        ({"listen": "0.0.0.0"}, ""),
        ({"share": True}, "127.0.0.1,::1"),
        ({"trusted_proxies": "10.0.0.1, 10.0.0.2"}, "10.0.0.1,10.0.0.2"),
        ({"is_space": True}, ",".join(server.PRIVATE_NETWORKS)),
    ],
)
def test_only_known_proxies_tell_where_a_visitor_comes_from(home, monkeypatch, given, believed):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    server._believe_only_known_proxies(Settings(home=home, output_path=home, **given))
    assert os.environ["FORWARDED_ALLOW_IPS"] == believed


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.9", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.9", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.9", "203.0.113.7, 10.0.0.3", "203.0.113.7"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
    ],
)
def test_what_a_visitor_adds_to_the_header_is_not_believed(peer, forwarded, address):
    seen = []

    async def app(scope, _receive, _send) -> None:
        seen.append(scope["client"][0])

    proxied = ProxyHeadersMiddleware(app, ",".join(server.PRIVATE_NETWORKS))
    headers = [(b"x-forwarded-for", forwarded.encode())]
    asyncio.run(proxied({"type": "http", "client": (peer, 1), "headers": headers}, None, None))
    assert seen == [address]
