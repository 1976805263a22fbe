"""From the controls to a request and back."""

from pathlib import Path

import gradio as gr
import pytest
from ui_fake import FakeStudio

from fooocus_lite.errors import BadRequest
from fooocus_lite.recipe import MAX_SEED, ImageRequest, LoRA, Recipe
from fooocus_lite.settings import Settings
from fooocus_lite.thinking.families import STARTER
from fooocus_lite.thinking.fit import fitted
from fooocus_lite.thinking.foreign.found import FoundSettings
from fooocus_lite.thinking.inspection import of_recipe
from fooocus_lite.ui.form import number_of, preset_updates, request_of, settings_of, with_values

NAMES = (
    "prompt", "aspect", "styles", "preset", "count", "seed", "negative_prompt", "performance",
    "num_inference_steps", "guidance_scale", "scheduler", "image_format", "size",
    "wildcards_in_order", "start",
)  # fmt: skip
FIELDS = {name: gr.Textbox(render=False) for name in NAMES}
UNTOUCHED = {
    "prompt": "a hill", "aspect": "3:2", "styles": ["Noir"], "preset": "starter", "count": 2,
    "seed": "-1", "negative_prompt": "", "performance": "Quality", "num_inference_steps": "",
    "guidance_scale": "", "scheduler": "", "image_format": "png", "size": None,
    "wildcards_in_order": False, "start": None,
}  # fmt: skip


def asked(**changes: object) -> ImageRequest:
    values = {FIELDS[name]: value for name, value in {**UNTOUCHED, **changes}.items()}
    return request_of(FIELDS, values)


def test_untouched_controls_leave_the_choice_to_the_program():
    request = asked()
    assert request.num_inference_steps is None
    assert request.guidance_scale is None
    assert request.scheduler is None
    assert request.seed == -1
    assert request.styles == ("Noir",)


def test_what_is_written_is_what_is_asked():
    request = asked(seed=" 7 ", num_inference_steps="9", guidance_scale="2,5", scheduler="euler")
    assert (request.seed, request.num_inference_steps) == (7, 9)
    assert (request.guidance_scale, request.scheduler) == (2.5, "euler")


def test_wildcards_go_in_order_only_where_that_is_ticked():
    assert not asked().wildcards_in_order
    assert asked(wildcards_in_order=True).wildcards_in_order


def test_a_picture_to_start_from_is_asked_for_with_its_strength_or_the_familys():
    assert asked().image is None
    for strength in (None, 0.3):
        request = asked(start={"image": "ab" * 32, "strength": strength})
        assert (request.image, request.strength) == ("ab" * 32, strength)
    with pytest.raises(BadRequest, match="strength"):
        asked(start={"image": "ab" * 32, "strength": 2})


def test_removing_every_style_means_no_style():
    assert asked(styles=[]).styles == ()


@pytest.mark.parametrize(
    ("text", "seed"), [("", -1), ("−1", -1), (None, -1), (str(MAX_SEED), MAX_SEED)]
)
def test_seeds_as_people_write_them(text, seed):
    assert asked(seed=text).seed == seed


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("seed", "abc", "The seed “abc” is not a whole number"),
        ("seed", "1.5", "The seed “1.5” is not a whole number"),
        ("seed", str(2**70), "The seed is “1180591620717411303424”"),
        ("num_inference_steps", "many", "The steps “many” is not a whole number"),
        ("num_inference_steps", "0", "The number of steps is “0”"),
        ("guidance_scale", "nan", "The guidance is “nan”"),
        ("guidance_scale", "31", "The guidance is “31.0”"),
        ("count", 0, "The number of pictures is “0”"),
        ("count", 10**6, "The number of pictures is “1000000”"),
        ("prompt", "a\x00b", "control character U+0000"),
        ("prompt", None, "prompt is empty"),
        ("prompt", "x" * 10_001, "10,001 characters"),
    ],
)
def test_a_wrong_value_is_named_in_words_of_the_page(field, value, said):
    with pytest.raises(BadRequest) as error:
        asked(**{field: value})
    assert said in error.value.message


def test_a_long_value_is_shortened_in_the_answer():
    with pytest.raises(BadRequest) as error:
        number_of("y" * 500, "seed", int)
    assert len(error.value.message) < 200


def recipe(**request: object) -> Recipe:
    asked_for = ImageRequest(**{"prompt": "a hill", "styles": ("Noir",), **request})
    return Recipe(
        model="starter", family="starter", prompt="a hill, noir", styles=("Noir", "Gone"),
        num_inference_steps=20, guidance_scale=3.0, scheduler="euler", width=160, height=240,
        seed=12, request=asked_for,
    )  # fmt: skip


def filled_with(found: FoundSettings, home: Path) -> dict[str, object]:
    studio = FakeStudio(Settings(home=home, output_path=home / "outputs"))
    here = fitted(found, studio.stock.pantry())
    filled = settings_of(FIELDS, here, studio.stock.presets["starter"], STARTER)
    return {name: filled[FIELDS[name]] for name in NAMES if FIELDS[name] in filled}


def test_settings_of_a_picture_are_what_was_typed_not_what_styles_made_of_it(home: Path):
    shown = filled_with(of_recipe(recipe(num_inference_steps=9)), home)
    assert shown["prompt"] == "a hill"
    assert shown["styles"] == ["Noir"]
    assert shown["seed"] == "12"
    assert shown["num_inference_steps"] == "9"
    assert shown["guidance_scale"] == ""
    assert shown["aspect"] == "2:3"
    assert shown["performance"] == "Quality"
    assert "count" not in shown


def test_what_found_settings_do_not_say_is_chosen_by_the_program(home: Path):
    shown = filled_with(
        FoundSettings(source="A1111", prompt="a fox", loras=(LoRA(name="ink-wash", weight=0.5),)),
        home,
    )
    assert shown["prompt"] == "a fox <lora:ink-wash:0.5>"
    assert shown["styles"] == []
    assert (shown["seed"], shown["num_inference_steps"], shown["scheduler"]) == ("-1", "", "")
    assert "aspect" not in shown


def test_settings_without_words_leave_those_already_written(home: Path):
    assert "prompt" not in filled_with(FoundSettings(source="A1111", seed=3), home)


def test_a_size_no_button_has_is_asked_for_in_pixels(home: Path):
    odd = recipe().model_copy(update={"width": 200, "height": 208})
    shown = filled_with(of_recipe(odd), home)
    assert shown["size"] == {"width": 200, "height": 208}
    assert "aspect" not in shown
    assert filled_with(of_recipe(recipe()), home)["size"] is None


def test_a_preset_changes_its_own_controls_only(home: Path):
    studio = FakeStudio(Settings(home=home, output_path=home / "outputs"))
    changed = preset_updates(FIELDS, studio.stock.presets["starter"], STARTER)
    kept = {FIELDS[name] for name in ("prompt", "seed", "count")}
    assert not kept & set(changed)
    assert changed[FIELDS["styles"]] == ["Watercolor"]


def test_a_size_of_ones_own_beats_the_aspect_button():
    request = asked(size={"width": 192, "height": 128})
    assert (request.width, request.height) == (192, 128)
    assert (asked().width, asked().aspect) == (None, "3:2")


def test_values_leave_the_choices_of_a_change_alone():
    scheduler, seed = FIELDS["scheduler"], FIELDS["seed"]
    changes = {scheduler: gr.update(choices=["a", "b"], value="a")}
    merged = with_values(changes, {scheduler: "b", seed: "7"})
    assert merged == {scheduler: gr.update(choices=["a", "b"], value="b"), seed: "7"}
