"""Words of files and of the Hub, made fit to be shown on one line of a page or a terminal."""

import re
import unicodedata

MAX_LABEL = 200
# Characters that command a terminal, or that turn or hide what stands around them; half letters.
_UNSHOWN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)


def label(said: object, at_most: int = MAX_LABEL) -> str:
    """The text without what nobody could see, cut short. Escape it all the same where it is HTML.

    Of anything but text, how it would be written.
    """
    return _UNSHOWN.sub(" ", str(said)[: 4 * at_most]).strip()[:at_most]


def is_printable(name: str) -> bool:
    """Whether a name can be shown and typed: no control characters, no broken bytes."""
    # The quick answer is a no to spaces other than the usual one, too.
    return name.isprintable() or all(unicodedata.category(each)[0] != "C" for each in name)
