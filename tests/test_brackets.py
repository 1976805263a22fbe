"""Which brackets belong together."""

import pytest

from fooocus_lite.thinking.brackets import pairs, parts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(a)", {0: 2}),
        ("((a))", {0: 4, 1: 3}),
        ("(a [b) c]", {0: 5}),
        ("{(}", {0: 2}),
        (")(", {}),
        (r"\(a)", {}),
        (r"\\(a)", {2: 4}),
        ("[[a, [b]]]", {0: 9, 1: 8, 5: 7}),
    ],
)
def test_a_closing_bracket_takes_the_nearest_open_one_of_its_kind(text, found):
    assert {start: pair.end for start, pair in pairs(text).items()} == found


def test_only_the_kinds_asked_for_count():
    assert set(pairs("{(a})", "()")) == {1}


def test_separators_belong_to_the_pair_they_stand_in():
    text = r"{a, (b, c)|d\|e|(}, f"
    pair = pairs(text)[0]
    assert parts(text, pair.start, pair.bars, pair.end) == ["a, (b, c)", r"d\|e", "("]
    assert pair.commas == (2,)
