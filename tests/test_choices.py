"""{a|b|2::c}: one by chance."""

from collections import Counter
from random import Random

import pytest

from fooocus_lite.errors import BadRequest
from fooocus_lite.thinking.choices import picked


def shares(options):
    random = Random(5)
    counts = Counter(picked(options, random) for _ in range(4000))
    return {text: count / 4000 for text, count in counts.items()}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["a", "b"], {"a": 0.5, "b": 0.5}),
        (["a", "b", "2::c"], {"a": 0.25, "b": 0.25, "c": 0.5}),
        (["0::a", "b"], {"b": 1}),
        (["a", "0.5::b", ".5:: c"], {"a": 0.5, "b": 0.25, "c": 0.25}),
        (["a", ""], {"a": 0.5, "": 0.5}),
        (["x::a", "-1::b"], {"x::a": 0.5, "-1::b": 0.5}),
    ],
)
def test_weights_say_how_often(options, expected):
    assert shares(options) == pytest.approx(expected, abs=0.03)


def test_options_that_all_weigh_nothing_are_refused():
    with pytest.raises(BadRequest) as caught:
        picked(["0::a", "0::b"], Random(1))
    assert "{0::a|0::b}" in caught.value.message


class Highest(Random):
    """The largest number there is below 1."""

    def random(self):
        return 1 - 2**-53


@pytest.mark.parametrize("options", [["a", "b"], ["0.1::a", "0.2::a", "0.7::b"], ["3::a", "7::b"]])
def test_the_largest_chance_still_picks_an_option(options):
    assert picked(options, Highest()) == "b"
