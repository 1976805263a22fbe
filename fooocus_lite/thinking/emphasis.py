"""How much each part of a prompt counts: `(text)`, `(text:1.3)`, `[text]`, `BREAK` and lines.

Reads the text a recipe holds and writes it again; knows nothing of tokens or encoders. What looks
like syntax and is none stays text, so that every prompt has a meaning and no reading fails.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import brackets

STEP = 1.1
"""What a pair of brackets multiplies by (round) or divides by (square)."""
MAX_WEIGHT = 5.0
"""The largest weight, written or multiplied up; the smallest is 0."""
DECIMALS = 6
"""Weights are rounded to this, so that a printed prompt is read as the same numbers."""

_TOKEN = re.compile(
    r"""
      \\(?P<escaped>[()\[\]\\]|BREAK)
    | (?P<bracket>[()\[\]])
    # Bounded, as a long number that ends in no bracket would be tried at each of its lengths.
    | :[ \t]*(?P<weight>[0-9]{1,3}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})[ \t]*(?=\))
    | (?P<BREAK>(?<![^\s()\[\],])BREAK(?![^\s()\[\],]))
    | (?P<text>[^\\()\[\]:B]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_TO_ESCAPE = re.compile(r"[()\[\]\\]|(?<!\w)BREAK(?!\w)")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text and the weight all of it has, 0 to `MAX_WEIGHT`; 1 is as it is."""

    text: str
    weight: float = 1.0


Chunk = tuple[Piece, ...]
"""What stands between two `BREAK`s."""
Condition = tuple[Chunk, ...]
"""One line of a prompt."""


def conditions(prompt: str) -> tuple[Condition, ...]:
    """The prompt's lines, each split at `BREAK` into chunks, each of pieces of different weight.

    Without text there are none. Neighbours of one weight are one piece, nothing is empty, chunks
    have no space at their ends. Time grows with the length alone, however deep brackets nest.
    """
    lines = (_condition(line) for line in prompt.splitlines())
    return tuple(line for line in lines if line)


def written(prompt: Iterable[Condition]) -> str:
    """The prompt as text: `conditions(written(conditions(text))) == conditions(text)`."""
    return "\n".join(
        " BREAK ".join("".join(_printed(piece) for piece in chunk) for chunk in condition)
        for condition in prompt
    )


def plain(prompt: str) -> str:
    """The prompt's words without weights, for encoders that read sentences (T5, Qwen).

    Lines and chunks are joined with ", ".
    """
    texts = (
        "".join(piece.text for piece in chunk)
        for condition in conditions(prompt)
        for chunk in condition
    )
    return ", ".join(text for each in texts if (text := each.strip(" ,")))


def escaped(text: str) -> str:
    """The text with a backslash before everything that `conditions` would read as syntax."""
    return _TO_ESCAPE.sub(r"\\\g<0>", text)


def _printed(piece: Piece) -> str:
    text = escaped(piece.text)
    if piece.weight == 1:
        return text
    number = f"{piece.weight:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return f"({text}:{number})"


def _condition(line: str) -> Condition:
    tokens = {found.start(): found for found in _TOKEN.finditer(line)}
    closing = {pair.end: start for start, pair in brackets.pairs(line, "()[]").items()}
    factors, colons = _factors(tokens, closing)
    weights = [1.0]
    chunks: list[list[tuple[str, float]]] = [[]]
    for place, token in tokens.items():
        if place in factors:
            weights.append(min(weights[-1] * factors[place], MAX_WEIGHT))
        elif place in closing:
            weights.pop()
        elif token.lastgroup == "BREAK":
            chunks.append([])
        elif place not in colons:
            chunks[-1].append((token["escaped"] or token[0], weights[-1]))
    return tuple(chunk for texts in chunks if (chunk := _chunk(texts)))


def _factors(
    tokens: Mapping[int, re.Match[str]], closing: Mapping[int, int]
) -> tuple[dict[int, float], set[int]]:
    """What the bracket that opens at a place multiplies by; the places of weights so used."""
    factors = {start: STEP if tokens[start][0] == "(" else 1 / STEP for start in closing.values()}
    colons: set[int] = set()
    for token in tokens.values():
        number, end = token["weight"], token.end()
        if number and float(number) <= MAX_WEIGHT and end in closing:
            factors[closing[end]] = float(number)
            colons.add(token.start())
    return factors, colons


def _chunk(texts: Iterable[tuple[str, float]]) -> Chunk:
    """Neighbours of one weight made one, spaces at both ends left out."""
    pieces: list[Piece] = []
    for text, weight in texts:
        weight = round(weight, DECIMALS)
        if pieces and pieces[-1].weight == weight:
            pieces[-1] = Piece(pieces[-1].text + text, weight)
        elif text := (text if pieces else text.lstrip()):
            pieces.append(Piece(text, weight))
    while pieces:
        last = pieces.pop()
        if text := last.text.rstrip():
            return (*pieces, Piece(text, last.weight))
    return ()
