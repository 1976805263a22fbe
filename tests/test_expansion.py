"""Enhance adds only what fits: read back by its own tables and, apart from them, by plain words."""

import json
import re
from pathlib import Path
from random import Random

import pytest

from fooocus_lite.thinking.expansion import (
    MAX_TOKENS,
    OF_SLOT,
    additions,
    fight,
    token_bound,
)
from fooocus_lite.thinking.meanings import FILLERS, IMPLIES, MEANINGS
from fooocus_lite.thinking.phrases import AGAINST, EXCLUSIVE, PHRASES, RESTRAINED, SLOTS
from fooocus_lite.thinking.reading import read, stem

ROOT = Path(__file__).parent.parent
PROMPTS = (ROOT / "benchmarks" / "varied_prompts.txt").read_text(encoding="utf-8").splitlines()
# Pieces that the tokenizer of openai/clip-vit-large-patch14 makes of every word in the table.
CLIP_PIECES = json.loads((ROOT / "tests/golden/clip_pieces.json").read_text(encoding="utf-8"))
SEEDS = range(12)
HOSTILE = (
    "",
    " ",
    "\n\n",
    "(((((((",
    "<lora:" * 500,
    "__" * 5_000,
    '"' * 4_999,
    "no " * 3_000,
    "night " * 2_000,
    "\x00\x1b[31m",
    "a" * 10_000,
    "𝕟𝕚𝕘𝕙𝕥 𝕔𝕚𝕥𝕪",
    "ﷺ" * 50,
    "e" + "\u0301" * 5_000,
    "'; DROP TABLE jobs; --",
    "{prompt} %s {0} \\1 $&",
)


def clip_tokens(text):
    """As CLIP counts: words by the measured table, each digit and sign one."""
    parts = re.findall(r"[a-z]+|\d|[^\sa-z\d]", text)
    return sum(CLIP_PIECES[part] if part.isalpha() else 1 for part in parts)


def every_output(prompt):
    return [additions(prompt, Random(seed)) for seed in SEEDS]


def test_there_are_many_different_prompts():
    assert len(set(PROMPTS)) == len(PROMPTS) >= 120


@pytest.mark.no_cover  # counting lines takes four times as long as running them
@pytest.mark.parametrize("prompt", PROMPTS)
def test_nothing_added_contradicts_the_prompt_or_itself(prompt):
    said = read(prompt)
    for added in every_output(prompt):
        telling = read(added)
        for mine in telling.tags:
            assert mine not in said.refused, added
            assert not [tag for tag in said.tags if fight(mine, tag)], added
            assert not [tag for tag in telling.tags if fight(mine, tag)], added


@pytest.mark.no_cover  # counting lines takes four times as long as running them
@pytest.mark.parametrize("prompt", PROMPTS)
def test_no_word_is_said_twice_and_40_tokens_are_enough(prompt):
    said = read(prompt).stems
    for added in every_output(prompt):
        words = [stem(word) for word in re.findall(r"[a-z]+", added) if word not in FILLERS]
        for phrase in added.split(", ") if added else []:
            own = {stem(word) for word in re.findall(r"[a-z]+", phrase)} - FILLERS
            assert not own & said, phrase
            others = [each for each in added.split(", ") if each != phrase]
            rest = {stem(word) for each in others for word in re.findall(r"[a-z]+", each)}
            assert not own & rest - FILLERS, added
        assert len(added.split(", ")) <= 6
        assert clip_tokens(", " + added) <= MAX_TOKENS if words else added == ""


@pytest.mark.no_cover  # counting lines takes four times as long as running them
@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_same_seed_gives_the_same_phrases(prompt):
    assert every_output(prompt) == every_output(prompt)


