"""Prompts that a shared program refuses, however they are written, and those it must not."""

import pytest
from pydantic import ValidationError

from fooocus_lite.thinking.rules import DEFAULT_RULES, Rule, broken_rule

WORDS = (Rule(name="test", reason="Because.", any_of=("brass band", "drum*", r"/\b9\d red\b/")),)


@pytest.mark.parametrize(
    "prompt",
    [
        "a brass band",
        "A BRASS   BAND, at night",
        "a brass-band",
        "a (brass:1.3) [band]",
        "a brass\nband",
        "ｂｒａｓｓ ｂａｎｄ",
        "a br\u200bass ba\u00adnd",
        "a brâss bánd",
        "br4ss b@nd",
        "8rass band",
        "b r a s s band",
        "the drummer",
        "94 red balloons",
    ],
)
def test_a_word_is_found_however_it_is_written(prompt):
    assert broken_rule([prompt], WORDS) is WORDS[0]


@pytest.mark.parametrize(
    "prompt",
    ["", "brass", "a band of brass", "embrass bandit", "conundrum", "940 red", "1girl, a b"],
)
def test_other_words_are_left_alone(prompt):
    assert broken_rule([prompt], WORDS) is None


def test_every_text_is_looked_at():
    assert broken_rule(["a hill", "a drum"], WORDS) is WORDS[0]


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("a nude child", "children"),
        ("naked 12 year old", "children"),
        ("16yo, sexy", "children"),
        ("s e x y schoolgirl", "children"),
        ("n4ked ch1ld", "children"),
        ("lolicon", "children"),
        ("erotic picture, girl aged 14", "children"),
        ("bestiality", "animals"),
        ("deepfake nude of a singer", "undressing real people"),
    ],
)
def test_the_built_in_rules_refuse_what_is_clearly_illegal(prompt, name):
    broken = broken_rule([prompt], DEFAULT_RULES)
    assert broken is not None
    assert broken.name == name
    assert broken.reason.endswith(".")


@pytest.mark.parametrize(
    "prompt",
    [
        "a child with a red balloon",
        "two kids building a sand castle",
        "a baby elephant",
        "a 12 year old oak tree",
        "a nude marble statue of Venus",
        "a naked tree in winter",
        "Middlesex in the rain",
        "grapes and rapeseed fields",
        "a minor chord on a piano",
        "portrait of a 25 year old woman, sexy dress",
        "young girls dancing in a meadow, watercolor",
    ],
)
def test_the_built_in_rules_let_ordinary_prompts_through(prompt):
    assert broken_rule([prompt], DEFAULT_RULES) is None


@pytest.mark.parametrize("entry", ["", " ", "*", "/", "//", "/(/", "x" * 301])
def test_an_entry_that_would_match_all_or_nothing_is_refused(entry):
    with pytest.raises(ValidationError):
        Rule(name="a", reason="b", any_of=(entry,))


def test_a_rule_without_entries_refuses_nothing():
    assert broken_rule(["anything"], [Rule(name="a", reason="b")]) is None
