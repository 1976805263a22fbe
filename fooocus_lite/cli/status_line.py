"""The line of a terminal that is written over and over while something is under way."""

import os
import sys
from typing import TextIO


class StatusLine:
    """Drawn on a terminal only; a pipe or a file gets nothing of it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.is_terminal = self.stream.isatty()

    def draw(self, text: str) -> None:
        """The text in place of the one before, as much of it as the line has room for."""
        if self.is_terminal:
            self.stream.write(f"\r\x1b[K{text[: self._width()]}")
            self.stream.flush()

    def clear(self) -> None:
        self.draw("")

    def _width(self) -> int | None:
        """Characters before the line would break, after which no writing over takes it back."""
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns
        except (OSError, ValueError):
            return None
        return columns - 1 if columns else None  # some terminals do not say
