"""Says in words what a scene shows, in the many ways people write prompts."""

import random
from dataclasses import dataclass

from fooocus_lite.thinking.expansion import additions
from training import vocabulary
from training.scene import Scene, Thing
from training.templates import PLACE, negatives, templates


@dataclass(frozen=True)
class Manner:
    """How freely a caption is worded: the chance of each kind of variation."""

    synonym: float = 0.2
    filler: float = 0.18
    shorten: float = 0.12
    leave_out: float = 0.6
    template: float = 0.4
    expansion: float = 0.0


PLAIN = Manner(0.0, 0.0, 0.0, 0.0, 0.0)
"""The plainest wording, for benchmarks."""
EXPANDED = Manner(expansion=0.7)
"""Wording that the program's Enhance has gone over: longer than one window of the text encoders."""

PLACE_PHRASES: dict[str, tuple[str, ...]] = {
    "meadow": ("on a meadow", "in a meadow", "in a green field", "on the grass", "meadow"),
    "desert": ("in the desert", "in a desert", "on sand dunes", "desert"),
    "snow": ("in the snow", "in a snowy landscape", "in winter", "winter"),
    "sea": ("on the sea", "at sea", "on the ocean", "by the sea", "sea"),
    "city": ("in the city", "in a city", "on a city street", "downtown", "city"),
    "forest": ("in the forest", "in a forest", "in the woods", "forest"),
    "mountains": ("in the mountains", "in front of mountains", "in the alps", "mountains"),
}
PLACE_NAMES: dict[str, tuple[str, ...]] = {
    "meadow": ("a meadow", "a green field"),
    "desert": ("a desert", "the desert"),
    "snow": ("a snowy landscape", "snow"),
    "sea": ("the sea", "the ocean"),
    "city": ("a city", "a skyline"),
    "forest": ("a forest", "the woods"),
    "mountains": ("mountains", "snowy mountains"),
}
TIME_PHRASES: dict[str, tuple[str, ...]] = {
    "day": ("by day", "on a sunny day", "at noon"),
    "dawn": ("at dawn", "at sunrise", "in the morning", "dawn"),
    "sunset": ("at sunset", "at dusk", "in the evening", "sunset"),
    "night": ("at night", "under the stars", "at midnight", "night"),
}
WEATHER_PHRASES: dict[str, tuple[str, ...]] = {
    "clear": ("",),
    "cloudy": ("under a cloudy sky", "cloudy weather", "overcast"),
    "rain": ("in the rain", "on a rainy day", "raining", "rain"),
    "snowfall": ("in snowfall", "with falling snow", "snowing"),
    "storm": ("in a storm", "in a thunderstorm", "with lightning", "storm"),
}
USUAL_PLACE = "meadow"
"""Where things are when only the time of day or the weather is said."""
STYLE_FRAMES = (
    "{style}, {prompt}",
    "{prompt}, {style}",
    "{prompt} in {style} style",
    "{style} of {prompt}",
)


def caption(scene: Scene, rng: random.Random, manner: Manner | None = None) -> str:
    """One wording of the scene; equal random states give equal words."""
    manner = manner or Manner()
    text = _with_surroundings(_subject(scene, rng, manner), scene, rng, manner)
    frame = _frame(scene.style, rng, manner)
    if rng.random() < manner.expansion:
        text = ", ".join(filter(None, (text, additions(text, rng, frame.replace(PLACE, "")))))
    text = frame.replace(PLACE, text)
    if rng.random() < manner.filler:
        text = _with_filler(text, rng)
    return text


def nothing(rng: random.Random) -> str:
    """Words that ask for nothing: the empty prompt, or what a style card says to avoid."""
    return rng.choice(negatives()) if negatives() and rng.random() < 0.5 else ""


def _subject(scene: Scene, rng: random.Random, manner: Manner) -> str:
    if not scene.things:
        assert scene.place is not None
        return _choice(PLACE_NAMES[scene.place], rng, manner)
    if scene.count > 1:
        return _several(scene.things[0], scene.count, rng, manner)
    return " and ".join(_one(thing, rng, manner) for thing in scene.things)


