"""How styles are found by name and put around the person's words."""

from random import Random

import pytest

from fooocus_lite.errors import UnknownName
from fooocus_lite.thinking.styles import BUILT_IN, ENHANCE, RANDOM_STYLE, Style, apply, chosen

INK = Style(name="Ink", prompt="ink drawing of {prompt}, hatching", negative_prompt="color, photo")
OIL = Style(name="Oil Paint", prompt="oil painting of {prompt}, canvas", negative_prompt="photo")
WARM = Style(name="Warm", prompt="{prompt}, warm light", negative_prompt="cold")
ALONE = Style(name="Alone", prompt="soft haze, canvas")
CLEAN = Style(name="Clean", negative_prompt="blurry, watermark")
KNOWN = {style.name: style for style in (*BUILT_IN, INK, OIL, WARM, ALONE, CLEAN)}


def names(*wanted: str, seed: int = 1) -> list[str]:
    return [style.name for style in chosen(wanted, KNOWN, Random(seed))]


@pytest.mark.parametrize("written", ["Oil Paint", "oil paint", "oil-paint", "  OIL  Paint "])
def test_case_hyphens_and_spaces_of_a_name_do_not_matter(written):
    assert names(written) == ["Oil Paint"]


def test_styles_keep_their_order_and_stand_once():
    assert names("warm", "Ink", "WARM", ENHANCE) == ["Warm", "Ink", ENHANCE]


def test_an_unknown_style_is_named_with_its_nearest():
    with pytest.raises(UnknownName) as refused:
        names("Inc")
    assert "Ink" in refused.value.allowed


def test_random_style_is_a_wrapping_one_and_the_seed_decides():
    picked = {tuple(names(RANDOM_STYLE, seed=seed)) for seed in range(50)}
    assert picked == {("Ink",), ("Oil Paint",), ("Warm",)}
    assert names(RANDOM_STYLE, seed=7) == names(RANDOM_STYLE, seed=7)


def test_random_style_never_repeats_one_that_is_chosen_and_keeps_its_place():
    for seed in range(50):
        first, second, third = names("Ink", RANDOM_STYLE, "Warm", seed=seed)
        assert (first, second, third) == ("Ink", "Oil Paint", "Warm")
    assert names("Ink", "Oil Paint", "Warm", RANDOM_STYLE) == ["Ink", "Oil Paint", "Warm"]


@pytest.mark.parametrize(
    ("styles", "prompt", "negative_prompt", "asked", "avoided"),
    [
        ([], "a fox", "", "a fox", ""),
        ([], "a fox\nfog", "red\nblue", "a fox\nfog", "red\nblue"),
        ([INK], "a fox", "", "ink drawing of a fox, hatching", "color, photo"),
        ([INK], "a fox", "red", "ink drawing of a fox, hatching", "red\ncolor, photo"),
        (
            [INK, OIL],
            "a fox",
            "",
            "ink drawing of a fox, hatching\noil painting of a fox, canvas",
            "color, photo",
        ),
        (
            [INK],
            "a fox\nfog\n\nsnow",
            "red\nblue",
            "ink drawing of a fox, hatching\nfog\nsnow",
            "red\ncolor, photo\nblue",
        ),
        ([CLEAN], "a fox", "", "a fox", "blurry, watermark"),
        ([CLEAN, INK], "a fox", "Blurry", "ink drawing of a fox, hatching",
         "Blurry\nwatermark, color, photo"),
        ([ALONE], "a fox", "", "a fox\nsoft haze, canvas", ""),
        ([ALONE, WARM], "a fox", "", "a fox, warm light\nsoft haze, canvas", "cold"),
        (list(BUILT_IN), "a fox", "", "a fox", ""),
        ([INK, INK], "a fox", "", "ink drawing of a fox, hatching", "color, photo"),
    ],
)  # fmt: skip
def test_each_style_is_a_line_of_its_own(styles, prompt, negative_prompt, asked, avoided):
    assert apply(styles, prompt, negative_prompt) == (asked, avoided)


@pytest.mark.parametrize(
    ("styles", "prompt", "asked"),
    [
        ([WARM], "a fox, Warm  Light", "a fox, Warm  Light"),
        ([INK], "hatching, fox", "ink drawing of hatching, fox"),
        ([WARM], "red, red fox, red", "red, red fox, red, warm light"),
    ],
)
def test_a_style_does_not_repeat_what_the_person_said(styles, prompt, asked):
    assert apply(styles, prompt, "")[0] == asked


def test_what_enhance_adds_follows_the_persons_words_in_the_first_line():
    asked, _ = apply([INK, OIL], "a fox\nfog", "", added="dusk, hatching")
    assert asked == "ink drawing of a fox, dusk, hatching\noil painting of a fox, canvas\nfog"
    assert apply([CLEAN], "a fox\nfog", "", added="dusk")[0] == "a fox, dusk\nfog"


def test_joined_styles_say_the_persons_words_once():
    asked, avoided = apply([INK, OIL, ALONE], "a fox\nfog", "red", added="dusk", is_joined=True)
    assert asked == ("ink drawing of a fox, dusk, hatching, oil painting, canvas, soft haze\nfog")
    assert avoided == "red, color, photo"


def test_joined_styles_without_a_place_follow_the_words():
    assert apply([ALONE, CLEAN], "a fox", "", is_joined=True) == (
        "a fox, soft haze, canvas",
        "blurry, watermark",
    )


def test_a_template_of_several_lines_gives_several_conditions():
    style = Style(name="Two", prompt="{prompt}, mist\r\nold {prompt}\nrain")
    assert apply([style], "a fox", "")[0] == "a fox, mist\nold a fox\nrain"


def test_brackets_of_a_template_are_never_taken_apart():
    style = Style(name="B", prompt="(soft, mist:1.2), {prompt}, (soft, glow:1.1)")
    assert apply([style], "a fox", "")[0] == "(soft, mist:1.2), a fox, (soft, glow:1.1)"


def test_a_place_in_the_persons_own_words_is_text():
    assert apply([WARM], "a {prompt} sign", "")[0] == "a {prompt} sign, warm light"
