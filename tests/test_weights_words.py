"""The style words a model names in its own folder; anything else there means none."""

import pytest

from fooocus_lite.supplies import library
from fooocus_lite.weights.words import known_words, style_words


def test_the_starter_names_the_styles_it_knows():
    words = style_words(library.program_folder("models") / "starter")
    assert {"watercolor", "pixel art"} <= set(words)


def test_a_model_that_says_nothing_names_none(tmp_path):
    assert style_words(tmp_path) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "3",
        "null",
        '{"styles": 3}',
        '{"styles": null}',
        '{"styles": [1, {}]}',
        "[" * 9_999,
    ],
)
def test_a_file_of_another_form_names_none(tmp_path, text):
    (tmp_path / f"{tmp_path.name}.json").write_text(text)
    assert style_words(tmp_path) == ()


def test_only_texts_of_the_list_count(tmp_path):
    (tmp_path / f"{tmp_path.name}.json").write_text('{"styles": ["ink", 7, "chalk"]}')
    assert style_words(tmp_path) == ("ink", "chalk")


def test_all_words_of_a_model_but_not_its_examples_are_known(tmp_path):
    file = tmp_path / f"{tmp_path.name}.json"
    file.write_text('{"styles": ["ink"], "objects": ["cat", 3], "examples": ["a zebra"], "x": 1}')
    assert known_words(tmp_path) == ("ink", "cat")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"styles": 3}', "[" * 9_999])
def test_a_model_without_a_list_of_words_reads_english(tmp_path, text):
    (tmp_path / f"{tmp_path.name}.json").write_text(text)
    assert known_words(tmp_path) is None
