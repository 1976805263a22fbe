"""The command line: parses, hands over to a module per command, turns errors into exit codes.

0 done, 1 failed, 2 wrong use, 130 interrupted. Never imports torch itself.
"""

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any

from ..errors import BadRequest, FooocusLiteError
from ..settings import Settings, load
from . import logs
from .json_line import print_json
from .parser import SETTING_FLAGS, build

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
Command = Callable[[Settings, Namespace], int]
COMMANDS: Mapping[str | None, tuple[str, str]] = MappingProxyType(
    {
        None: ("page", "page"),
        "generate": ("generate", "generate"),
        "replay": ("replay", "replay"),
        "inspect": ("inspect", "inspect"),
        "doctor": ("doctor", "doctor"),
        "models": ("models", "models"),
        "users": ("users", "users"),
        "share": ("users", "share"),
        "presets": ("show", "presets"),
        "styles": ("show", "styles"),
        "history": ("show", "history"),
    }
)
"""Module and function of each; without a command the page is served."""


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
        return _command(arguments.command)(settings, arguments)
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


def _command(name: str | None) -> Command:
    """The function of a command, its module imported only now: most need little."""
    module, function = COMMANDS[name]
    found: Command = getattr(import_module(f".{module}", __package__), function)
    return found


def _complain(error: FooocusLiteError, arguments: Namespace, code: int) -> int:
    if getattr(arguments, "json", False):
        details = {
            "code": error.code,
            "message": error.message,
            "field": error.field,
            "allowed": error.allowed,
        }
        print_json({"event": "failed", "error": details})
    print(error.message, file=sys.stderr)
    return code


def _interrupt(_signum: int, _frame: object) -> None:
    raise KeyboardInterrupt
