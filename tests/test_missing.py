"""What is said when a model or LoRA is not here."""

import pytest

from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.supplies.missing import lora_error, model_error
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.presets import Preset

PRESETS = {
    "general": Preset(name="general", title="General", model="o/xl", download_gib=6.5),
    "quick": Preset(name="quick", model="o/xl"),
}


def recipe(preset: str | None, model: str = "o/xl") -> Recipe:
    return Recipe(
        model=model, family="sdxl", prompt="a", num_inference_steps=1, guidance_scale=1,
        scheduler="euler", width=512, height=512, seed=1,
        request=ImageRequest(prompt="a", preset=preset),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("preset", "model", "begins"),
    [
        ("general", "o/xl", "“General” needs the model o/xl (6.5 GiB), which"),
        ("quick", "o/xl", "“quick” needs the model o/xl, which"),
        (None, "o/xl", "“General” needs the model o/xl (6.5 GiB), which"),
        ("general", "o/other", "This needs the model o/other, which"),
    ],
)
def test_a_missing_model_is_named_with_the_preset_that_was_asked_for(preset, model, begins):
    error = model_error(recipe(preset, model), PRESETS, ("starter",))
    assert error.message.startswith(begins)
    way = f"Download it under Models, or with `fooocus-lite models download {model}`."
    assert error.message.endswith(f"{way} Presets that work now: starter.")
    assert error.allowed == ["starter"]
    assert error.download == model
    assert error.problem is not None
    assert error.message.startswith(error.problem)
    assert error.problem.endswith("not on this computer yet.")


def test_a_model_that_is_not_of_the_hub_has_to_be_put_there():
    error = model_error(recipe(None, "my-own"), PRESETS, ("starter",))
    assert "It belongs into models/my-own." in error.message
    assert error.download is None


def test_without_any_model_no_preset_is_promised():
    assert model_error(recipe(None), PRESETS, ()).message.endswith("No preset works yet.")


@pytest.mark.parametrize(
    ("name", "says", "download"),
    [
        ("lcm-lora-sdxl", "`fooocus-lite models download lcm-lora-sdxl`. Or", "lcm-lora-sdxl"),
        ("film", "Put film.safetensors into models/loras, or leave it out.", None),
    ],
)
def test_a_missing_lora_says_where_it_comes_from_and_goes(name, says, download):
    error = lora_error(name, FAMILIES["sdxl"])
    assert f"The LoRA “{name}” is not on this computer yet." in error.message
    assert says in error.message
    assert error.field == "lora"
    assert error.download == download
