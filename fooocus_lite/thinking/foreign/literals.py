"""Lists as Python prints them, such as `['Fooocus V2', "Pop Art"]` and `(1152, 896)`.

A strict reader of that one form; nothing is ever evaluated.
"""

import re

MAX_CHARACTERS = 20_000
MAX_ITEMS = 200
ITEM = re.compile(
    r"\s*(?:'(?P<single>(?:[^'\\]|\\.)*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\""
    r"|(?P<number>-?[0-9]{1,20}(?:\.[0-9]{1,20})?))\s*(?:,|$)"
)
ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


def items_of(text: str) -> tuple[str, ...] | None:
    """The strings and numbers of a printed list or tuple, as text; None when it is neither."""
    text = text.strip()
    if len(text) > MAX_CHARACTERS or (text[:1], text[-1:]) not in (("[", "]"), ("(", ")")):
        return None
    inside = text[1:-1].strip()
    items: list[str] = []
    place = 0
    while place < len(inside):
        found = ITEM.match(inside, place)
        if found is None or len(items) == MAX_ITEMS:
            return None
        written = next(each for each in found.groups() if each is not None)
        items.append(written if found["number"] else ESCAPE.sub(_character, written))
        place = found.end()
    return tuple(items)


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    if code is None:
        return LETTERS.get(escape[4], escape[4])
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF else ""
