"""Puts the page on the network: port, middleware, our own addresses, temporary folder."""

import logging
import os
import secrets
import shutil
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware

from ..api import app as api
from ..errors import FooocusLiteError
from ..settings import Settings
from ..studio import Studio
from .drop import Drop
from .gate import LOOPBACK, Gate
from .login import Login
from .model_routes import ModelRoutes
from .owner import OwnerCookie
from .queue_routes import QueueRoutes
from .request_log import RequestLog
from .routes import Routes
from .security import LOCAL_HOSTS, PageBodies, SameOrigin

log = logging.getLogger(__name__)
PORTS_TRIED = 100
MAX_THREADS = 200
MAX_UPLOAD = "20mb"
PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
POLL_S = 0.02


class NoPort(FooocusLiteError):
    code = "no_port"


@dataclass(frozen=True)
class Server:
    """A running page. `url` opens it on this machine, `public_url` anywhere, while it is shared.

    `end_sharing` closes the public link; the page goes on here.
    """

    url: str
    close: Callable[[], None]
    public_url: str | None = None
    end_sharing: Callable[[], None] = lambda: None


def serve(studio: Studio, settings: Settings) -> Server:
    """The page, being served in its own thread. Raises NoPort when no port is free."""
    _use_our_temporary_folder(settings)
    # Gradio reads its folders when it is used, so it is imported only now.
    from . import theme
    from .page import build

    _believe_only_known_proxies(settings)
    demo = build(studio)
    demo.queue(max_size=None, default_concurrency_limit=None)
    poll_gently(demo)
    port = free_port(settings.listen, settings.port)
    if port != settings.port:
        log.warning("Port %d is taken; using %d", settings.port, port)
    demo.launch(
        server_name=settings.listen,
        server_port=port,
        share=settings.share,
        prevent_thread_lock=True,
        ssr_mode=False,
        run_history=False,
        quiet=True,
        footer_links=[],
        max_threads=MAX_THREADS,
        max_file_size=MAX_UPLOAD,
        app_kwargs=_app(studio, settings),
        ssl_certfile=_text(settings.ssl_certfile),
        ssl_keyfile=_text(settings.ssl_keyfile),
        ssl_verify=False,  # only about Gradio's own first look at its page
        theme=theme.theme(),
        head=theme.head(settings.theme, has_account=not settings.is_local_only),
    )
    scheme = "https" if settings.ssl_certfile else "http"
    url = f"{scheme}://{_reachable(settings.listen)}:{port}/"
    log.info("The page is at %s", url)
    if settings.browser:
        webbrowser.open(url)
    return Server(url, lambda: demo.close(verbose=False), demo.share_url, _close_tunnels)


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the next port nobody listens on."""
    last = min(wanted + PORTS_TRIED, 65_536)
    for port in range(wanted, last):
        if _is_free(host, port):
            return port
    raise NoPort(
        f"No port from {wanted} to {last - 1} is free on {host}. Choose another with --port."
    )


def poll_gently(demo: Any) -> None:
    """An idle queue looks for work every 20 ms, not every 1 ms: idle CPU 1 % in place of 5 %.

    The only private name of Gradio in this program; without it the page works all the same.
    """
    queue = getattr(demo, "_queue", None)
    if queue is not None and hasattr(queue, "sleep_when_free"):
        queue.sleep_when_free = POLL_S


def _app(studio: Studio, settings: Settings) -> dict[str, Any]:
    routes = Routes(studio, instance=secrets.token_hex(8))
    login = Login(studio.doorkeeper, settings.theme)
    return {
        "routes": [
            *routes.all(),
            *Drop(studio).all(),
            *ModelRoutes(studio).all(),
            *QueueRoutes(studio).all(),
            *login.all(),
            *api.routes(studio),
        ],
        "middleware": [
            Middleware(RequestLog),
            Middleware(
                SameOrigin,
                hosts=known_hosts(settings),
                origins=settings.cors_origins,
                is_space=settings.is_space,
                is_proxied=bool(settings.trusted_proxies),
            ),
            Middleware(OwnerCookie, is_space=settings.is_space),
            Middleware(Gate, doorkeeper=studio.doorkeeper),
            Middleware(PageBodies),
        ],
        "openapi_url": None,
    }


def _close_tunnels() -> None:
    from gradio.tunneling import CURRENT_TUNNELS

    for tunnel in CURRENT_TUNNELS:
        tunnel.kill()  # type: ignore[no-untyped-call]


def known_hosts(settings: Settings) -> frozenset[str]:
    """The names this program answers to; none named means any, once others are let in."""
    if settings.is_local_only:
        return LOCAL_HOSTS
    if not settings.trusted_hosts:
        return frozenset()
    return frozenset({*settings.trusted_hosts, *LOCAL_HOSTS, settings.listen})


def _believe_only_known_proxies(settings: Settings) -> None:
    """The server takes a visitor's address from a proxy's header only when it knows the proxy."""
    known = settings.trusted_proxies
    if settings.share:  # the tunnel of the share link ends on this machine
        known = (*known, *sorted(LOOPBACK))
    if settings.is_space:  # the platform's own network; "*" would believe the visitor's own header
        known = (*known, *PRIVATE_NETWORKS)
    os.environ["FORWARDED_ALLOW_IPS"] = ",".join(known)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _reachable(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _use_our_temporary_folder(settings: Settings) -> None:
    folder = settings.state / "tmp" / "page"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        log.warning("No temporary folder at %s: %s", folder, error)
        return
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
