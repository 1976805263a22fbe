"""The page, which is what the program does when no command is given."""

import importlib.util
import sys
import time
from argparse import Namespace
from typing import TYPE_CHECKING

from ..errors import BadRequest
from ..settings import Settings
from ..studio import Studio
from .leaving import leave, leave_in_time
from .users import offer_password

if TYPE_CHECKING:
    from ..ui.server import Server

LANE_S = 3.0
"""How long the running step is waited for at the end."""
BROKEN, DEVICE_LOST = 1, 171
"""Exit codes; the second makes launch.py start the program again, as after a crash."""


def page(settings: Settings, _arguments: Namespace) -> int:
    """Serves the page until interrupted. The page comes first, torch is imported after it."""
    _check_files(settings)
    _check_extra(settings)
    studio = Studio(settings)
    _refuse_open_doors(studio)
    studio.stock.preset_named()  # raises UnknownName, with the nearest
    studio.prepare()
    has_device = studio.take_device()  # before Gradio puts files where we tidy up
    from ..ui.server import serve

    server = serve(studio, settings)
    print(f"Fooocus Lite is at {server.url}  (Ctrl+C ends it)", flush=True)
    if server.public_url:
        print(f"For everybody: {server.public_url}", flush=True)
    elif settings.share:
        print("The public link could not be made; the page is here only.", file=sys.stderr)
    for notice in studio.notices:
        print(notice, file=sys.stderr)
    if studio.doorkeeper.is_stopped and not settings.is_local_only:
        print("Sharing was ended: only the host comes in. `share start` resumes it.")
    if has_device:
        studio.cook()
    else:
        print(
            "Another Fooocus Lite has the device: pictures asked for here are made there.",
            file=sys.stderr,
        )
    code = BROKEN
    try:
        _stay(studio, server)
        code = DEVICE_LOST
    except KeyboardInterrupt:
        code = 0
        print("\nEnding. What is not finished goes on at the next start.", file=sys.stderr)
    finally:
        _end(studio, server, code)
    return code


def _stay(studio: Studio, server: "Server") -> None:
    """Keeps the page open until the device is lost."""
    while not studio.is_device_lost:
        time.sleep(1.0)
        studio.cook()  # the other program may have ended meanwhile
        if server.public_url and studio.doorkeeper.is_stopped:
            server.end_sharing()


def _end(studio: Studio, server: "Server", code: int) -> None:
    """Ends within ten seconds, however long a step takes: the job is in the line again by then."""
    leave_in_time(code)
    studio.let_go()
    if server.public_url:
        server.end_sharing()
    server.close()
    if not studio.close(LANE_S):
        leave(code)


def _check_files(settings: Settings) -> None:
    """Raises BadRequest for a certificate that is not there, before anything is started."""
    for name in ("ssl_certfile", "ssl_keyfile"):
        path = getattr(settings, name)
        if path is not None and not path.is_file():
            raise BadRequest(
                f"There is no file {path}. Give the certificate and its key as PEM files.",
                field=name,
            )


def _check_extra(settings: Settings) -> None:
    """Raises BadRequest when assistants are to be let in and what speaks with them is not here."""
    if settings.mcp and importlib.util.find_spec("mcp") is None:
        raise BadRequest(
            "--mcp needs the Python package mcp, which is not installed. `python launch.py --mcp` "
            "installs it; elsewhere use `pip install 'fooocus-lite[mcp]'`.",
            field="mcp",
        )


def _refuse_open_doors(studio: Studio) -> None:
    """Letting others in without a login is a decision that somebody must spell out."""
    settings = studio.settings
    if settings.users is not None and settings.open:
        raise BadRequest(
            "--users lets in those who log in, --open lets in everybody. Choose one.", field="open"
        )
    if not studio.doorkeeper.has_login or studio.doorkeeper.knows_somebody:
        return
    if offer_password(settings):
        return
    raise BadRequest(
        "With --share, --listen or --users whoever may come in needs a name and a password, and "
        f"{settings.users_file} has none. Make one with `fooocus-lite users add NAME`, or add "
        "--open to let in everybody who has the address.",
        field="users",
    )
