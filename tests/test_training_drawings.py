"""The drawings that the starter model is trained on."""

import random

import numpy as np
import pytest
from PIL import Image

from training import objects, vocabulary
from training.drawings import draw
from training.landscape import GROUND, PLACE, SKY
from training.measures import (
    measure_background,
    measure_color,
    measure_luminance,
)
from training.pixels import BLOCK
from training.scene import SIZES, Scene, Thing, is_readable, random_scene, random_size
from training.styles import FILTERS


def plain(word: str, color: str, background: str | None = "white") -> Scene:
    return Scene((Thing(word, color),), background=background)


def test_every_word_can_be_drawn() -> None:
    assert set(objects.DRAW) == set(vocabulary.OBJECTS)
    assert set(FILTERS) == set(vocabulary.STYLES)
    assert set(PLACE) == set(GROUND) == set(vocabulary.PLACES)
    assert set(SKY) == set(vocabulary.TIMES)


@pytest.mark.parametrize("size", SIZES)
def test_a_drawing_has_the_size_asked_for_and_repeats_exactly(size: tuple[int, int]) -> None:
    scene = Scene((Thing("house", "red"),), place="city", time="night", weather="storm")
    first, second = draw(scene, size), draw(scene, size)
    assert first.size == size
    assert first.tobytes() == second.tobytes()


def test_equal_seeds_give_equal_scenes() -> None:
    assert [random_scene(random.Random(3)) for _ in range(5)] == [
        random_scene(random.Random(3)) for _ in range(5)
    ]


def test_objects_look_different_from_each_other() -> None:
    pictures = [
        np.asarray(draw(plain(word, "blue"), (256, 256)).reduce(4), float)
        for word in vocabulary.OBJECTS
    ]
    for index, first in enumerate(pictures):
        for second in pictures[index + 1 :]:
            assert np.abs(first - second).mean() > 3


@pytest.mark.parametrize("word", vocabulary.OBJECTS)
def test_measures_read_colour_and_background_off_a_drawing(word: str) -> None:
    background = "white" if is_readable("turquoise", "white") else "red"
    picture = draw(plain(word, "turquoise", background), (256, 256))
    assert measure_color(picture) == "turquoise"
    assert measure_background(picture) == background


def test_night_is_darker_than_day() -> None:
    for place in vocabulary.PLACES:
        day, night = (draw(Scene(place=place, time=time), (240, 160)) for time in ("day", "night"))
        assert measure_luminance(night) < 0.6 * measure_luminance(day)


def test_sizes_are_multiples_of_a_latent_and_of_a_block() -> None:
    assert all(side % BLOCK == 0 for size in SIZES for side in size)


def test_random_scenes_cover_all_words() -> None:
    rng = random.Random(1)
    scenes = [random_scene(rng) for _ in range(1500)]
    assert {thing.object for s in scenes for thing in s.things} == set(vocabulary.OBJECTS)
    assert {s.style for s in scenes} >= set(vocabulary.STYLES)
    assert {random_size(rng) for _ in range(100)} == set(SIZES)


def test_measures_do_not_fail_on_an_empty_picture() -> None:
    assert measure_color(Image.new("RGB", (64, 64), (255, 255, 255))) == "white"
