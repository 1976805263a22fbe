"""Enhance: adds to a prompt what it leaves unsaid, such as light and framing. No language model.

Reads the prompt (`reading.py`), then picks from a table (`phrases.py`) what is missing and fits.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from . import chance
from .meanings import FILLERS, SUBJECTS
from .phrases import AGAINST, EXCLUSIVE, PHRASES, RESTRAINED, SLOTS
from .reading import Reading, read, stem, with_implied

Expander = Callable[[str, Random, str], str]
"""(prompt, random, styles_text) -> phrases to add. `additions` is one; a language model may be."""

MAX_TOKENS = 40
# A prompt of so many words already says enough to get at most so many phrases.
PHRASES_BY_WORDS = ((60, 1), (35, 2), (18, 3))
# Too little was understood of the prompt to say much.
PHRASES_FOR_UNKNOWN = 2
# A phrase made for this subject or medium is that much likelier than one that fits anything.
WEIGHT_OF_NEED = 8

PARTS = re.compile(r"[a-z]+|\d|[^\sa-z\d]", re.IGNORECASE)
LETTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class Phrase:
    """One row entry with everything that choosing asks of it."""

    text: str
    slot: str
    needs: frozenset[str]
    tags: frozenset[str]
    stems: frozenset[str]
    tokens: int


def additions(prompt: str, random: Random, styles_text: str = "") -> str:
    """Up to six phrases, joined with ", ", that say what the prompt and its styles leave open.

    "" when there is nothing fitting to add. At most 40 CLIP tokens with the comma before them. The
    same prompt, styles and state of `random` give the same phrases.
    """
    reading = read(prompt)
    if not reading.is_english:
        return ""
    told = said = _with_styles(reading, read(styles_text))
    chosen: list[Phrase] = []
    tokens_left = MAX_TOKENS
    wanted = _wanted(reading, said, random)
    for slot in _slots_in_order(said, random):
        if len(chosen) == wanted:
            break
        fitting = [
            phrase
            for phrase in OF_SLOT[slot]
            if phrase.needs <= told.tags and phrase.tokens <= tokens_left and fits(phrase, said)
        ]
        if not fitting:
            continue
        weights = [1 + WEIGHT_OF_NEED * len(phrase.needs) for phrase in fitting]
        phrase = chance.weighted(fitting, weights, random)
        chosen.append(phrase)
        tokens_left -= phrase.tokens
        said = _and(said, phrase)
    return ", ".join(phrase.text for phrase in chosen)


def fits(phrase: Phrase, said: Reading) -> bool:
    """Whether nothing said fights the phrase, and none of its words is said yet."""
    restraints = RESTRAINED.keys() & said.tags
    return (
        (not restraints or bool(phrase.needs & restraints))
        and not phrase.tags & said.refused
        and not phrase.stems & said.stems
        and not any(fight(mine, theirs) for mine in phrase.tags for theirs in said.tags)
    )


def fight(one: str, other: str) -> bool:
    """Whether two tags cannot both be true of one picture."""
    return other in FOES.get(one, ())


def token_bound(text: str) -> int:
    """At least as many tokens as CLIP makes of the text (true of every phrase in the table)."""
    return sum(-(-len(part) // LETTERS_PER_TOKEN) for part in PARTS.findall(text))


def _with_styles(reading: Reading, styles: Reading) -> Reading:
    """Styles count as said; where they speak of a subject, it is not the person's."""
    return Reading(
        tags=reading.tags | (styles.tags - SUBJECTS),
        refused=reading.refused | styles.refused,
        stems=reading.stems | styles.stems,
        words=reading.words + styles.words,
        is_english=reading.is_english,
    )


def _and(said: Reading, phrase: Phrase) -> Reading:
    return Reading(
        tags=said.tags | phrase.tags,
        refused=said.refused,
        stems=said.stems | phrase.stems,
        words=said.words,
        is_english=said.is_english,
    )


def _wanted(reading: Reading, said: Reading, random: Random) -> int:
    """How many phrases; the longer the prompt, the fewer."""
    wanted = chance.pick((4, 5, 5, 6), random)
    limits = [limit for words, limit in PHRASES_BY_WORDS if said.words >= words]
    limits += [RESTRAINED[tag] for tag in RESTRAINED.keys() & said.tags]
    limits += [] if reading.tags else [PHRASES_FOR_UNKNOWN]
    return min([wanted, *limits])


def _slots_in_order(said: Reading, random: Random) -> list[str]:
    """The slots that nothing fills yet: light and texture first, they do the most for a picture."""
    empty = [slot for slot, filled_by in SLOTS.items() if not said.tags & set(filled_by.split())]
    first, others = empty[:2], empty[2:]
    return first + chance.shuffled(others, random)


def _phrases() -> dict[str, list[Phrase]]:
    found: dict[str, list[Phrase]] = {slot: [] for slot in SLOTS}
    for row in PHRASES:
        for text in row.phrases:
            words = re.findall(r"[a-z0-9]+", text)
            needs = frozenset(row.needs.split())
            found[row.slot].append(
                Phrase(
                    text=text,
                    slot=row.slot,
                    needs=needs,
                    tags=with_implied(needs | set(row.says.split()) | (read(text).tags - SUBJECTS)),
                    stems=frozenset(stem(word) for word in words if word not in FILLERS),
                    tokens=token_bound(", " + text),
                )
            )
    return found


def _foes() -> dict[str, set[str]]:
    foes: dict[str, set[str]] = {}
    for group in EXCLUSIVE:
        tags = group.split()
        for tag in tags:
            foes.setdefault(tag, set()).update(each for each in tags if each != tag)
    for tag, against in AGAINST.items():
        for other in against.split():
            foes.setdefault(tag, set()).add(other)
            foes.setdefault(other, set()).add(tag)
    return foes


FOES = _foes()
OF_SLOT = _phrases()
