"""The line of a terminal that is written over and over while something is under way."""

import os
import sys
from typing import TextIO


class StatusLine:
    """Drawn on a terminal only; a pipe or a file gets nothing of it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.is_terminal = self.stream.isatty()
        self._shown = ""

    def draw(self, text: str) -> None:
        """The text in place of the one before, as much of it as the line has room for."""
        if self.is_terminal and text != self._shown:
            self._shown = text
            columns = columns_of(self.stream)
            # A line that broke could not be taken back.
            self.stream.write(f"\r\x1b[K{text[: columns and columns - 1]}")
            self.stream.flush()

    def clear(self) -> None:
        self.draw("")


def columns_of(stream: TextIO) -> int | None:
    """How many characters a line has; None for a pipe, or a terminal that does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None