def _one(thing: Thing, rng: random.Random, manner: Manner) -> str:
    words = _described(
        thing, _word(thing.object, vocabulary.OBJECT_SYNONYMS, rng, manner), rng, manner
    )
    if rng.random() < manner.shorten:
        return words
    return _with_article(words)


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _several(thing: Thing, count: int, rng: random.Random, manner: Manner) -> str:
    noun = _word(thing.object, vocabulary.OBJECT_SYNONYMS, rng, manner)
    words = _described(thing, vocabulary.plural(noun), rng, manner)
    number = str(count) if rng.random() < manner.synonym / 2 else vocabulary.NUMBERS[count]
    return f"{number} {words}"


def _described(thing: Thing, noun: str, rng: random.Random, manner: Manner) -> str:
    """The noun with its colour; an object in its natural colour often goes without."""
    is_natural = vocabulary.NATURAL_COLORS[thing.object] == thing.color
    if is_natural and rng.random() < manner.leave_out:
        return noun
    return f"{_word(thing.color, vocabulary.COLOR_SYNONYMS, rng, manner)} {noun}"


def _with_surroundings(text: str, scene: Scene, rng: random.Random, manner: Manner) -> str:
    if scene.place is None:
        if scene.background is None:
            return text
        color = _word(scene.background, vocabulary.COLOR_SYNONYMS, rng, manner)
        frames = (
            f"on {_with_article(color)} background",
            f"{color} background",
            f"against {_with_article(color)} background",
        )
        frame = _choice(frames, rng, manner)
        return f"{text}, {frame}" if frame.startswith(color) else f"{text} {frame}"
    says_more = scene.time != "day" or scene.weather != "clear"
    is_usual = scene.place == USUAL_PLACE and says_more and rng.random() < manner.leave_out / 2
    parts = [_choice(PLACE_PHRASES[scene.place], rng, manner)] if scene.things else []
    parts = [] if is_usual else parts
    if scene.time != "day" or rng.random() < 0.3:
        parts.append(_choice(TIME_PHRASES[scene.time], rng, manner))
    if scene.weather != "clear":
        parts.append(_choice(WEATHER_PHRASES[scene.weather], rng, manner))
    if manner is not PLAIN and rng.random() < 0.2:
        rng.shuffle(parts)
        return ", ".join([text, *parts])
    return " ".join([text, *parts])


def _frame(style: str | None, rng: random.Random, manner: Manner) -> str:
    """What stands around the subject, with `{prompt}` in its place: a style's word or card."""
    cards = templates().get(style, ())
    share = manner.template if style is not None else manner.template / 2
    if cards and rng.random() < share:
        return rng.choice(cards)
    if style is not None:
        frame = _choice(STYLE_FRAMES, rng, manner)
        return frame.replace("{style}", _word(style, vocabulary.STYLE_SYNONYMS, rng, manner))
    if rng.random() < manner.filler / 2:
        return f"{PLACE}, {rng.choice(vocabulary.PLAIN_STYLES)}"
    return PLACE


def _with_filler(text: str, rng: random.Random) -> str:
    words = rng.sample(vocabulary.FILLER, rng.randint(1, 3))
    if rng.random() < 0.5:
        words.append(_pseudo_word(rng))
    joined = ", ".join(words)
    return f"{joined}, {text}" if rng.random() < 0.3 else f"{text}, {joined}"


def _pseudo_word(rng: random.Random) -> str:
    """Letters that mean nothing, so that the model learns to pass over unknown words."""
    syllables = [rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiou") for _ in range(3)]
    return "".join(syllables)


def _word(
    word: str, synonyms: dict[str, tuple[str, ...]], rng: random.Random, manner: Manner
) -> str:
    others = synonyms.get(word, ())
    return rng.choice(others) if others and rng.random() < manner.synonym else word


def _choice(options: tuple[str, ...], rng: random.Random, manner: Manner) -> str:
    """The first option two times in three, or always when worded plainly."""
    if manner is PLAIN or rng.random() < 0.6:
        return options[0]
    return rng.choice(options)
