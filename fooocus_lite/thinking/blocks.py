"""Building blocks and example prompts: what an empty prompt box offers with one click."""

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

# What a preset's model is good at -> prompts that show it.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "general": (
        "a red fox asleep in a hollow tree, first snow",
        "a lighthouse keeper's kitchen on a stormy evening",
        "an island floating above a sea of clouds, sunrise",
        "a glass teapot on a mossy stone, morning light",
        "a night market on a canal, paper lanterns, rain",
        "a brass robot tending sunflowers, storybook illustration",
        "a library grown inside a giant oak",
        "watercolor of a harbor town after rain",
        "a snow-covered train station at blue hour",
        "an astronaut playing the piano on the moon",
    ),
    "realistic": (
        "photo of an elderly violin maker in his workshop, window light",
        "street photo of a woman with a yellow umbrella in the rain, 35mm",
        "portrait of a freckled young man, overcast day, 85mm",
        "a bowl of ramen on a wooden counter, steam, food photography",
        "a kingfisher leaving the water, frozen splash, telephoto",
        "a concrete house in a pine forest, dusk, architecture photo",
        "aerial photo of turquoise river channels in black sand",
        "a vintage motorcycle in a garage, low light, film grain",
        "macro photo of dew on a spider's web at dawn",
        "a fisherman casting a net at sunrise, silhouette",
    ),
    "anime": (
        "a girl waiting at a seaside train stop, summer clouds",
        "a boy and his cat on a rooftop under a meteor shower",
        "a witch's apprentice in a cluttered potion shop",
        "a swordswoman in a field of red spider lilies, wind",
        "a quiet classroom in late afternoon, curtains moving",
        "a courier on a hoverbike above a neon city",
    ),
    "fast": (
        "a paper boat on a puddle, city lights",
        "a ginger cat in a spacesuit",
        "a tiny island with one house, isometric",
        "a hot air balloon over lavender fields",
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
