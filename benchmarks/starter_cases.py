"""What the starter is asked in `starter_quality.py`: fixed scenes, sizes and seeds."""

import itertools
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from fooocus_lite.recipe import ImageRequest
from fooocus_lite.thinking.styles import ENHANCE, PLACE, Style
from training import vocabulary
from training.captions import PLAIN, caption
from training.scene import SIZES, Scene, Thing, is_readable
from training.templates import style_word

Wording = Literal["plain", "cards", "enhanced"]
"""`plain`: the starter's own style word before the prompt. `cards`: the shipped style card around
it, with what the card avoids. `enhanced`: that, and what Enhance adds."""


@dataclass(frozen=True)
class Case:
    """One picture to judge."""

    kind: str
    scene: Scene
    size: tuple[int, int]
    seed: int

    @property
    def prompt(self) -> str:
        return caption(self.scene, random.Random(0), PLAIN)

    def request(self, wording: Wording, styles: Mapping[str, Style]) -> ImageRequest:
        """What a person would ask for on the page. Raises KeyError for a style without a card."""
        chosen = (ENHANCE,) if wording == "enhanced" else ()
        if self.scene.style is None or wording == "plain":
            return ImageRequest(prompt=self.prompt, styles=chosen, seed=self.seed)
        subject = caption(replace(self.scene, style=None), random.Random(0), PLAIN)
        card = _cards(styles)[self.scene.style]
        return ImageRequest(prompt=subject, styles=(card, *chosen), seed=self.seed)


def cases() -> list[Case]:
    """The fixed list: objects, styles, then day and night of the same place; every size alike."""
    return [case for size in SIZES for case in (*_objects(size), *_styles(size), *_nights(size))]


def _objects(size: tuple[int, int]) -> Iterable[Case]:
    """Every object once per size, colours and backgrounds in turn."""
    colors, backgrounds = list(vocabulary.COLORS), list(vocabulary.BACKGROUNDS)
    start = SIZES.index(size)
    for index, word in enumerate(vocabulary.OBJECTS):
        color = colors[(index * 5 + start * 7) % 12]
        turn = (backgrounds[(index * 7 + start + k) % 12] for k in range(12))
        background = next(name for name in turn if is_readable(color, name))
        scene = Scene((Thing(word, color),), background=background)
        yield Case("object", scene, size, 1000 + index)


def _styles(size: tuple[int, int]) -> Iterable[Case]:
    """Every style with one thing on a background and one thing in a place."""
    things = itertools.cycle(
        (
            Thing("cat", "orange"),
            Thing("house", "red"),
            Thing("apple", "green"),
            Thing("car", "blue"),
            Thing("fish", "purple"),
        )
    )
    for index, style in enumerate(vocabulary.STYLES):
        background = "yellow" if index % 2 else "turquoise"
        yield Case(
            "style", Scene((next(things),), background=background, style=style), size, 2000 + index
        )
        place = vocabulary.PLACES[index % 7]
        yield Case("style", Scene((next(things),), place=place, style=style), size, 2100 + index)


def _nights(size: tuple[int, int]) -> Iterable[Case]:
    """Every place by day, then the same at night with the same seed."""
    for index, place in enumerate(vocabulary.PLACES):
        things = (Thing(vocabulary.OBJECTS[index * 3], "red"),) if index % 2 else ()
        for time_of_day in ("day", "night"):
            yield Case(
                time_of_day, Scene(things, place=place, time=time_of_day), size, 3000 + index
            )


def _cards(styles: Mapping[str, Style]) -> dict[str, str]:
    """The name of the first card for each of the starter's style words, its own name before all."""
    found: dict[str, str] = {}
    for name, style in styles.items():
        word = style_word(style.prompt.partition(PLACE)[0])
        if word is not None and (word not in found or style_word(name) == word):
            found[word] = name
    return found
