"""How words fill windows: none lost, none split, and embeddings among them."""

import random

import pytest

from fooocus_lite.thinking import emphasis, windows
from fooocus_lite.thinking.windows import Word

CALM = Word("calm-hands", is_embedding=True)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red  cat", [Word("a"), Word("red"), Word("cat")]),
        ("a (red:1.5) cat", [Word("a"), Word("red", 1.5), Word("cat")]),
        ("(red:2)ish", [Word("red", 2.0), Word("ish")]),
        ("embedding:calm-hands", [CALM]),
        ("EMBEDDING:calm-hands, a cat.", [CALM, Word(","), Word("a"), Word("cat.")]),
        ("(embedding:v1.5_b:1.2)", [Word("v1.5_b", 1.2, is_embedding=True)]),
        ("see embedding:calm-hands.", [Word("see"), CALM, Word(".")]),
        ("disembedding:x embedding: y", [Word("disembedding:x"), Word("embedding:"), Word("y")]),
    ],
)
def test_a_chunk_is_words_with_weights_and_embeddings(prompt: str, expected: list[Word]) -> None:
    ((chunk,),) = emphasis.conditions(prompt)
    assert windows.words(chunk) == expected


def test_each_embedding_is_named_once_as_written() -> None:
    (condition,) = emphasis.conditions("embedding:B cat BREAK (embedding:a:2) embedding:B")
    assert windows.embeddings(condition) == ("B", "a")


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], [[]]),
        ([2, 3], [[(0, 0, 2), (1, 0, 3)]]),
        ([3, 2], [[(0, 0, 3), (1, 0, 2)]]),
        ([3, 3], [[(0, 0, 3)], [(1, 0, 3)]]),
        ([5, 1], [[(0, 0, 5)], [(1, 0, 1)]]),
        ([2, 7, 1], [[(0, 0, 2)], [(1, 0, 5)], [(1, 5, 7), (2, 0, 1)]]),
        ([10], [[(0, 0, 5)], [(0, 5, 10)]]),
        ([0, 0], [[(0, 0, 0), (1, 0, 0)]]),
    ],
)
def test_words_fill_windows_of_five(
    sizes: list[int], expected: list[list[tuple[int, int, int]]]
) -> None:
    assert windows.pack(sizes, 5) == expected


@pytest.mark.parametrize("seed", range(50))
def test_nothing_is_lost_and_no_word_is_split_that_fits(seed: int) -> None:
    dice = random.Random(seed)
    sizes = [dice.choice((1, 1, 2, 3, 8, 9, 30)) for _ in range(dice.randrange(60))]
    packed = windows.pack(sizes, 8)
    parts = [part for window in packed for part in window]
    tokens = [(part.word, place) for part in parts for place in range(part.start, part.stop)]
    assert tokens == [(word, place) for word, size in enumerate(sizes) for place in range(size)]
    assert all(sum(part.stop - part.start for part in window) <= 8 for window in packed)
    split = {part.word for part in parts if part.stop - part.start < sizes[part.word]}
    assert all(sizes[word] > 8 for word in split)
