"""Weights, BREAK and lines: what each part of a prompt counts."""

from random import Random

import pytest

from fooocus_lite.thinking.emphasis import MAX_WEIGHT, Piece, conditions, escaped, plain, written

PARTS = [*"()[]\\:,. \n\t15B", "BREAK", " BREAK ", "a", "(", ":1.3)", "embedding:x", "\u2028", "é"]


def weighed(prompt):
    """The only chunk of a prompt of one line, as (text, weight) pairs."""
    ((chunk,),) = conditions(prompt)
    return [(piece.text, piece.weight) for piece in chunk]


@pytest.mark.parametrize(
    ("prompt", "pieces"),
    [
        ("a fox", [("a fox", 1)]),
        ("a (red) fox", [("a ", 1), ("red", 1.1), (" fox", 1)]),
        ("((red))", [("red", 1.21)]),
        ("(red:1.3)", [("red", 1.3)]),
        ("(red: 1.3 )", [("red", 1.3)]),
        ("(red:.5)", [("red", 0.5)]),
        ("(red:0)", [("red", 0)]),
        ("(a (b:1.5) c:2)", [("a ", 2), ("b", 3), (" c", 2)]),
        ("[red]", [("red", 0.909091)]),
        ("[[red]]", [("red", 0.826446)]),
        ("([red])", [("red", 1)]),
        ("(a)(b)", [("ab", 1.1)]),
        ("a () fox", [("a  fox", 1)]),
        ("(embedding:name:1.1)", [("embedding:name", 1.1)]),
        ("(at 7:30)", [("at 7:30", 1.1)]),
        ("(a:1..2)", [("a:1..2", 1.1)]),
        ("(a:-1)", [("a:-1", 1.1)]),
        ("(a:big)", [("a:big", 1.1)]),
        ("(a:)", [("a:", 1.1)]),
        ("[a:0.5]", [("a:0.5", 0.909091)]),
        ("a:1.3", [("a:1.3", 1)]),
        ("a:1.3)", [("a:1.3)", 1)]),
        (r"\(red\) \[x\] \\", [("(red) [x] \\", 1)]),
        (r"(\(:1.2)", [("(", 1.2)]),
        (r"a \d", [(r"a \d", 1)]),
        ("(a", [("(a", 1)]),
        ("a)", [("a)", 1)]),
        ("a :) (b)", [("a :) ", 1), ("b", 1.1)]),
        ("(a [b) c]", [("a [b", 1.1), (" c]", 1)]),
        ("((a)", [("(", 1), ("a", 1.1)]),
        ("(a))", [("a", 1.1), (")", 1)]),
    ],
)
def test_brackets_give_weights_and_what_is_no_syntax_stays(prompt, pieces):
    assert weighed(prompt) == pieces


@pytest.mark.parametrize(
    ("prompt", "lines"),
    [
        ("a\nb", [["a"], ["b"]]),
        ("a\n\n  \r\n b ", [["a"], ["b"]]),
        ("(a\nb)", [["(a"], ["b)"]]),
        ("a BREAK b", [["a", "b"]]),
        ("a, BREAK, b", [["a,", ", b"]]),
        ("BREAK a BREAK BREAK b BREAK", [["a", "b"]]),
        ("a break BREAKING aBREAK BREAK-DANCE", [["a break BREAKING aBREAK BREAK-DANCE"]]),
        (r"a \BREAK b", [["a BREAK b"]]),
        ("", []),
        (" \n ", []),
        ("BREAK", []),
        ("() (:1.2) []", []),
    ],
)
def test_lines_are_conditions_and_break_parts_them_into_chunks(prompt, lines):
    texts = [
        ["".join(piece.text for piece in chunk) for chunk in condition]
        for condition in conditions(prompt)
    ]
    assert texts == lines


def test_a_weight_goes_on_after_break():
    assert conditions("(a BREAK b:1.2)") == (((Piece("a", 1.2),), (Piece("b", 1.2),)),)


def test_weights_end_at_the_largest():
    assert weighed("(" * 40 + "x" + ")" * 40) == [("x", MAX_WEIGHT)]
    assert weighed("((x:5):5)") == [("x", MAX_WEIGHT)]
    assert weighed("[" * 4000 + "x" + "]" * 4000) == [("x", 0)]


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("a (red:1.3) [fox]", "a red fox"),
        ("a, BREAK b\nc", "a, b, c"),
        (r"\(a\)", "(a)"),
        ("", ""),
    ],
)
def test_plain_is_the_words_without_syntax(prompt, text):
    assert plain(prompt) == text


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("a fox", "a fox"),
        ("((a)) [b]", "(a:1.21) (b:0.909091)"),
        ("(a", r"\(a"),
        ("([[[a:1.2]]]:1.4641)", "(a:1.2:1.1)"),
        ("(BRE:1)AK", r"\BREAK"),
        ("a BREAK  b\n\nc", "a BREAK b\nc"),
    ],
)
def test_a_prompt_is_printed_with_the_same_meaning(prompt, text):
    assert written(conditions(prompt)) == text
    assert conditions(text) == conditions(prompt)


def test_what_was_printed_reads_the_same_whatever_was_typed():
    random = Random(11)
    for _ in range(4000):
        prompt = "".join(random.choices(PARTS, k=random.randrange(24)))
        found = conditions(prompt)
        assert conditions(written(found)) == found, prompt


def test_no_character_is_lost_where_nothing_is_balanced():
    random = Random(12)
    for _ in range(2000):
        prompt = "".join(random.choices(["(", "[", "a", "b", ":", "1", "."], k=12))
        assert plain(f"x{prompt}x") == f"x{prompt}x"


def test_escaped_text_is_read_as_it_was():
    text = r"(a) [b:1.2] \ BREAK \( :)"
    assert weighed(escaped(text)) == [(text, 1)]


@pytest.mark.parametrize("part", ["(", "[", "(a", ")(", "[(", ":", ": ", "1", "\\", "B", "(a:1)"])
def test_ten_thousand_characters_of_syntax_are_read(part):
    prompt = (part * 10_000)[:10_000]
    assert conditions(written(conditions(prompt))) == conditions(prompt)
