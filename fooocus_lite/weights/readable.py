"""Text that strangers wrote into a file or on the Hub, fit to be shown on a page or a terminal."""

import re

MAX_CHARACTERS = 200
# What steers a terminal, and what turns or hides the text around it.
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def readable(text: str) -> str:
    """The text in one line of at most `MAX_CHARACTERS`, with nothing in it that cannot be seen."""
    return _UNSHOWN.sub(" ", text[: 4 * MAX_CHARACTERS]).strip()[:MAX_CHARACTERS]
