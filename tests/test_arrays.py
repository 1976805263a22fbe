"""[[a, b]]: picture i takes element i."""

import pytest

from fooocus_lite.errors import BadRequest
from fooocus_lite.thinking.arrays import combination, elements_at, variants


@pytest.mark.parametrize(
    ("prompt", "number"),
    [
        ("a fox", 1),
        ("[[red, green, blue]] circle", 3),
        ("[[a, b]] [[c, d, e]]", 6),
        ("[[a]]", 1),
        ("[a, b]", 1),
        ("[[a, b]", 1),
        (r"\[[a, b]]", 1),
        ("[[a, [b]]]", 2),
        ("[[a (b, c), {d, e}, f]]", 3),
        ("[[a, [[b, c, d]]]]", 2),
        ("([[a, b]]:1.3)", 2),
        ("[[a,]]", 2),
    ],
)
def test_variants_are_the_product_of_the_arrays(prompt, number):
    assert variants(prompt) == number


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        (
            "[[red, green, blue]] circle",
            ["red circle", "green circle", "blue circle", "red circle"],
        ),
        ("[[a, b]] [[c, d]]", ["a c", "b c", "a d", "b d", "a c"]),
        ("a [[, big]] fox", ["a  fox", "a big fox"]),
        ("[[a, [b]]]", ["a", "[b]"]),
        ("[[a (b, c), d]]", ["a (b, c)", "d"]),
        ("a [[fox]]", ["a [[fox]]"]),
    ],
)
def test_the_first_array_changes_fastest(prompt, texts):
    assert [combination(prompt, index) for index in range(len(texts))] == texts


def test_arrays_of_wildcards_all_take_element_i_and_begin_again():
    texts = [elements_at("[[a, b]] [[c, d, [[e, f]]]]", index) for index in range(4)]
    assert texts == ["a c", "b d", "a e", "b c"]


def test_arrays_too_deep_in_each_other_are_refused():
    with pytest.raises(BadRequest) as caught:
        elements_at("[[a," * 20 + "b" + "]]" * 20, 1)
    assert "8 deep" in caught.value.message