@pytest.mark.parametrize(
    ("said", "never"),
    [
        (r"\b(night|midnight|moonlit)\b", r"golden hour|sunlight|daylight|morning|window light"),
        (r"\b(noon|dawn|sunrise)\b", r"golden hour|moonlight|sunset"),
        (
            r"watercolor|oil painting|drawing|pixel|linocut|anime|comic|embroidery",
            r"\dmm|lens|(deep|sharp|shallow) focus",
        ),
        (r"indoor|living room|kitchen|library", r"moonlight|golden hour|atmospheric perspective"),
        (r"logo|icon|line art|blueprint|flat design", r"depth|glow|grain|lens|light|skin"),
        (r"black and white|sepia|charcoal|noir", r"color|tones|amber|greens"),
        (
            r"\b(rain|storm|overcast|foggy|misty)\b",
            r"golden hour|clear (natural|morning|pattern)|sunlight",
        ),
        (r"underwater|deep space", r"sunlight|golden hour|sky|haze|morning"),
        (r"\b(robot|masked|anime)\b", r"skin"),
        (r"\b(noon|midday)\b", r"long|low raking"),
        (r"\b(blurry|out of focus|soft focus)\b(?! background)", r"crisp|sharp|\bfine\b|detail"),
        (r"\b(scary|haunted|eerie|abandoned|horror)\b", r"inviting|serene|joy"),
        (r"eclipse|blackout|windowless", r"golden hour|daylight|morning|window"),
    ],
)
def test_by_plain_words_too_some_things_never_meet(said, never):
    meant = [p for p in PROMPTS if re.search(said, p) and not re.search(r'"|<', p)]
    assert meant
    for prompt in meant:
        for added in every_output(prompt):
            assert not re.search(never, added), (prompt, added)


@pytest.mark.parametrize(
    "prompt",
    ["a cat", "a castle", "portrait of an old fisherman", "a mountain", "a red sneaker", "a girl"],
)
def test_a_plain_prompt_gets_a_handful_and_seeds_differ(prompt):
    outputs = every_output(prompt)
    assert all(3 <= len(added.split(", ")) <= 6 for added in outputs)
    assert len(set(outputs)) > len(SEEDS) // 2


@pytest.mark.parametrize(
    ("prompt", "at_most"),
    [
        ("logo for a coffee shop", 2),
        ("a chair, simple, white background", 1),
        ("x-ray of a hand", 0),
        ("a frobnicator", 2),
        ("un gato negro en la nieve", 0),
        ("一只猫坐在窗台上", 0),
        ("кошка на окне", 0),
        ("!!!!", 0),
        (" ".join(["a bus on a road by a mill"] * 9), 1),
    ],
)
def test_who_wants_little_or_is_not_understood_gets_little(prompt, at_most):
    for added in every_output(prompt):
        assert len(added.split(", ") if added else []) <= at_most


@pytest.mark.parametrize("prompt", HOSTILE)
def test_any_text_is_answered(prompt):
    for added in every_output(prompt):
        assert clip_tokens(", " + added) <= MAX_TOKENS


@pytest.mark.parametrize(
    ("prompt", "tag"),
    [
        ("(night:1.3)", "night"),
        ("a [[foggy]] lake", "fog"),
        ("a Café, CLOSE-UP", "interior"),
        ("two foxes", "furry"),
        ("oil painting", "painted"),
        ("a snow leopard", "animal"),
        ("a violin maker", "person"),
        ("no fog but a red sun", "sun"),
    ],
)
def test_a_prompt_says(prompt, tag):
    assert tag in read(prompt).tags


@pytest.mark.parametrize(
    ("prompt", "tag"),
    [
        ("a street without people", "person"),
        ("no fog, a lake", "fog"),
        ("a tree <lora:rainy_night:0.8>", "night"),
        ("embedding:night a tree", "night"),
        ('a sign that says "good night"', "night"),
        ("a girl with a book", "object"),
        ("a violin maker", "object"),
        ("a snow leopard", "snow"),
        ("a light blue shirt", "light"),
    ],
)
def test_a_prompt_does_not_say(prompt, tag):
    assert tag not in read(prompt).tags


def test_styles_count_as_said():
    for seed in SEEDS:
        added = additions("a cat", Random(seed), "watercolor, soft light, muted palette")
        assert not read(added).tags & {"light", "palette", "lens"}
        assert added


def test_the_bound_is_at_least_what_clip_counts():
    for row in PHRASES:
        for phrase in row.phrases:
            assert token_bound(phrase) >= clip_tokens(phrase)


def test_no_phrase_stands_in_the_table_for_nothing():
    """What a phrase needs, says and fights has a name somewhere, and it fits what it needs."""
    names = {*MEANINGS, *(tag for row in PHRASES for tag in row.says.split())}
    names |= {tag for implied in IMPLIES.values() for tag in implied.split()}
    used = [*AGAINST, *RESTRAINED, *IMPLIES, *EXCLUSIVE, *AGAINST.values(), *SLOTS.values()]
    used += [row.needs for row in PHRASES]
    assert {tag for text in used for tag in text.split()} <= names
    for phrases in OF_SLOT.values():
        for phrase in phrases:
            # A phrase that sets the time, or tints the picture, may say which.
            tags = phrase.tags - {"new_time", "colored"}
            assert not [one for one in tags for other in tags if fight(one, other)], phrase.text
