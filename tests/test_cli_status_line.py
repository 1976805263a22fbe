"""The line that is written over: never broader than its terminal, and nothing in a pipe."""

import fcntl
import io
import os
import pty
import struct
import termios

import pytest

from fooocus_lite.cli.status_line import StatusLine


def drawn_at(columns: int, text: str) -> str:
    """What a terminal of so many columns is sent."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(there, "w", encoding="utf-8") as terminal:
        StatusLine(terminal).draw(text)
        sent = os.read(here, 10_000).decode()
    os.close(here)
    return sent


@pytest.mark.parametrize(("columns", "shown"), [(80, 79), (40, 39), (200, 120), (0, 120)])
def test_a_line_is_cut_to_the_terminal_which_could_not_take_back_a_broken_one(columns, shown):
    assert drawn_at(columns, "█" * 120) == "\r\x1b[K" + "█" * shown


def test_a_pipe_gets_nothing_of_it():
    pipe = io.StringIO()
    line = StatusLine(pipe)
    line.draw("on the way")
    line.clear()
    assert pipe.getvalue() == ""


def test_what_stands_there_already_is_not_drawn_again():
    class Screen(io.StringIO):
        def isatty(self):
            return True

    screen = Screen()
    line = StatusLine(screen)
    for text in ("", "half", "half", "whole", "", ""):
        line.draw(text)
    assert screen.getvalue() == "\r\x1b[Khalf\r\x1b[Kwhole\r\x1b[K"
