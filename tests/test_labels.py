"""Words of strangers on one line: nothing that commands a terminal, hides or turns what is near."""

import pytest

from fooocus_lite.thinking.labels import MAX_LABEL, is_printable, label


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a cat", "a cat"),
        (" Ölbild 漢字 😀 ", "Ölbild 漢字 😀"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("a\r\nb\x9bc", "a b c"),
        ("a\u202eb\u200bc\ufeff", "a b c"),
        ("half \ud83d letter", "half   letter"),
        (None, "None"),
        (["x"], "['x']"),
        ("x" * 1000, "x" * MAX_LABEL),
    ],
)
def test_a_label_holds_only_what_can_be_seen(said: object, shown: str) -> None:
    assert label(said) == shown
    label(said).encode()


def test_a_label_is_as_short_as_it_has_to_be() -> None:
    assert label("abcdef", 3) == "abc"


@pytest.mark.parametrize("name", ["ink.v1", "Ölbild 漢字", "a\u3000b"])
def test_a_name_that_can_be_typed_is_printable(name: str) -> None:
    assert is_printable(name)


@pytest.mark.parametrize("name", ["a\nb", "a\x7f", "a\u202eb", "a\udcff", "a\u200d"])
def test_a_name_that_hides_something_is_not(name: str) -> None:
    assert not is_printable(name)
