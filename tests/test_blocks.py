"""Building blocks and examples, and which of them the built-in model is offered."""

import json
from pathlib import Path
from random import Random

import pytest

from fooocus_lite.thinking.blocks import BLOCKS, blocks_for
from fooocus_lite.thinking.expansion import additions

PRESETS = Path(__file__).parent.parent / "presets"
EXAMPLES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))["examples"]
    for path in sorted(PRESETS.glob("*.json"))
}

STARTER = json.loads(
    (Path(__file__).parent.parent / "models/starter/starter.json").read_text(encoding="utf-8")
)
KNOWN = [
    word
    for kind in ("objects", "colors", "places", "times", "weather", "styles")
    for word in STARTER[kind]
]


def test_a_model_that_knows_english_is_offered_everything():
    assert blocks_for(None) == BLOCKS


def test_the_starter_is_offered_only_what_it_knows():
    offered = blocks_for(KNOWN)
    assert "a castle" in offered["Subject"]
    assert "at night" in offered["Light"]
    assert "watercolor" in offered["Style"]
    everything = [block for blocks in offered.values() for block in blocks]
    assert not {"an astronaut", "a bowl of ramen", "photo", "golden hour light"} & {*everything}
    assert {"Subject", "Place", "Light", "Mood", "Style"} <= offered.keys()


def test_a_model_without_words_is_offered_nothing():
    assert blocks_for([]) == {}


def test_no_block_or_example_stands_twice():
    for kinds in (BLOCKS, EXAMPLES):
        for each in kinds.values():
            assert len(each) == len({text.lower() for text in each})
    assert sum(len(each) for each in EXAMPLES.values()) >= 30


@pytest.mark.parametrize("example", sorted({text for each in EXAMPLES.values() for text in each}))
def test_enhance_understands_every_example(example):
    assert additions(example, Random(1))
