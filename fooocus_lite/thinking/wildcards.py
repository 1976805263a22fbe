"""`__name__`: a line of a list, by chance or in order. Fills choices, too: each may hold the other.

Gets the lists as a mapping; knows nothing of files.
"""

import re
from collections.abc import Mapping
from random import Random

from ..errors import BadRequest, UnknownName
from ..recipe import MAX_PROMPT_CHARACTERS
from . import chance, choices
from .brackets import pairs, parts

NAME = re.compile(r"[^\W_](?:[^\W_]|[-./]|_(?!_))*")
"""What a wildcard may be called: letters, digits, `-`, `.`, single `_`, and `/` for folders."""
MAX_DEPTH = 16
"""How deep wildcards and choices may stand inside of each other."""
MAX_FILLED = 1_000
"""How many wildcards one prompt may come to, those in the lines of others included."""

_TOKEN = re.compile(rf"\\.|__(?P<name>{NAME.pattern})__|(?P<choice>\{{)", re.DOTALL)

Wildcards = Mapping[str, tuple[str, ...]]
"""Lines by name; no list is empty."""


class Filler:
    """Fills the texts of one picture. `index`: its number when lists are read in order, or None."""

    def __init__(self, random: Random, wildcards: Wildcards, index: int | None = None) -> None:
        self._random = random
        self._wildcards = wildcards
        self._index = index
        self._filled = 0

    def filled(self, text: str, inside: tuple[str, ...] = ()) -> str:
        """The text with its wildcards and choices filled, from left to right.

        `inside`: what this text came out of, for errors. Raises UnknownName for a wildcard that
        is not there; BadRequest when lists lead back to themselves or the text has no end.
        """
        if "__" not in text and "{" not in text:
            return text
        if len(inside) > MAX_DEPTH:
            raise BadRequest(
                f"Wildcards and choices stand inside of each other more than {MAX_DEPTH} deep. "
                "Write fewer of them.",
                field="prompt",
            )
        found = pairs(text) if "{" in text else {}
        kept, place = [], 0
        for token in _TOKEN.finditer(text):
            if token.start() < place:
                continue
            if token["name"]:
                kept += [text[place : token.start()], self._line(token["name"], inside)]
                place = token.end()
            elif token["choice"] and (pair := found.get(token.start())) and pair.bars:
                options = parts(text, pair.start, pair.bars, pair.end)
                option = choices.picked(options, self._random)
                kept += [text[place : pair.start], self.filled(option, (*inside, ""))]
                place = pair.end + 1
        return _bounded("".join([*kept, text[place:]]))

    def _line(self, name: str, inside: tuple[str, ...]) -> str:
        known = self._named(name)
        if known in inside:
            way = [each for each in inside[inside.index(known) :] if each]
            raise BadRequest(
                f"The wildcard “{known}” leads back to itself: {' → '.join([*way, known])}. "
                "Change a line of one of them.",
                field="wildcard",
            )
        self._filled += 1
        if self._filled > MAX_FILLED:
            raise BadRequest(
                f"The prompt comes to more than {MAX_FILLED:,} wildcards, with “{known}” among "
                "them. Use fewer, or shorten their lines.",
                field="wildcard",
            )
        lines, index = self._wildcards[known], self._index
        line = chance.pick(lines, self._random) if index is None else lines[index % len(lines)]
        return self.filled(line, (*inside, known))

    def _named(self, name: str) -> str:
        if name in self._wildcards:
            return name
        by_lower = {each.lower(): each for each in self._wildcards}
        if name.lower() in by_lower:
            return by_lower[name.lower()]
        error = UnknownName.among("wildcard", name, self._wildcards, "wildcards")
        raise UnknownName(
            f"{error.message} For the text itself write \\__{name}__.",
            field=error.field,
            allowed=error.allowed,
        )


def _bounded(text: str) -> str:
    if len(text) > MAX_PROMPT_CHARACTERS:
        raise BadRequest(
            f"With its wildcards filled the prompt has {len(text):,} characters; the limit is "
            f"{MAX_PROMPT_CHARACTERS:,}. Use fewer of them.",
            field="prompt",
        )
    return text
