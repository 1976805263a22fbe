"""Refiners from the preset to the picture: asked for, missing, refused, used, replayed."""

import json
import time
from argparse import Namespace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import tiny

from fooocus_lite.cli.replay import replay
from fooocus_lite.errors import BadRequest, WeightsError
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.supplies.preset_files import write
from fooocus_lite.supplies.wishes import wish_for
from fooocus_lite.thinking.families import CANNOT_SPLIT, FAMILIES
from fooocus_lite.thinking.pantry import Pantry
from fooocus_lite.thinking.presets import Preset, problem_of
from fooocus_lite.thinking.resolve import resolve
from fooocus_lite.weights import catalogue, refiners, verify

OFFICIAL = "stabilityai/stable-diffusion-xl-refiner-1.0"
TINY = "tiny/refiner"


def preset(**values: Any) -> Preset:
    return Preset(
        **{"name": "refined", "model": "base", "family": "sdxl", "refiner": TINY, **values}
    )


def resolved(wanted: Preset, family: str = "sdxl", **asked: Any) -> Recipe:
    pantry = Pantry(
        presets={wanted.name: wanted},
        styles={},
        families={"base": FAMILIES[family]},
        loras={"base": frozenset()},
        default_preset=wanted.name,
    )
    (recipe,) = resolve(ImageRequest(prompt="a fox", **asked), pantry, Random(1))
    return recipe


def test_a_presets_refiner_is_in_the_recipe_with_its_switch() -> None:
    assert (resolved(preset()).refiner, resolved(preset()).refiner_switch) == (TINY, 0.8)
    assert resolved(preset(refiner_switch=0.5)).refiner_switch == 0.5


def test_a_switch_of_1_or_a_quick_performance_leaves_the_refiner_out() -> None:
    for recipe in (
        resolved(preset(refiner_switch=1)),
        resolved(preset(), performance="Lightning"),
    ):
        assert (recipe.refiner, recipe.refiner_switch) == (None, None)


@pytest.mark.parametrize("scheduler", CANNOT_SPLIT)
def test_a_scheduler_that_cannot_hand_over_is_refused_by_name(scheduler: str) -> None:
    with pytest.raises(BadRequest, match=f"{scheduler} cannot hand over .* {TINY}") as caught:
        resolved(preset(), scheduler=scheduler)
    assert caught.value.field == "scheduler"
    assert resolved(preset(refiner=None), scheduler=scheduler).scheduler == scheduler


def test_a_family_without_refiners_is_named() -> None:
    said = problem_of(preset(family="sd15"))
    assert said is not None
    assert said.message == "Stable Diffusion 1.5 has no refiners."
    with pytest.raises(BadRequest, match=r"Stable Diffusion 1\.5 has no refiners"):
        resolved(preset(family=None), "sd15")


def test_recipes_from_before_refiners_are_read_and_half_a_refiner_is_not() -> None:
    recipe = resolved(preset(refiner=None))
    old = recipe.model_dump(exclude={"refiner", "refiner_switch"}, mode="json")
    assert Recipe.model_validate(old) == recipe
    with pytest.raises(ValueError, match="come together"):
        Recipe.model_validate({**old, "refiner": TINY})


def test_the_official_refiner_can_be_wished_for() -> None:
    assert wish_for(OFFICIAL, {}).repo_id == OFFICIAL


def test_a_refiner_is_found_and_is_no_model_of_its_own(tmp_path: Path) -> None:
    folder = tiny.build_refiner(tmp_path / TINY)
    tiny.build(tmp_path / "tiny" / "base")
    assert refiners.find([tmp_path]) == {TINY: folder}
    assert set(catalogue.find([tmp_path])) == {"tiny/base"}


@pytest.fixture
def studio(tmp_path: Path) -> Any:
    tiny.build(tmp_path / "models" / "base")
    write(preset(), tmp_path / "presets", None)
    opened = Studio(load({"home": tmp_path}))
    yield opened
    opened.close()


SMALL = ImageRequest(
    prompt="a red circle", preset="refined", width=512, height=512, num_inference_steps=5, seed=3
)


def test_a_missing_refiner_says_how_it_comes(studio: Studio) -> None:
    with pytest.raises(WeightsError, match=f"The refiner {TINY} is not on this computer") as error:
        studio.start(SMALL)
    assert f"fooocus-lite models download {TINY}" in error.value.message
    assert error.value.download == TINY


def test_a_refined_picture_carries_both_models_hashes_and_can_be_made_again(
    studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny.build_refiner(tmp_path / "models" / TINY)
    assert studio.cook()
    job = studio.start(SMALL)
    deadline = time.monotonic() + 300
    while not (view := studio.view(job)).is_final:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    assert view.state == "completed", view.error
    (picture,) = view.pictures
    found = studio.gallery.inspect(picture.path).recipe
    assert found == picture.recipe
    assert (found.refiner, found.refiner_switch) == (TINY, 0.8)
    unet = "unet/diffusion_pytorch_model.safetensors"
    assert found.model_hashes[f"refiner/{unet}"] == verify.sha256(folder / unet)
    assert found.model_hashes[unet] != found.model_hashes[f"refiner/{unet}"]
    studio.close()
    asked = Namespace(picture=str(picture.path), image=None, json=True)
    assert replay(load({"home": tmp_path}), asked) == 0
    assert json.loads(capsys.readouterr().out)["identical"] is True
