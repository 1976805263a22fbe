"""The page, which is what the program does when no command is given."""

import sys
import time
from argparse import Namespace

from ..errors import BadRequest
from ..settings import Settings
from ..studio import Studio


def page(settings: Settings, _arguments: Namespace) -> int:
    """Serves the page until interrupted. The page comes first, torch is imported after it."""
    _refuse_open_doors(settings)
    studio = Studio(settings)
    if settings.preset not in studio.stock.presets:
        studio.stock.preset_named(settings.preset)  # raises UnknownName with the nearest
    studio.prepare()
    has_device = studio.take_device()  # before Gradio puts files where we tidy up
    from ..ui.server import serve

    server = serve(studio, settings)
    print(f"Fooocus Lite is at {server.url}  (Ctrl+C ends it)", flush=True)
    for notice in studio.notices:
        print(notice, file=sys.stderr)
    if has_device:
        studio.cook()
    else:
        print(
            "Another Fooocus Lite has the device: pictures asked for here are made there.",
            file=sys.stderr,
        )
    try:
        while True:
            time.sleep(1.0)
            studio.cook()  # the other program may have ended meanwhile
    except KeyboardInterrupt:
        print("\nEnding after the running step …", file=sys.stderr)
    finally:
        server.close()
        studio.close()
    return 0


def _refuse_open_doors(settings: Settings) -> None:
    """Until users exist, letting others in is a decision somebody must spell out."""
    if settings.users is not None:
        raise BadRequest(
            "--users is not built yet. Use --open to let in everybody who has the address.",
            field="users",
        )
    is_reachable = settings.share or not settings.is_local_only
    if is_reachable and not settings.open and not settings.is_space:
        raise BadRequest(
            "With --share or --listen everybody who has the address could make pictures on this "
            "machine. Add --open if that is what you want.",
            field="open",
        )
