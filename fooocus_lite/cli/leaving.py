"""Ends the program at once, whatever its threads are doing: what must survive is on the disk."""

import logging
import os
import sys
from contextlib import suppress
from threading import Timer
from typing import NoReturn

END_S = 8.0
"""So long an orderly end may take."""


def leave(code: int) -> NoReturn:
    """Exits with this code, the log and the terminal written out, nothing else tidied up."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def leave_in_time(code: int) -> None:
    """Sees to it that the program ends within some seconds, also when its orderly end hangs."""
    timer = Timer(END_S, leave, [code])
    timer.daemon = True
    timer.start()
