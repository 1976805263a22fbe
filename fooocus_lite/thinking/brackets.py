"""Which brackets of a prompt belong together. Knows nothing of what they mean."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_MARK = re.compile(r"\\.|[()\[\]{},|]", re.DOTALL)
_OPENERS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Where a bracket and its partner stand, and the `,` and `|` that no pair inside has."""

    start: int
    end: int
    commas: tuple[int, ...]
    bars: tuple[int, ...]


def pairs(text: str, kinds: str = "()[]{}") -> dict[int, Pair]:
    """The pairs by where they open, in time that grows with the length alone.

    A closing bracket belongs to the nearest open one of its kind; what was opened between them
    and not closed has no partner. A character after a backslash is no bracket.
    """
    marks = [(found.start(), found[0]) for found in _MARK.finditer(text)]
    partners = _partners(mark for mark in marks if mark[1] in kinds)
    found: dict[int, Pair] = {}
    around: list[tuple[int, dict[str, list[int]]]] = []
    for place, mark in marks:
        if place in partners:
            around.append((place, {",": [], "|": []}))
        elif around and partners[around[-1][0]] == place:
            start, separators = around.pop()
            found[start] = Pair(start, place, tuple(separators[","]), tuple(separators["|"]))
        elif around and mark in ",|":
            around[-1][1][mark].append(place)
    return found


def parts(text: str, start: int, cuts: Iterable[int], end: int) -> list[str]:
    """What stands between two places of the text, cut at some others, each stripped."""
    places = [start, *cuts, end]
    return [text[places[i] + 1 : places[i + 1]].strip() for i in range(len(places) - 1)]


def _partners(brackets: Iterable[tuple[int, str]]) -> dict[int, int]:
    """Where the partner of each opening bracket is that has one."""
    found: dict[int, int] = {}
    opened: list[tuple[int, str]] = []
    waiting = dict.fromkeys(_OPENERS.values(), 0)
    for place, bracket in brackets:
        opener = _OPENERS.get(bracket)
        if opener is None:
            opened.append((place, bracket))
            waiting[bracket] += 1
        elif waiting[opener]:
            while opened[-1][1] != opener:
                waiting[opened.pop()[1]] -= 1
            found[opened.pop()[0]] = place
            waiting[opener] -= 1
    return found
