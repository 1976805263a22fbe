"""What a prompt already says, as tags, by a table of words. English only; no model, no grammar."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from .meanings import ENGLISH, FILLERS, FOREIGN, IMPLIES, MEANINGS, NEGATION_ENDS, SUBJECTS

LONGEST_GROUP = 3
NEGATIONS = frozenset(("no", "not", "without", "never", "minus", "lacking"))
NEGATED_WORDS = 4
ARTICLES = frozenset(("a", "an", "the", "any"))
SPELLINGS = {"colour": "color", "colours": "color", "grey": "gray", "lit": "light"}
ENDINGS = ("ingly", "ing", "ed", "ly", "es", "s", "er", "y")

# What looks like words but is a file's name: <lora:name:1>, embedding:name, __wildcard__.
NAMES = re.compile(r"<[^<>]{0,200}>|\bembedding:\S+|__\S{1,200}?__")
# Letters painted on a sign describe no picture.
QUOTED = re.compile(r'"[^"\n]{1,200}"|“[^”\n]{1,200}”')
WORDS = re.compile(r"[a-z0-9]+|[,.;:!?\n]")


@dataclass(frozen=True)
class Reading:
    """`tags` it says, `refused` ones it says no to, `stems` of all its words, how many `words`."""

    tags: frozenset[str]
    refused: frozenset[str]
    stems: frozenset[str]
    words: int
    is_english: bool


class Group(NamedTuple):
    """Words that say something, from token `start` up to `end`."""

    tags: frozenset[str]
    start: int
    end: int
    is_negated: bool


def read(text: str) -> Reading:
    """What a text says. Weights and brackets are read through; a name of a file is not read."""
    folded = _folded(NAMES.sub(" ", text))
    told = QUOTED.sub(" , ", folded)
    tokens = WORDS.findall(told)
    if not any(token.isalpha() for token in tokens):
        tokens = WORDS.findall(folded)
    words = [token for token in tokens if token.isalnum()]
    groups = _groups(tokens)
    refused = frozenset(tag for group in groups if group.is_negated for tag in group.tags)
    return Reading(
        tags=with_implied(_said(groups) - refused),
        refused=refused,
        stems=frozenset(stem(word) for word in words if word not in FILLERS),
        words=len(words),
        is_english=_is_english(folded, words),
    )


def with_implied(tags: set[str] | frozenset[str]) -> frozenset[str]:
    """The tags and all that they imply."""
    found: set[str] = set()
    waiting = list(tags)
    while waiting:
        tag = waiting.pop()
        if tag not in found:
            found.add(tag)
            waiting += IMPLIES.get(tag, "").split()
    return frozenset(found)


def stem(word: str) -> str:
    """A word without its ending, so that "shadowy" and "shadows" count as one word."""
    word = SPELLINGS.get(word, word)
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return SPELLINGS.get(word.removesuffix(ending), word.removesuffix(ending))
    return word


def _said(groups: list[Group]) -> frozenset[str]:
    """The tags of all groups, but of those that are subjects only the first's."""
    affirmed = [group for group in groups if not group.is_negated]
    said: set[str] = set()
    for group, after in zip_longest(affirmed, affirmed[1:]):
        is_compound = after is not None and after.start == group.end and after.tags & SUBJECTS
        said |= group.tags - SUBJECTS if said & SUBJECTS or is_compound else group.tags
    return frozenset(said)


def _groups(tokens: list[str]) -> list[Group]:
    """Every group of words found in the table, from left to right."""
    found = []
    start, negated_until = 0, 0
    while start < len(tokens):
        token = tokens[start]
        if token in NEGATIONS:
            negated_until = start + 1 + NEGATED_WORDS
        elif not token.isalnum() or (
            token in NEGATION_ENDS and not (token in ARTICLES and tokens[start - 1] in NEGATIONS)
        ):
            negated_until = 0
        tags, length = _longest_group(tokens, start)
        if tags:
            found.append(Group(tags, start, start + length, start < negated_until))
        start += length
    return found


def _longest_group(tokens: list[str], start: int) -> tuple[frozenset[str], int]:
    """The tags of the longest group that begins there, and its number of words (at least 1)."""
    for length in range(min(LONGEST_GROUP, len(tokens) - start), 0, -1):
        *before, last = tokens[start : start + length]
        for form in _forms(last):
            tags = LEXICON.get((*before, form))
            if tags is not None:
                return tags, length
    return frozenset(), 1


def _forms(word: str) -> list[str]:
    """The word as it stands and its possible singulars."""
    forms = [word]
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("s"):
        forms.append(word[:-1])
    return forms


def _folded(text: str) -> str:
    """Lower case, without accents and apostrophes; "café" is "cafe"."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    return plain.replace("'", "").replace("’", "").replace("-", " ").replace("_", " ")


def _is_english(folded: str, words: list[str]) -> bool:
    """Whether the text has words, in Latin letters, not plainly those of another language."""
    letters = [each for each in folded if each.isalpha()]
    if not letters or sum(each.isascii() for each in letters) < 0.7 * len(letters):
        return False
    foreign = sum(word in FOREIGN for word in words)
    return foreign < 2 or foreign < 2 * sum(word in ENGLISH for word in words)


def _lexicon() -> dict[tuple[str, ...], frozenset[str]]:
    lexicon: dict[tuple[str, ...], frozenset[str]] = {}
    for tag, groups in MEANINGS.items():
        for group in groups.split(", "):
            key = tuple(group.split())
            lexicon[key] = lexicon.get(key, frozenset()) | ({tag} if tag else frozenset())
    return lexicon


LEXICON = _lexicon()
