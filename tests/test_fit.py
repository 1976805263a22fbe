"""Found settings meet what is installed."""

from dataclasses import replace

import pytest

from fooocus_lite.recipe import LoRA
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.fit import fitted
from fooocus_lite.thinking.foreign.found import FoundSettings
from fooocus_lite.thinking.pantry import Pantry
from fooocus_lite.thinking.presets import Preset
from fooocus_lite.thinking.styles import Style

PRESETS = {
    "starter": Preset(name="starter", title="Starter", model="starter"),
    "general": Preset(name="general", title="General", model="org/base-xl"),
    "portraits": Preset(name="portraits", model="org/base-xl"),
    "gone": Preset(name="gone", model="org/absent"),
}
PANTRY = Pantry(
    presets=PRESETS,
    styles={name: Style(name=name) for name in ("Watercolor", "Enhance")},
    families={"starter": FAMILIES["starter"], "org/base-xl": FAMILIES["sdxl"],
              "lonely.safetensors": FAMILIES["sdxl"]},
    loras={"starter": frozenset({"ink"}), "org/base-xl": frozenset(),
           "lonely.safetensors": frozenset()},
    default_preset="starter",
)  # fmt: skip


def fit(**values: object) -> FoundSettings:
    return fitted(FoundSettings(source="A1111", notes=("said before",), **values), PANTRY)


@pytest.mark.parametrize("is_here", [True, False])
def test_a_picture_it_started_from_is_asked_for_again_where_it_is_not_here(is_here):
    image = "ab" * 32
    pantry = replace(PANTRY, inputs={image: (300, 200)} if is_here else {})
    found = fitted(FoundSettings(source="Fooocus Lite", image=image, strength=0.3), pantry)
    assert (found.image, found.strength) == ((image, 0.3) if is_here else (None, None))
    assert any("Add that picture again" in note for note in found.notes) != is_here


def test_what_fits_is_left_alone():
    found = fit(prompt="a fox", styles=("Watercolor",), preset="portraits", model="org/base-xl",
                performance="Speed", seed=3, width=1024, height=1024,
                scheduler="euler")  # fmt: skip
    assert (found.preset, found.model, found.performance) == ("portraits", "org/base-xl", "Speed")
    assert (found.aspect, found.width, found.height) == ("1:1", 1024, 1024)
    assert (found.prompt, found.seed, found.scheduler) == ("a fox", 3, "euler")
    assert found.notes == ("said before",)


@pytest.mark.parametrize(
    ("values", "preset", "model"),
    [
        ({}, "starter", "starter"),
        ({"preset": "portraits"}, "portraits", "org/base-xl"),
        ({"preset": "unheard of"}, "starter", "starter"),
        ({"model": "org/base-xl"}, "general", "org/base-xl"),
        ({"model": "folder\\Base-XL.safetensors"}, "general", "org/base-xl"),
        ({"preset": "general", "model": "starter"}, "starter", "starter"),
    ],
)
def test_a_preset_is_found_for_the_model(values, preset, model):
    found = fit(**values)
    assert (found.preset, found.model) == (preset, model)
    assert found.notes == ("said before",)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"model": "juggernaut"}, "“juggernaut” is not here; Starter is used"),
        ({"model": "org/absent", "preset": "gone"}, "“org/absent” is not here"),
        ({"model": "lonely"}, "“lonely” is in no preset; Starter is used"),
        ({"styles": ("Nope", "watercolor")}, "Without the style Nope"),
        ({"styles": ("A", "B")}, "Without the styles A, B"),
        ({"performance": "Hyper-SD"}, "“Hyper-SD” is not possible"),
        ({"loras": (LoRA(name="film"),)}, "LoRA “film”"),
        ({"scheduler": "flow_euler"}, "scheduler flow_euler"),
        ({"width": 1024, "height": 1024}, "does not make 1024 × 1024"),
        ({"width": 4096, "height": 2304}, "does not make 4096 × 2304"),
        ({"width": 250, "height": 250}, "248 × 248 is chosen"),
    ],
)
def test_what_is_not_here_is_said(values, says):
    found = fit(**values)
    assert found.notes[0] == "said before"
    assert says in found.notes[1]
    assert len(found.notes) == 2


def test_of_two_presets_of_a_model_the_one_without_a_refiner_stands_for_it():
    plain = Preset(name="z-plain", model="lonely.safetensors", family="sdxl")
    refined = Preset(name="a-refined", model="lonely.safetensors", family="sdxl", refiner="polish")
    pantry = replace(PANTRY, presets={**PANTRY.presets, "a-refined": refined, "z-plain": plain})
    assert fitted(FoundSettings(source="t", model="lonely.safetensors"), pantry).preset == "z-plain"
    named = FoundSettings(source="t", model="lonely.safetensors", preset="a-refined")
    assert fitted(named, pantry).preset == "a-refined"


def test_a_size_out_of_reach_keeps_its_shape():
    found = fit(width=4096, height=2304)
    assert (found.aspect, found.width, found.height) == ("16:9", 256, 144)


def test_spelling_and_fooocus_names_are_ours_afterwards():
    found = fit(styles=("WATERCOLOR", "Fooocus V2"), performance="speed", loras=(LoRA(name="Ink"),))
    assert found.styles == ("Watercolor", "Enhance")
    assert found.performance == "Speed"
    assert found.loras == (LoRA(name="ink"),)
