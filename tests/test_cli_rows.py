"""Rows of a list: broken between words on a narrow terminal, whole in a pipe."""

import fcntl
import os
import pty
import struct
import termios

import pytest

from fooocus_lite.cli.rows import print_row

ROW = "somebody/some-model     6.5 GiB  sdxl  OpenRAIL++-M (commercial use OK), not downloaded"


def test_a_narrow_terminal_gets_the_rest_indented_below(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    with os.fdopen(there, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        print_row(ROW)
        terminal.flush()
        shown = os.read(here, 10_000).decode().splitlines()
    os.close(here)
    assert shown == [
        "somebody/some-model     6.5 GiB  sdxl  OpenRAIL++-M",
        "    (commercial use OK), not downloaded",
    ]


def test_a_pipe_gets_the_row_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_row(ROW)
    assert capsys.readouterr().out == f"{ROW}\n"
