"""The program's log: a small rotating file in the state folder. Prompts are never logged."""

import logging
from logging.handlers import RotatingFileHandler

from ..settings import Settings

LOG_NAME = "fooocus-lite.log"


def set_up(settings: Settings) -> None:
    """Sends our own log to `state/fooocus-lite.log`, warnings to the terminal too."""
    log = logging.getLogger("fooocus_lite")
    log.setLevel(settings.log_level.upper())
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
    try:
        settings.state.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(
            settings.state / LOG_NAME,
            maxBytes=1_000_000,
            backupCount=2,
            encoding="utf-8",
            delay=True,
        )
    except OSError:  # a read-only home: the commands that need it say so themselves
        return
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log.addHandler(file)
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.DEBUG if settings.log_level == "debug" else logging.WARNING)
    terminal.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    log.addHandler(terminal)
    log.propagate = False
