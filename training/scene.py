"""What a picture shows, before it is drawn or described. Knows neither pixels nor words."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from training import vocabulary

SIZES: tuple[tuple[int, int], ...] = ((256, 256), (240, 160), (160, 240), (256, 144), (144, 256))
"""Width and height of every aspect offered: 1:1, 3:2, 2:3, 16:9, 9:16."""

SIZE_SHARES: tuple[float, ...] = (0.36, 0.16, 0.16, 0.16, 0.16)


@dataclass(frozen=True)
class Thing:
    """One object and its colour."""

    object: str
    color: str


@dataclass(frozen=True)
class Scene:
    """A picture in words: things on a plain background, or in a place at a time of day.

    `count` repeats the only thing; two things make a pair. `place` None means a plain background,
    and `background` None then means the default one. Everything drawn follows from these fields
    and the size, so that a caption can say all there is to know.
    """

    things: tuple[Thing, ...] = ()
    count: int = 1
    background: str | None = None
    place: str | None = None
    time: str = "day"
    weather: str = "clear"
    style: str | None = None


CONFUSABLE: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        ("red", "orange"),
        ("red", "pink"),
        ("red", "brown"),
        ("orange", "yellow"),
        ("orange", "brown"),
        ("green", "turquoise"),
        ("turquoise", "blue"),
        ("blue", "purple"),
        ("white", "yellow"),
        ("white", "gray"),
        ("white", "pink"),
        ("black", "brown"),
        ("purple", "pink"),
        ("turquoise", "gray"),
    )
)
"""Colours that are not put on one another: even a person would have to look twice."""


def is_readable(color: str, background: str) -> bool:
    """Whether an object of this colour stands out on this background."""
    return color != background and frozenset((color, background)) not in CONFUSABLE


def random_scene(rng: random.Random) -> Scene:
    """A scene drawn from the training mix: 40 % one thing, 16 % several, 44 % landscapes.

    Half of all are in a style.
    """
    roll = rng.random()
    style = rng.choice(vocabulary.STYLES) if rng.random() < 0.5 else None
    if roll < 0.40:
        return plain_scene(rng, style=style)
    if roll < 0.50:
        return plain_scene(rng, count=rng.choice((2, 3)), style=style)
    if roll < 0.56:
        return pair_scene(rng, style)
    return landscape_scene(rng, style, with_thing=roll < 0.88)


def plain_scene(rng: random.Random, *, count: int = 1, style: str | None = None) -> Scene:
    """One kind of thing on a named background (60 %) or on the default one."""
    thing = Thing(rng.choice(vocabulary.OBJECTS), rng.choice(tuple(vocabulary.COLORS)))
    if rng.random() < 0.4 and thing.color != "white":
        return Scene((thing,), count, style=style)
    return Scene((thing,), count, background=_background(rng, [thing.color]), style=style)


def pair_scene(rng: random.Random, style: str | None) -> Scene:
    """Two different things beside each other on a plain background."""
    first, second = rng.sample(vocabulary.OBJECTS, 2)
    colors = [color for color in vocabulary.COLORS if color != "white"]
    things = (Thing(first, rng.choice(colors)), Thing(second, rng.choice(colors)))
    if rng.random() < 0.4:
        return Scene(things, style=style)
    return Scene(things, background=_background(rng, [t.color for t in things]), style=style)


def landscape_scene(rng: random.Random, style: str | None, *, with_thing: bool) -> Scene:
    """A place at a time of day, mostly in fair weather, with or without a thing in it."""
    place = rng.choice(vocabulary.PLACES)
    time = rng.choice(vocabulary.TIMES) if rng.random() < 0.7 else "day"
    weather = rng.choice(vocabulary.WEATHER[1:]) if rng.random() < 0.25 else "clear"
    if not with_thing:
        return Scene((), place=place, time=time, weather=weather, style=style)
    thing = Thing(rng.choice(vocabulary.OBJECTS), rng.choice(tuple(vocabulary.COLORS)))
    return Scene((thing,), place=place, time=time, weather=weather, style=style)


def random_size(rng: random.Random) -> tuple[int, int]:
    """Width and height of one of the aspects, squares more often."""
    return rng.choices(SIZES, SIZE_SHARES)[0]


def _background(rng: random.Random, colors: Sequence[str]) -> str:
    names = [b for b in vocabulary.BACKGROUNDS if all(is_readable(color, b) for color in colors)]
    return rng.choice(names or ["white"])
