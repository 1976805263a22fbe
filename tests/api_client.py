"""The APIs as a program meets them: behind the gate, in front of a real studio at 64 pixels."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from fooocus_lite.api import app
from fooocus_lite.events import JobView
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.ui.gate import Gate
from fooocus_lite.ui.owner import COOKIE, OwnerCookie

MINE, YOURS = "1" * 32, "2" * 32
SMALL: dict[str, Any] = {"width": 64, "height": 64, "num_inference_steps": 2, "seed": 1}
SHARED: dict[str, Any] = {"listen": "0.0.0.0", "open": True}


def application(studio: Studio) -> Starlette:
    """What the page's server mounts, with the part of its middleware that says who asks."""
    middleware = [Middleware(OwnerCookie), Middleware(Gate, doorkeeper=studio.doorkeeper)]
    if not studio.settings.mcp:
        return Starlette(routes=app.routes(studio), middleware=middleware)
    from fooocus_lite.api.mcp import Assistants

    assistants = Assistants(studio)
    return Starlette(
        routes=[*app.routes(studio), assistants.route()],
        middleware=middleware,
        lifespan=lambda _app: assistants.running(),
    )


def caller(studio: Studio, owner: str | None = None, **headers: str) -> TestClient:
    """A program on this machine; with `owner`, one that kept this cookie."""
    if owner is not None:
        headers["cookie"] = f"{COOKIE}={owner}"
    return TestClient(
        application(studio),
        base_url="http://127.0.0.1:7865",
        headers=headers,
        client=("127.0.0.1", 50_000),
        raise_server_exceptions=False,
    )


def asleep(home: Path, **settings: Any) -> Studio:
    """A studio whose jobs stay in the line: nothing imports torch."""
    return Studio(load({"home": home, **settings}))


def awake(home: Path, **settings: Any) -> Studio:
    """A studio that cooks. Torch is there before the first test looks at it."""
    import torch  # noqa: F401

    studio = asleep(home, **settings)
    studio.cook()
    return studio


def asked(prompt: str = "a red circle", **values: Any) -> dict[str, Any]:
    return {"prompt": prompt, **SMALL, **values}


def finished(studio: Studio, job_id: str) -> JobView:
    """The job once it has ended."""
    deadline = time.monotonic() + 300
    while not (view := studio.jobs.view(job_id)).is_final:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return view


@contextmanager
def served(studio: Studio) -> Iterator[str]:
    """The same over real HTTP on loopback; gives the address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(studio), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
