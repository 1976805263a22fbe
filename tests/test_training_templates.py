"""The style cards as wording for captions."""

import json
import random
from pathlib import Path

import pytest

from training import vocabulary
from training.captions import nothing
from training.templates import PLACE, negatives, style_word, templates


def cards(folder: Path, *texts: str) -> Path:
    entries = [{"name": text, "prompt": text, "negative_prompt": f"no {text}"} for text in texts]
    (folder / "cards.json").write_text(json.dumps(entries))
    return folder


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("Crayon drawing of", "crayon"),
        ("film noir still of", "noir"),
        ("a woodcut", "linocut"),
        ("green phosphor", "night vision"),
        ("x-ray", "x-ray"),
        ("mosaics", None),
        ("a comical cat", None),
        ("", None),
    ],
)
def test_a_style_is_known_by_its_word_or_a_synonym(text: str, style: str | None) -> None:
    assert style_word(text) == style


def test_the_first_and_longest_style_word_counts() -> None:
    assert style_word("charcoal and pastel of") == "charcoal"
    assert style_word("black and white comic") == "black and white"


def test_cards_are_sorted_by_the_look_they_name(tmp_path: Path) -> None:
    found = templates(
        cards(tmp_path, "mosaic of {prompt}, tiny stones", "{prompt}, wide angle", "soft glow")
    )
    assert found == {
        "mosaic": ("mosaic of {prompt}, tiny stones",),
        None: ("{prompt}, wide angle",),
    }


@pytest.mark.parametrize(
    "text",
    [
        "{prompt} at night",
        "{prompt} with red lights",
        "neon portrait of {prompt} in a rainy city",
        "fairy tale of {prompt}, gilded edges",
    ],
)
def test_cards_that_would_change_the_scene_teach_nothing(tmp_path: Path, text: str) -> None:
    assert templates(cards(tmp_path, text)) == {}


def test_every_style_of_the_starter_has_a_card_that_ships() -> None:
    assert set(vocabulary.STYLES) <= set(templates())
    assert all(PLACE in text for texts in templates().values() for text in texts)


def test_what_cards_avoid_names_nothing_to_draw() -> None:
    rng = random.Random(0)
    assert len(negatives()) > 20
    texts = {nothing(rng) for _ in range(200)}
    assert "" in texts
    assert len(texts) > 20
    assert not any(word in text.split() for text in texts for word in vocabulary.OBJECTS)
