"""A prompt's words, and how they fill a text encoder's windows.

The count that is shown and the text that is encoded come from here, so they cannot differ. Knows
nothing of tokenizers.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .emphasis import Chunk

_EMBEDDING = re.compile(r"(?<!\w)embedding:([\w.-]*\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Word:
    """Text without spaces and its weight; or an embedding (textual inversion), by its name."""

    text: str
    weight: float = 1.0
    is_embedding: bool = False


class Part(NamedTuple):
    """Tokens `start` to `stop` of the word at this index; nearly always all of them."""

    word: int
    start: int
    stop: int


def words(chunk: Chunk) -> list[Word]:
    """The words of a chunk in order, where spaces and changes of weight part them."""
    found: list[Word] = []
    for piece in chunk:
        # Split at a pattern with one group: text, name, text, name, …, text.
        for index, text in enumerate(_EMBEDDING.split(piece.text)):
            if index % 2:
                found.append(Word(text, piece.weight, is_embedding=True))
            else:
                found += (Word(each, piece.weight) for each in text.split())
    return found


def embeddings(chunks: Iterable[Chunk]) -> tuple[str, ...]:
    """The names of the embeddings in these chunks, as written, each once."""
    names = (word.text for chunk in chunks for word in words(chunk) if word.is_embedding)
    return tuple(dict.fromkeys(names))


def pack(sizes: Sequence[int], room: int) -> list[list[Part]]:
    """Words of these many tokens in windows of `room` tokens; without words, one empty window.

    A word is split only when no window could hold it.
    """
    windows: list[list[Part]] = [[]]
    free = room
    for word, size in enumerate(sizes):
        start = 0
        while size - start > free:
            if free == room:
                windows[-1].append(Part(word, start, start + room))
                start += room
            windows.append([])
            free = room
        windows[-1].append(Part(word, start, size))
        free -= size - start
    return windows
