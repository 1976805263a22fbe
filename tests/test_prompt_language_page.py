"""docs/prompt-language.md says only what is true: its examples are run."""

import re
from pathlib import Path
from random import Random

import pytest

from fooocus_lite.supplies.library import program_folder
from fooocus_lite.supplies.wildcard_files import read_all
from fooocus_lite.thinking.arrays import variants
from fooocus_lite.thinking.emphasis import conditions
from fooocus_lite.thinking.prompt import write

PAGE = Path(__file__).parent.parent / "docs" / "prompt-language.md"
BLOCKS = [
    [line.split(" => ") for line in block.splitlines()]
    for block in re.findall(r"```text\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
]
IN_ORDER, BY_CHANCE, WEIGHTS, TEXT = BLOCKS
WILDCARDS = read_all([program_folder("wildcards")]).by_name


def asked(prompt, index, seed=1, in_order=True):
    return write(prompt, "", index, Random(seed), WILDCARDS, in_order).prompt


@pytest.mark.parametrize(("prompt", "pictures"), IN_ORDER)
def test_the_pictures_in_order(prompt, pictures):
    texts = pictures.split(" / ")
    assert [asked(prompt, index) for index in range(len(texts))] == texts
    assert variants(prompt) in (1, len(texts))


@pytest.mark.parametrize(("prompt", "possible"), BY_CHANCE)
def test_what_chance_may_pick(prompt, possible):
    picked = {asked(prompt, 0, seed, in_order=False) for seed in range(300)}
    assert set(possible.split(" / ")) <= picked


@pytest.mark.parametrize(("prompt", "weights"), WEIGHTS)
def test_how_much_each_part_counts(prompt, weights):
    ((chunk,),) = conditions(prompt)
    shown = [f"{piece.text.strip()} ×{piece.weight:g}" for piece in chunk if piece.text.strip()]
    assert ", ".join(shown) == weights


@pytest.mark.parametrize(("prompt", "text"), TEXT)
def test_what_stays_text(prompt, text):
    assert asked(prompt, 0) == text
