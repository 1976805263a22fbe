"""The rows of a list: one line each for programs, broken between words where a person reads."""

import sys
import textwrap

from .status_line import columns_of

INDENT = 4


def print_row(text: str) -> None:
    """On a terminal that is too narrow for it, the rest of the row stands indented below."""
    columns = columns_of(sys.stdout)
    if columns is None or len(text) <= columns:
        print(text)
        return
    print(
        textwrap.fill(
            text,
            max(columns, 2 * INDENT),
            subsequent_indent=" " * INDENT,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
