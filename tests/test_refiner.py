"""Refiners from the preset to the picture: asked for, missing, refused, used, replayed."""

import json
import time
from argparse import Namespace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import tiny

from fooocus_lite.cli import main
from fooocus_lite.cli.replay import replay
from fooocus_lite.errors import BadRequest, WeightsError
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.supplies import missing, saved_presets
from fooocus_lite.supplies.preset_files import write
from fooocus_lite.supplies.wishes import wishes_for
from fooocus_lite.thinking.families import CANNOT_SPLIT, FAMILIES
from fooocus_lite.thinking.pantry import Pantry
from fooocus_lite.thinking.presets import Preset, preset_of, problem_of
from fooocus_lite.thinking.resolve import resolve
from fooocus_lite.ui.model_facts import listing
from fooocus_lite.visitor import Visitor
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
    assert said.message == "Stable Diffusion 1.5 has no refiners. Leave out refiner."
    with pytest.raises(BadRequest, match=r"Stable Diffusion 1\.5 has no refiners"):
        resolved(preset(family=None), "sd15")


def test_recipes_from_before_refiners_are_read_and_half_a_refiner_is_not() -> None:
    recipe = resolved(preset(refiner=None))
    old = recipe.model_dump(exclude={"refiner", "refiner_switch"}, mode="json")
    assert Recipe.model_validate(old) == recipe
    with pytest.raises(ValueError, match="come together"):
        Recipe.model_validate({**old, "refiner": TINY})


HUB_PLAIN = Preset(name="sdxl", title="General", model="o/xl", family="sdxl", download_gib=6.5)
HUB_REFINED = HUB_PLAIN.model_copy(
    update={
        "name": "refined",
        "title": "General, refined",
        "refiner": OFFICIAL,
        "refiner_gib": 5.7,
    }
)
HUB = {each.name: each for each in (HUB_REFINED, HUB_PLAIN)}


def test_the_plain_preset_stands_for_a_model_and_the_refined_one_for_its_refiner() -> None:
    assert preset_of("o/xl", HUB.values()) == HUB_PLAIN
    assert preset_of(OFFICIAL, HUB.values()) == HUB_REFINED
    assert preset_of("o/xl", [HUB_REFINED]) == HUB_REFINED
    assert preset_of("o/other", HUB.values()) is None
    quick = HUB_PLAIN.model_copy(update={"name": "quick", "download_gib": 6.9})
    own = Preset(name="own", model="o/xl")
    assert preset_of("o/xl", [own, quick, HUB_REFINED, HUB_PLAIN]) == HUB_PLAIN
    unrefined = HUB_REFINED.model_copy(update={"refiner_switch": 1.0})
    assert unrefined.needs == ("o/xl",)
    assert (unrefined.total_gib, HUB_REFINED.total_gib, preset().total_gib) == (6.5, 12.2, None)


def test_a_refined_preset_brings_both_models_and_a_model_only_itself() -> None:
    assert [each.repo_id for each in wishes_for("refined", HUB)] == ["o/xl", OFFICIAL]
    assert [each.repo_id for each in wishes_for("sdxl", HUB)] == ["o/xl"]
    own_file = HUB_REFINED.model_copy(update={"refiner": "sd_xl_refiner_1.0"})
    assert [each.repo_id for each in wishes_for("mine", {"mine": own_file})] == ["o/xl"]
    (model,) = wishes_for("o/xl", HUB)
    assert model.title == "General"
    (refiner,) = wishes_for(OFFICIAL, HUB)
    assert (refiner.repo_id, refiner.files, refiner.variant) == (OFFICIAL, (), "fp16")


