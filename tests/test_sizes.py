"""Ratios and sizes to pixels a model can make."""

import pytest

from fooocus_lite.errors import BadRequest, UnknownName
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.thinking.families import FAMILIES, STARTER
from fooocus_lite.thinking.presets import Preset
from fooocus_lite.thinking.sizes import (
    aspect_named,
    aspect_of_size,
    nearest_in_shape,
    size_for,
    snapped,
)

SDXL = FAMILIES["sdxl"]
PLAIN = Preset(name="plain", model="m")


def test_what_a_person_says_of_the_size_beats_all_a_preset_says():
    preset = Preset(name="p", model="m", width=768, height=1024, aspect="3:2")
    assert size_for(ImageRequest(prompt="a"), PLAIN, SDXL) == (1024, 1024)
    assert size_for(ImageRequest(prompt="a"), preset, SDXL) == (768, 1024)
    assert size_for(ImageRequest(prompt="a", aspect="16:9"), preset, SDXL) == (1344, 768)
    exact = ImageRequest(prompt="a", aspect="16:9", width=640, height=648)
    assert size_for(exact, preset, SDXL) == (640, 648)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("4:3", (1152, 896)),
        ("9:7", (1152, 896)),
        (" 19 / 13 ", (1216, 832)),
        ("26:9", (1664, 576)),
        ("1×2", (704, 1408)),
    ],
)
def test_a_ratio_finds_its_button_or_its_size(name, size):
    found = aspect_named(name, SDXL)
    assert (found.width, found.height) == size


@pytest.mark.parametrize("name", ["", "7:5", "wide", "4:3:2", "0:0"])
def test_any_other_ratio_is_answered_with_those_there_are(name):
    with pytest.raises(UnknownName, match="There is: 1:1, 4:3") as caught:
        aspect_named(name, SDXL)
    assert len(caught.value.allowed) == 26


def test_a_size_finds_its_aspect():
    assert aspect_of_size(1152, 896, SDXL).name == "4:3"
    assert aspect_of_size(1600, 640, SDXL).name == "5:2"
    assert aspect_of_size(1000, 1000, SDXL) is None


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ((1000, 1000), (1000, 1000)),
        ((1003, 1004), (1000, 1008)),
        ((1, 99_999), (512, 2048)),
        ((-5, 0), (512, 512)),
    ],
)
def test_a_wish_snaps_to_the_nearest_size(asked, made):
    assert snapped(*asked, SDXL) == made


def test_what_snaps_is_what_a_request_may_ask_for():
    for family in FAMILIES.values():
        for side in range(64, 4097, 61):
            width, height = snapped(side, 4096 - side, family)
            asked = ImageRequest(prompt="a", width=width, height=height)
            assert size_for(asked, PLAIN, family) == (width, height)


def test_a_request_is_not_snapped_but_answered_with_the_nearest_two():
    with pytest.raises(BadRequest) as caught:
        size_for(ImageRequest(prompt="a", width=256, height=251), PLAIN, STARTER)
    assert caught.value.allowed == ["248", "256"]
    assert caught.value.field == "height"


@pytest.mark.parametrize(
    ("asked", "drawn"),
    [
        ((1024, 1024), (1024, 1024)),
        ((64, 64), (1024, 1024)),
        ((1536, 1024), (1216, 832)),
        ((1024, 1536), (832, 1216)),
        ((1792, 1024), (1344, 768)),
        ((2048, 64), (1728, 576)),
    ],
)
def test_of_a_familys_own_sizes_the_nearest_in_shape_is_found(asked, drawn):
    found = nearest_in_shape(*asked, SDXL)
    assert (found.width, found.height) == drawn
