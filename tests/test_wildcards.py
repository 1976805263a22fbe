"""__name__: a line of a list, with the choices and wildcards inside of it."""

from random import Random

import pytest

from fooocus_lite.errors import BadRequest, UnknownName
from fooocus_lite.thinking.wildcards import MAX_FILLED, Filler

WILDCARDS = {
    "color": ("red", "green", "blue"),
    "subject/animal": ("fox", "__color__ cat"),
    "hair_color": ("ash",),
    "v1.2-x": ("dotted",),
    "цвет": ("синий",),
    "mixed": ("{__color__ hat|__color__ coat}",),
    "one": ("a __two__",),
    "two": ("b {__one__|__one__}",),
    "bomb": ("__b__ " * 40,),
    "b": ("__c__ " * 40,),
    "c": ("x",),
    "long": ("x" * 4000,),
}


def filled(text, seed=1, index=None):
    return Filler(Random(seed), WILDCARDS, index).filled(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a fox", "a fox"),
        ("a __color__ fox", "a green fox"),
        ("__COLOR__", "green"),
        ("__color____color__", "greengreen"),
        ("two__color__s", "twogreens"),
        ("__subject/animal__", "green cat"),
        ("__hair_color__", "ash"),
        ("__v1.2-x__", "dotted"),
        ("一只__цвет__猫", "一只синий猫"),
        ("{__color__}", "{green}"),
        (r"\__color__", r"\__color__"),
    ],
)
def test_the_second_picture_in_order_takes_the_second_line(text, expected):
    assert filled(text, index=1) == expected


def test_lines_begin_again_in_order():
    assert [filled("__color__", index=index) for index in range(4)] == [
        "red",
        "green",
        "blue",
        "red",
    ]


@pytest.mark.parametrize(
    "text",
    ["__", "____", "_a_", "snake__case", "__a b__", "__-a__", "__init_", "a __ b __ c", "{a}", "{"],
)
def test_what_only_looks_like_syntax_stays_text(text):
    assert filled(text) == text


def test_by_chance_every_line_comes():
    texts = {filled("__mixed__", seed) for seed in range(100)}
    colors = ("red", "green", "blue")
    assert texts == {f"{color} {what}" for color in colors for what in ("hat", "coat")}


def test_the_same_seed_gives_the_same_text_on_any_machine():
    text = "__color__ {a|b|c} __subject/animal__ {x|3::{y|z}}"
    assert [filled(text, f"{seed}") for seed in (1, 2, 3)] == [
        "green a fox y",
        "green b fox y",
        "blue b red cat y",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{(a|b)|(a|b)}", "(a|b)"),
        (r"{a\|b|a\|b}", r"a\|b"),
        ("{ a | a }", "a"),
        ("{a {b|b}|a b}", "a b"),
        ("{a|a} {b", "a {b"),
        ("x{|}y", "xy"),
    ],
)
def test_options_end_at_bars_that_no_bracket_holds(text, expected):
    assert filled(text) == expected


def test_a_missing_wildcard_names_the_nearest_and_the_way_to_plain_text():
    with pytest.raises(UnknownName) as caught:
        filled("a __colour__ fox")
    assert "“colour”" in caught.value.message
    assert "Did you mean “color”" in caught.value.message
    assert r"\__colour__" in caught.value.message
    assert caught.value.field == "wildcard"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("__one__", "“one” leads back to itself: one → two → one"),
        ("__bomb__", f"more than {MAX_FILLED:,} wildcards"),
        ("__long__ " * 3, "12,003 characters; the limit is 10,000"),
        ("{0::a|" * 40 + "b" + "}" * 40, "16 deep"),
    ],
)
def test_what_has_no_end_is_an_error_and_not_a_hang(text, says):
    with pytest.raises(BadRequest) as caught:
        filled(text)
    assert says in caught.value.message