@pytest.mark.parametrize(
    ("asked", "here", "says", "download", "gib"),
    [
        ("refined", (), f" and the refiner {OFFICIAL} (5.7 GiB), which are", "refined", 12.2),
        ("refined", (OFFICIAL,), "o/xl (6.5 GiB), which is not", "o/xl", 6.5),
        ("sdxl", (), "o/xl (6.5 GiB), which is not", "o/xl", 6.5),
    ],
)
def test_what_is_missing_of_two_models_is_told_at_once(
    asked: str, here: tuple[str, ...], says: str, download: str, gib: float
) -> None:
    recipe = resolved(HUB[asked].model_copy(update={"model": "base"}))
    recipe = recipe.model_copy(
        update={"model": "o/xl", "request": ImageRequest(prompt="a fox", preset=asked)}
    )
    error = missing.model_error(recipe, HUB, (), here)
    assert says in error.message
    assert f"models download {download}`" in error.message
    assert (error.download, error.download_gib) == (download, gib)
    # Without a preset named, as when it is the default one.
    unnamed = recipe.model_copy(update={"request": ImageRequest(prompt="a fox")})
    assert missing.model_error(unnamed, HUB, (), here).message == error.message


def test_a_refiner_is_found_and_is_no_model_of_its_own(tmp_path: Path) -> None:
    folder = tiny.build_refiner(tmp_path / TINY)
    tiny.build(tmp_path / "tiny" / "base")
    (found,) = refiners.find([tmp_path]).values()
    assert (found.name, found.folder, found.family) == (TINY, folder, "sdxl-refiner")
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
        studio.orders.start(SMALL)
    assert f"fooocus-lite models download {TINY}" in error.value.message
    assert error.value.download == TINY


def test_a_refined_preset_is_ready_when_both_models_are_here(
    studio: Studio, tmp_path: Path
) -> None:
    assert "refined" not in studio.stock.ready_presets()
    tiny.build_refiner(tmp_path / "models" / TINY)
    assert "refined" in studio.stock.ready_presets()
    assert set(studio.stock.models_and_refiners()) >= {"base", TINY}


def test_a_refiner_alone_makes_no_picture_and_says_so(studio: Studio, tmp_path: Path) -> None:
    tiny.build_refiner(tmp_path / "models" / TINY)
    tiny.build_refiner(tmp_path / "models" / "spare")
    assert saved_presets.for_model(studio.stock, TINY).name == "refined"
    with pytest.raises(WeightsError, match=f"{TINY} is a refiner: it ends pictures"):
        studio.orders.plan(SMALL.model_copy(update={"model": TINY}))
    with pytest.raises(BadRequest, match="spare is a refiner"):
        saved_presets.for_model(studio.stock, "spare")


def test_the_page_and_the_command_line_list_verify_and_remove_a_refiner(
    studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setenv("FOOOCUS_LITE_HOME", str(tmp_path))
    me = Visitor("1" * 32, name="local", is_host=True)

    def cards() -> dict[str, Any]:
        return {each["name"]: each for each in listing(studio, me)["models"]}

    absent = cards()[OFFICIAL]
    assert absent["about"] == "SDXL refiner · General with refiner"
    assert (absent["size"], absent["can_download"]) == ("5.7 GiB to download", True)
    folder = tiny.build_refiner(tmp_path / "models" / TINY)
    card = cards()[TINY]
    assert (card["about"], card["memory"]) == ("SDXL refiner · refined", "")
    assert card["is_here"]
    assert card["can_use"]
    assert card["can_remove"]
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = [each for each in lines if each.startswith(TINY)]
    assert "sdxl-refiner" in line
    assert line.endswith("used by refined")
    (line,) = [each for each in lines if each.startswith(OFFICIAL)]
    assert line.endswith("used by sdxl-refined, not downloaded")
    assert "5.7 GiB" in line
    assert main(["models", "verify", TINY]) == 0
    assert main(["models", "remove", TINY, "--yes"]) == 0
    assert not folder.exists()


def test_a_refined_picture_carries_both_models_hashes_and_can_be_made_again(
    studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny.build_refiner(tmp_path / "models" / TINY)
    assert studio.cook()
    job = studio.orders.start(SMALL)
    deadline = time.monotonic() + 300
    while not (view := studio.jobs.view(job)).is_final:
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
