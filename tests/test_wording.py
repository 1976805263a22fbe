"""The words of each picture of a request."""

import re
from dataclasses import replace
from random import Random

import pytest

from fooocus_lite.errors import BadRequest, UnknownName
from fooocus_lite.recipe import ImageRequest, LoRA
from fooocus_lite.thinking.expansion import additions
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.inspection import of_recipe
from fooocus_lite.thinking.pantry import Pantry
from fooocus_lite.thinking.presets import Preset
from fooocus_lite.thinking.resolve import resolve
from fooocus_lite.thinking.styles import BUILT_IN, Style

WRITTEN = (
    Style(name="Ink", prompt="ink drawing of {prompt}", negative_prompt="color"),
    Style(name="Dark", prompt="{prompt}, dark"),
    Style(name="Wide", prompt="{prompt}, wide"),
    Style(name="Calm Water", prompt="{prompt}, embedding:calm"),
)
PANTRY = Pantry(
    presets={
        "plain": Preset(name="plain", model="starter"),
        "chalky": Preset(
            name="chalky",
            model="starter",
            negative_prompt="__color__",
            loras=(LoRA(name="chalk", weight=0.2),),
        ),
    },
    styles={style.name: style for style in (*BUILT_IN, *WRITTEN)},
    families={"starter": FAMILIES["starter"], "long": FAMILIES["z-image"]},
    loras={"starter": frozenset({"chalk", "ink"}), "long": frozenset()},
    default_preset="plain",
    wildcards={"color": ("red", "green", "blue")},
    embeddings={"starter": frozenset({"Calm"})},
)


def recipes(prompt, seed=7, pantry=PANTRY, **values):
    return resolve(ImageRequest(prompt=prompt, seed=seed, **values), pantry, Random(1))


def test_an_array_makes_a_picture_for_each_element():
    found = recipes("[[red, green, blue]] circle")
    assert [each.prompt for each in found] == ["red circle", "green circle", "blue circle"]
    assert [each.seed for each in found] == [7, 8, 9]


def test_the_settings_of_one_picture_of_an_array_make_that_picture_again():
    third = recipes("[[red, green, blue]] circle")[2]
    again = recipes(third.request.prompt, seed=third.seed)
    assert [each.prompt for each in again] == ["blue circle"]


@pytest.mark.parametrize("negative", ["", "  ", "__color__ light"])
@pytest.mark.parametrize("prompt", ["a lake", "a __color__ lake"])
def test_a_line_in_order_of_the_negative_prompt_is_written_out_also_a_presets(prompt, negative):
    asked = {"preset": "chalky", "negative_prompt": negative, "wildcards_in_order": True}
    third = recipes(prompt, count=3, **asked)[2]
    assert third.negative_prompt.startswith("blue")
    assert "__" not in third.request.negative_prompt
    again = resolve(third.request, PANTRY, Random(1))[0]
    assert (again.prompt, again.negative_prompt) == (third.prompt, third.negative_prompt)
    assert again.request == third.request


def test_a_negative_prompt_of_a_preset_with_nothing_to_fill_stays_the_presets():
    plain = Preset(name="plain", model="starter", negative_prompt="blurry, (dark:1.2)")
    pantry = replace(PANTRY, presets={"plain": plain})
    second = recipes("a __color__ lake", count=2, wildcards_in_order=True, pantry=pantry)[1]
    assert second.negative_prompt == plain.negative_prompt
    assert second.request.negative_prompt == ""


def test_enhance_minds_every_line():
    night = recipes("a lake\nmidnight, starry sky", styles=("Enhance",))[0]
    assert not re.search("golden|sunlit|daylight|morning", night.expansion)


def test_an_embedding_in_a_style_is_named_too():
    found = recipes("a lake", styles=("Calm Water",))[0]
    assert found.embeddings == ("Calm",)


def test_a_larger_count_goes_round_the_arrays():
    found = recipes("[[red, green]] circle", count=3)
    assert [each.prompt for each in found] == ["red circle", "green circle", "red circle"]


@pytest.mark.parametrize(
    ("prompt", "number"),
    [("[[a,b,c]]" * 3 + "[[a,b]]", "54"), ("[[a,b]]" * 1000, "over a million")],
)
def test_more_pictures_than_a_job_holds_are_refused_with_their_number(prompt, number):
    with pytest.raises(BadRequest) as caught:
        recipes(prompt)
    assert f"ask for {number} pictures; 32 is the most" in caught.value.message
    assert caught.value.field == "prompt"


def test_wildcards_differ_by_seed_or_go_in_order():
    by_chance = [each.prompt for each in recipes("a __color__ fox", count=12)]
    assert len(set(by_chance)) == 3
    assert by_chance == [each.prompt for each in recipes("a __color__ fox", count=12)]
    in_order = recipes("a __color__ fox", count=4, wildcards_in_order=True)
    assert [each.prompt.split()[1] for each in in_order] == ["red", "green", "blue", "red"]


