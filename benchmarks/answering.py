"""The APIs of a studio of this process, behind their gate, on a port of this machine."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from fooocus_lite.api import app
from fooocus_lite.studio import Studio
from fooocus_lite.ui.gate import Gate
from fooocus_lite.ui.owner import OwnerCookie


@contextlib.contextmanager
def answering(studio: Studio, around: Callable[[ASGIApp], ASGIApp] | None = None) -> Iterator[str]:
    """Gives the address; `around` puts something of the caller's own around it all."""
    middleware = [Middleware(OwnerCookie), Middleware(Gate, doorkeeper=studio.doorkeeper)]
    apis: ASGIApp = Starlette(routes=app.routes(studio), middleware=middleware)
    served = around(apis) if around else apis
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        server = uvicorn.Server(uvicorn.Config(served, log_level="error", backlog=512))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
