"""The style filters, and the measure that tells them apart."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from training import vocabulary
from training.drawings import draw
from training.measures import measure_chroma
from training.pixels import BLOCK
from training.scene import SIZES, Scene, Thing
from training.style_measure import PLAIN, name_style
from training.styles import FILTERS, apply_style, filtered_by
from training.styles.hand import chalkboard

SCENE = Scene((Thing("house", "red"),), place="meadow")


def test_there_is_one_filter_for_every_style_word() -> None:
    assert set(FILTERS) == set(vocabulary.STYLES)


@pytest.mark.parametrize("style", vocabulary.STYLES)
def test_a_filter_keeps_the_size_and_repeats_exactly(style: str) -> None:
    for size in SIZES[1:3]:
        plain = draw(SCENE, size)
        first, second = apply_style(plain, style), apply_style(plain, style)
        assert first.size == size
        assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("style", vocabulary.STYLES)
def test_a_style_is_told_from_all_others_and_from_the_plain_look(style: str) -> None:
    scene = replace(SCENE, style=style)
    assert name_style(draw(scene, (240, 160)), scene) == style
    assert name_style(draw(SCENE, (240, 160)), scene) == PLAIN


def test_every_two_styles_differ_at_a_glance() -> None:
    small = {
        style: np.asarray(draw(replace(SCENE, style=style), (256, 256)).reduce(2), float)
        for style in vocabulary.STYLES
    }
    for index, one in enumerate(vocabulary.STYLES):
        for other in vocabulary.STYLES[index + 1 :]:
            assert np.abs(small[one] - small[other]).mean() > 12, (one, other)


def test_pixel_art_is_made_of_flat_blocks() -> None:
    scene = Scene((Thing("cat", "red"),), background="white", style="pixel art")
    pixels = np.asarray(draw(scene, (240, 160)))
    assert (pixels[:BLOCK, :BLOCK] == pixels[0, 0]).all()


@pytest.mark.parametrize("style", ["noir", "black and white", "line art", "charcoal"])
def test_gray_styles_have_next_to_no_colour(style: str) -> None:
    scene = Scene((Thing("cat", "red"),), background="white", style=style)
    assert measure_chroma(draw(scene, (256, 256))) < 13


@pytest.mark.parametrize("style", ["thermal", "linocut", "cyanotype", "gold leaf", "night vision"])
def test_a_warm_thing_stands_out_from_a_cold_one_as_light(style: str) -> None:
    """An orange cat on blue has one brightness; on one scale of tones it must not be lost."""
    scene = Scene((Thing("cat", "orange"),), background="blue", style=style)
    light = np.asarray(draw(scene, (256, 256)).convert("L"), float)
    assert abs(np.median(light[70:190, 70:190]) - np.median(light[20:60, 30:60])) > 25


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(KeyError):
        apply_style(Image.new("RGB", (64, 64)), "cubism")


def test_the_chalkboard_is_no_style_of_the_base() -> None:
    board = filtered_by(chalkboard, draw(SCENE, (240, 160)))
    assert board.size == (240, 160)
    assert chalkboard not in FILTERS.values()
