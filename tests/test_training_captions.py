"""The words that go with the drawings."""

import random

import pytest

from training import vocabulary
from training.captions import PLAIN, caption
from training.scene import Scene, Thing, random_scene
from training.tokenizer import train_tokenizer


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        (Scene((Thing("circle", "red"),)), "a red circle"),
        (
            Scene((Thing("apple", "orange"),), background="white"),
            "an orange apple on a white background",
        ),
        (Scene((Thing("butterfly", "blue"),), 3), "three blue butterflies"),
        (Scene((Thing("cup", "blue"), Thing("star", "red"))), "a blue cup and a red star"),
        (
            Scene((Thing("house", "red"),), place="meadow", time="sunset"),
            "a red house on a meadow at sunset",
        ),
        (
            Scene((Thing("house", "blue"),), place="snow", time="night", style="watercolor"),
            "watercolor, a blue house in the snow at night",
        ),
        (Scene(place="city", weather="rain"), "a city in the rain"),
    ],
)
def test_plain_captions_read_like_prompts(scene: Scene, words: str) -> None:
    assert caption(scene, random.Random(0), PLAIN) == words


def test_captions_vary_and_never_fail() -> None:
    rng = random.Random(2)
    texts = {caption(random_scene(rng), rng) for _ in range(400)}
    assert len(texts) > 350
    assert all(text and text == text.strip() and "  " not in text for text in texts)


def test_synonyms_name_one_word_only() -> None:
    tables = (
        vocabulary.COLOR_SYNONYMS,
        vocabulary.OBJECT_SYNONYMS,
        vocabulary.STYLE_SYNONYMS,
    )
    for table in tables:
        words = [synonym for synonyms in table.values() for synonym in synonyms]
        assert len(words) == len(set(words))
        assert not set(words) & set(table)


def test_the_tokenizer_takes_any_text(tmp_path) -> None:
    tokenizer = train_tokenizer(tmp_path, samples=300)
    for text in ("", "a red apple", "zebra Grüße 龍 🐉", "x" * 3000):
        ids = tokenizer(text, padding="max_length", max_length=77, truncation=True).input_ids
        assert len(ids) == 77
        assert ids[0] == tokenizer.bos_token_id
        assert tokenizer.eos_token_id in ids
    assert tokenizer.tokenize("a red apple") == ["a</w>", "red</w>", "apple</w>"]
