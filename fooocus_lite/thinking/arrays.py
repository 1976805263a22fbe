"""`[[a, b, c]]`: one prompt for several pictures. Picture i takes element i.

Knows nothing of wildcards; an array needs a comma, as `[[a]]` is emphasis.
"""

import math
from dataclasses import dataclass

from ..errors import BadRequest
from .brackets import pairs, parts

MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Array:
    """The elements, and where the array stands in its text: `text[start:end]`."""

    start: int
    end: int
    elements: tuple[str, ...]


def find(text: str) -> tuple[Array, ...]:
    """The arrays in their order; what stands inside of an element is not looked at."""
    if "[[" not in text:
        return ()
    found = pairs(text)
    arrays: list[Array] = []
    for start in sorted(found):
        outer, inner = found[start], found.get(start + 1)
        if not text.startswith("[[", start) or inner is None or inner.end + 1 != outer.end:
            continue
        if inner.commas and (not arrays or start >= arrays[-1].end):
            elements = parts(text, inner.start, inner.commas, inner.end)
            arrays.append(Array(start, outer.end + 1, tuple(elements)))
    return tuple(arrays)


def variants(prompt: str) -> int:
    """How many pictures it takes to see every combination: the product of the arrays' lengths."""
    return math.prod(len(array.elements) for array in find(prompt))


def combination(prompt: str, index: int) -> str:
    """The prompt with one element of each array.

    The first array's changes from picture to picture, the second's each time the first begins
    again, and so on.
    """
    chosen = []
    for array in find(prompt):
        index, place = divmod(index, len(array.elements))
        chosen.append((array, place))
    return _replaced(prompt, chosen)


def elements_at(prompt: str, index: int) -> str:
    """The prompt with element `index` of every array, counted round; of arrays in elements, too.

    For arrays that come out of wildcards, which raise no number of pictures. Raises BadRequest
    when they are nested more than `MAX_DEPTH` deep.
    """
    for _ in range(MAX_DEPTH):
        found = find(prompt)
        if not found:
            return prompt
        prompt = _replaced(prompt, [(array, index % len(array.elements)) for array in found])
    raise BadRequest(
        f"Arrays stand inside of each other more than {MAX_DEPTH} deep. Write fewer brackets.",
        field="prompt",
    )


def _replaced(text: str, chosen: list[tuple[Array, int]]) -> str:
    kept, place = [], 0
    for array, element in chosen:
        kept += [text[place : array.start], array.elements[element]]
        place = array.end
    return "".join([*kept, text[place:]])
