"""The program's style cards as wording: their texts around a prompt, by the look they name.

Read from `styles/*.json`, so that a shipped style works on the starter word for word.
"""

import functools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from training import vocabulary

STYLES = Path(__file__).resolve().parent.parent / "styles"
PLACE = "{prompt}"
SKY_WORDS = frozenset({
    "day", "dawn", "sunrise", "morning", "noon", "sunset", "dusk", "evening", "night", "midnight",
    "stars", "sky", "cloudy", "overcast", "rain", "rainy", "snow", "snowy", "winter", "storm",
    "lightning", "grass", "field", "dunes", "ocean", "skyline", "street", "woods", "alps", "golden",
})  # fmt: skip
"""Words of place, time and weather that captions use beside the vocabulary's own."""


@functools.cache
def templates(folder: Path = STYLES) -> Mapping[str | None, tuple[str, ...]]:
    """Texts with `{prompt}` in them, by style word; under None those that leave the plain look.

    A card that names no look the starter knows must change nothing, so it is worded around plain
    pictures. Left out are cards that speak of things, colours or places, which would have to be in
    the picture, and those that name a look only by the way, after the prompt.
    """
    found: dict[str | None, list[str]] = {}
    for card in _cards(folder):
        text = card["prompt"]
        style = style_word(text.partition(PLACE)[0])
        own_words = _said(" ".join((style, *vocabulary.STYLE_SYNONYMS[style]))) if style else set()
        if PLACE not in text or _said(text) & _scene_words() - own_words:
            continue
        if style is not None or style_word(text) is None:
            found.setdefault(style, []).append(text)
    return {style: tuple(texts) for style, texts in found.items()}


@functools.cache
def negatives(folder: Path = STYLES) -> tuple[str, ...]:
    """What cards ask to avoid: stands where an empty prompt else stands, and must mean as much."""
    texts = (card.get("negative_prompt", "") for card in _cards(folder))
    return tuple(dict.fromkeys(text for text in texts if text and not _said(text) & _scene_words()))


def style_word(text: str) -> str | None:
    """The first of the starter's style words or their synonyms in a text; None without any.

    >>> style_word("crayon drawing of a cat, child-like pastel colours")
    'crayon'
    """
    first: tuple[int, int] | None = None
    found = None
    for style in vocabulary.STYLES:
        for word in (style, *vocabulary.STYLE_SYNONYMS[style]):
            match = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text.lower())
            if match and (first is None or (match.start(), -len(word)) < first):
                first, found = (match.start(), -len(word)), style
    return found


def _cards(folder: Path) -> Iterable[dict[str, str]]:
    for path in sorted(folder.glob("*.json")):
        yield from json.loads(path.read_text(encoding="utf-8"))


def _said(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", text.lower().replace(PLACE, " ")))


@functools.cache
def _scene_words() -> frozenset[str]:
    """Words that say what is in a picture."""
    phrases = [*vocabulary.OBJECTS, *map(vocabulary.plural, vocabulary.OBJECTS)]
    phrases += [*vocabulary.COLORS, *vocabulary.PLACES, *vocabulary.TIMES]
    for table in (vocabulary.COLOR_SYNONYMS, vocabulary.OBJECT_SYNONYMS):
        phrases += [word for words in table.values() for word in words]
    return SKY_WORDS | _said(" ".join(phrases)) - {"hot", "air", "dark"}
