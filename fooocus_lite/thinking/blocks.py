"""Building blocks: what an empty prompt box offers with one click, beside a preset's examples."""

import re
from collections.abc import Iterable

from .meanings import FILLERS
from .reading import stem

# Kind -> words to add to the prompt, in the order of a sentence. Each kind has some that a small
# model with a short list of words knows too.
BLOCKS: dict[str, tuple[str, ...]] = {
    "Subject": (
        "portrait of an old fisherman",
        "a red fox",
        "a cat",
        "a lighthouse",
        "a castle",
        "a red car",
        "a blue bird",
        "a yellow flower",
        "an astronaut",
        "a bowl of ramen",
    ),
    "Place": (
        "in the forest",
        "by the sea",
        "in the mountains",
        "in the city",
        "in the snow",
        "on a meadow",
        "in a cozy library",
        "on a quiet street",
    ),
    "Light": (
        "at dawn",
        "at sunset",
        "at night",
        "golden hour light",
        "soft window light",
        "candlelight",
        "neon",
        "backlit",
    ),
    "Mood": (
        "calm",
        "dreamy",
        "mysterious",
        "joyful",
        "melancholy",
        "in the rain",
        "clear day",
        "storm",
        "noir",
    ),
    "Framing": (
        "close-up",
        "wide shot",
        "low angle",
        "aerial view",
        "symmetrical composition",
        "shallow depth of field",
    ),
    "Style": (
        "photo",
        "cinematic",
        "watercolor",
        "oil painting",
        "line art",
        "pixel art",
        "comic",
        "3D render",
    ),
}


def blocks_for(known_words: Iterable[str] | None) -> dict[str, tuple[str, ...]]:
    """The blocks a model understands, by kind; kinds without any are left out.

    `known_words`: all words and word groups the model was taught; None: it knows English.
    """
    if known_words is None:
        return dict(BLOCKS)
    known = {stem(word) for group in known_words for word in _words(group)}
    offered = {
        kind: tuple(
            block
            for block in blocks
            if all(word in FILLERS or stem(word) in known for word in _words(block))
        )
        for kind, blocks in BLOCKS.items()
    }
    return {kind: blocks for kind, blocks in offered.items() if blocks}


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())