def test_the_negative_prompt_of_a_preset_is_in_the_language_too():
    (recipe,) = recipes("a fox", preset="chalky", wildcards_in_order=True)
    assert recipe.negative_prompt == "red"


def test_the_second_picture_alone_has_the_words_it_had_among_others():
    prompt = "a __color__ {fox|cat|owl}"
    _, second = recipes(prompt, styles=("Random Style", "Enhance"), count=2)
    (alone,) = recipes(prompt, seed=8, styles=("Random Style", "Enhance"))
    assert (alone.prompt, alone.styles) == (second.prompt, second.styles)


def test_a_picture_with_wildcards_in_order_alone_has_the_words_it_had_among_others():
    prompt = r"a __color__ {fox|cat|owl} [[in, under]] \(snow\), \__color__"
    asked = {"negative_prompt": "__color__ {fog|rain}", "wildcards_in_order": True}
    for one in recipes(prompt, count=5, **asked):
        settings = of_recipe(one)
        (alone,) = recipes(settings.prompt, settings.seed, negative_prompt=settings.negative_prompt)
        assert (alone.prompt, alone.negative_prompt) == (one.prompt, one.negative_prompt)


def test_a_wildcard_more_leaves_the_random_style_as_it_was():
    for seed in range(20):
        (one,) = recipes("a fox", seed, styles=("Random Style",))
        (other,) = recipes("a __color__ fox", seed, styles=("Random Style",))
        assert one.styles == other.styles


def test_styles_wrap_the_first_line_and_the_others_follow():
    (recipe,) = recipes("a (red:1.2) fox\na tree", styles=("Ink", "Dark"))
    assert recipe.prompt == "ink drawing of a (red:1.2) fox\na (red:1.2) fox, dark\na tree"
    assert recipe.negative_prompt == "color"


def test_models_that_read_sentences_get_one_line_of_styles():
    (recipe,) = recipes("a fox", model="long", styles=("Ink", "Dark"))
    assert recipe.prompt == "ink drawing of a fox, dark"


def test_enhance_adds_to_the_first_line_and_says_what():
    (recipe,) = recipes("a (red:1.2) fox\na tree", styles=("Enhance", "Ink"))
    assert recipe.expansion
    assert recipe.expansion == additions("a red fox", Random("enhance 7"), ", ink drawing of ")
    assert recipe.prompt == f"ink drawing of a (red:1.2) fox, {recipe.expansion}\na tree"
    assert recipes("a fox")[0].expansion == ""


def test_a_tag_is_added_to_the_loras_and_beats_one_of_the_same_name():
    (recipe,) = recipes("a fox <lora:ink:0.5> <lora:chalk:1>", preset="chalky")
    assert recipe.prompt == "a fox"
    assert recipe.loras == (LoRA(name="chalk", weight=1), LoRA(name="ink", weight=0.5))


def test_a_tag_finds_its_lora_in_any_case_under_the_name_it_has():
    (recipe,) = recipes("a fox <lora:INK:0.5> <lora:Chalk:1>", preset="chalky")
    assert recipe.loras == (LoRA(name="chalk", weight=1), LoRA(name="ink", weight=0.5))


def test_of_names_that_differ_by_case_alone_only_the_very_same_is_found():
    both = replace(PANTRY, loras={"starter": frozenset({"Ink", "ink"}), "long": frozenset()})
    (recipe,) = recipes("a fox <lora:Ink>", pantry=both)
    assert [lora.name for lora in recipe.loras] == ["Ink"]
    with pytest.raises(UnknownName):
        recipes("a fox <lora:INK>", pantry=both)


def test_an_embedding_is_found_in_any_case_the_very_same_first():
    (recipe,) = recipes("a fox embedding:calm")
    assert recipe.embeddings == ("Calm",)
    both = replace(PANTRY, embeddings={"starter": frozenset({"Calm", "calm"})})
    (recipe,) = recipes("a fox embedding:Calm", pantry=both)
    assert recipe.embeddings == ("Calm",)


@pytest.mark.parametrize(
    ("prompt", "field", "hint"),
    [
        ("a <lora:chalc> fox", "lora", "chalk"),
        ("a __colr__ fox", "wildcard", "color"),
        ("embedding:clam", "embedding", "Calm"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(prompt, field, hint):
    with pytest.raises(UnknownName) as caught:
        recipes(prompt)
    assert caught.value.field == field
    assert f"“{hint}”" in caught.value.message


def test_a_model_without_embeddings_says_so():
    with pytest.raises(UnknownName) as caught:
        recipes("embedding:calm", pantry=replace(PANTRY, embeddings={}))
    assert "no embedding here" in caught.value.message
