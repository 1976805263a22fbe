"""The styles that come with the program: their number, form, and wording."""

import json
import re
from collections import Counter
from itertools import combinations

import pytest

from fooocus_lite.settings import load
from fooocus_lite.supplies import library
from fooocus_lite.supplies.stock import Stock
from fooocus_lite.thinking.styles import BUILT_IN, Style, apply

FOLDER = library.program_folder("styles")
STYLES = [
    Style.model_validate(entry)
    for file in sorted(FOLDER.glob("*.json"))
    for entry in json.loads(file.read_text(encoding="utf-8"))
]
BY_NAME = [pytest.param(style, id=style.name) for style in STYLES]
STARTER_STYLES = (
    "Watercolor", "Pixel Art", "Line Art", "Noir", "Neon", "Blueprint", "Sepia", "Pop Art",
    "Pastel", "Black and White", "Vaporwave", "Oil Painting", "Comic", "Stained Glass", "Mosaic",
    "Charcoal", "Crayon", "Thermal", "X-Ray", "Cyanotype", "Risograph", "Linocut", "Gold Leaf",
    "Embroidery", "Night Vision",
)  # fmt: skip
# Words that ask for nothing one can see.
FILLER = re.compile(
    r"\b(masterpiece|quality|[248]k|hd|uhd|hdr|trending|award|detailed|stunning|beautiful|amazing"
    r"|professional|ultra|hyper\w*|best|perfect|artstation|by)\b",
    re.IGNORECASE,
)


def phrases(text: str) -> list[str]:
    return [phrase.replace("{prompt}", "").strip() for phrase in text.split(",")]


def test_there_are_many_styles_of_many_kinds():
    sizes = Counter(style.category for style in STYLES)
    assert len(STYLES) >= 180
    assert len(sizes) >= 12
    assert min(sizes.values()) >= 8


def test_a_file_holds_one_category_and_is_named_after_it(tmp_path):
    for file in FOLDER.glob("*.json"):
        (category,) = {entry["category"] for entry in json.loads(file.read_text("utf-8"))}
        assert file.stem == re.sub(r"[^a-z0-9]+", "-", category.lower())


SAID = {style.name: set(phrases(style.prompt)) - {""} for style in STYLES}


def test_names_and_the_files_of_their_cards_are_unique(tmp_path):
    settings = load({"home": tmp_path})
    names = {style.name.lower() for style in STYLES}
    cards = {library.own_style_card(settings, style.name) for style in STYLES}
    assert len(names) == len(cards) == len(STYLES)


def test_the_styles_the_starter_shows_say_its_word_first():
    prompts = {style.name: style.prompt for style in STYLES}
    for name in STARTER_STYLES:
        assert prompts[name].startswith(name.lower() + " "), prompts[name]


def test_every_style_that_the_starter_can_show_has_its_card(tmp_path):
    stock = Stock(load({"home": tmp_path}))
    names = stock.shown_styles("starter")
    rules = {style.name for style in BUILT_IN}
    assert {name for name in names if not stock.style_card(name)} == rules
    assert stock.shown_styles("a model that is not here") is None


@pytest.mark.parametrize("style", BY_NAME)
def test_a_style_is_well_formed(style: Style):
    assert style.prompt.count("{prompt}") == 1
    assert 40 <= len(style.prompt) <= 160
    assert 10 <= len(style.negative_prompt) <= 120
    assert 3 <= len(style.tags) <= 6
    assert len(style.name) <= 28
    assert style.prompt == style.prompt.strip() == " ".join(style.prompt.split())
    assert not set("()[]<>_|\\\n") & set(style.prompt + style.negative_prompt)


@pytest.mark.parametrize("style", BY_NAME)
def test_a_style_says_what_can_be_seen_and_says_it_once(style: Style):
    asked, avoided = phrases(style.prompt), phrases(style.negative_prompt)
    assert not FILLER.search(style.prompt + " " + style.negative_prompt)
    assert len({*asked, *avoided}) == len(asked) + len(avoided)
    assert len(set(style.tags)) == len(style.tags)
    assert all(tag == tag.lower() for tag in style.tags)


@pytest.mark.parametrize("style", BY_NAME)
def test_a_style_does_not_avoid_what_it_asks_for(style: Style):
    words = set(re.findall(r"[a-z]+", style.prompt.lower()))
    whole_phrases = [phrase for phrase in phrases(style.negative_prompt) if " " not in phrase]
    assert not words & set(whole_phrases)


def test_no_two_styles_ask_for_the_same():
    shared = Counter(
        phrase for style in STYLES for phrase in dict.fromkeys(phrases(style.prompt)) if phrase
    )
    assert [phrase for phrase, times in shared.items() if times > 2] == []
    for one, other in combinations(SAID, 2):
        assert len(SAID[one] & SAID[other]) < 2, (one, other)


def test_all_styles_together_still_say_each_persons_word():
    asked, _ = apply(STYLES, "a quiet fox", "")
    lines = asked.splitlines()
    assert len(lines) == len(STYLES)
    assert all(line.count("a quiet fox") == 1 for line in lines)
