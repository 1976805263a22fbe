"""The command line: parses, hands over to a module per command, turns errors into exit codes.

0 done, 1 failed, 2 wrong use, 130 interrupted. Never imports torch itself.
"""

import json
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import BadRequest, FooocusLiteError
from ..settings import Settings, load
from . import logs
from .parser import SETTING_FLAGS, build

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a prompt may hold any script, whatever the terminal
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    arguments = build().parse_args(argv)
    try:
        settings = load(_given(arguments), os.environ)
        logs.set_up(settings)
        signal.signal(signal.SIGTERM, _interrupt)
        return _command(arguments)(settings, arguments)
    except BadRequest as error:
        return _complain(error, arguments, WRONG_USE)
    except FooocusLiteError as error:
        return _complain(error, arguments, FAILED)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _given(arguments: Namespace) -> dict[str, Any]:
    values = vars(arguments)
    given = {name: values.get(name) for name in SETTING_FLAGS}
    if values.get("disable_in_browser"):
        given["browser"] = False
    return given


def _command(arguments: Namespace) -> Callable[[Settings, Namespace], int]:
    """The function of a command, its module imported only now: most need little."""
    match arguments.command:
        case None:
            from .page import page

            return page
        case "generate":
            from .generate import generate

            return generate
        case "replay":
            from .replay import replay

            return replay
        case "inspect":
            from .inspect import inspect

            return inspect
        case "doctor":
            from .doctor import doctor

            return doctor
        case "models":
            from .models import models

            return models
        case "users":
            from .users import users

            return users
        case "share":
            from .users import share

            return share
        case _:
            from . import show

            commands: dict[str, Callable[[Settings, Namespace], int]] = {
                "presets": show.presets,
                "styles": show.styles,
                "history": show.history,
            }
            return commands[arguments.command]


def _complain(error: FooocusLiteError, arguments: Namespace, code: int) -> int:
    if getattr(arguments, "json", False):
        details = {
            "code": error.code,
            "message": error.message,
            "field": error.field,
            "allowed": error.allowed,
        }
        print(json.dumps({"event": "failed", "error": details}, ensure_ascii=False), flush=True)
    print(error.message, file=sys.stderr)
    return code


def _interrupt(_signum: int, _frame: object) -> None:
    raise KeyboardInterrupt
