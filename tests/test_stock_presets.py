"""What is ready, what has to come first, and presets that people save."""

import json

import pytest

from fooocus_lite.errors import BadRequest, UnknownName, WeightsError
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.supplies import saved_presets


@pytest.fixture
def studio(tmp_path):
    return Studio(load({"home": tmp_path}))


def asked(**values):
    return ImageRequest(prompt="a fox", **values)


def test_with_nothing_downloaded_only_the_starter_is_ready(studio):
    assert studio.stock.ready_presets() == ("starter",)
    assert {"sdxl", "qwen-image", "z-image-turbo"} <= set(studio.stock.presets)


def test_a_picture_of_a_model_that_is_not_here_can_be_planned_but_not_started(studio):
    (recipe,) = studio.orders.plan(asked(preset="qwen-image"))
    assert recipe.model == "Qwen/Qwen-Image-2512"
    assert studio.stock.family_of(recipe.model).name == "qwen-image"
    pantry = studio.stock.pantry()
    assert recipe.model in pantry.families.keys() & pantry.loras.keys() & pantry.embeddings.keys()
    with pytest.raises(WeightsError) as caught:
        studio.orders.start(asked(preset="qwen-image"))
    assert "Qwen/Qwen-Image-2512 (53.8 GiB)" in caught.value.message
    assert "Presets that work now: starter." in caught.value.message
    assert caught.value.allowed == ["starter"]
    assert studio.jobs.active() == []


def test_the_sentence_names_the_preset_that_was_asked_for(studio):
    with pytest.raises(WeightsError, match=r"^“Lightning” needs the model stabilityai/"):
        studio.orders.start(asked(preset="lightning"))


def test_a_performance_whose_lora_is_not_here_says_where_it_goes(studio, tiny_model):
    folder = studio.settings.models / "stabilityai" / "stable-diffusion-xl-base-1.0"
    folder.parent.mkdir(parents=True)
    folder.symlink_to(tiny_model)
    assert "sdxl" in studio.stock.ready_presets()
    with pytest.raises(WeightsError) as caught:
        studio.orders.start(asked(preset="sdxl", performance="Extreme Speed"))
    assert "models download lcm-lora-sdxl" in caught.value.message
    loras = studio.settings.models / "loras"
    loras.mkdir()
    (loras / "lcm-lora-sdxl.safetensors").write_bytes(b"")
    studio.stock.check_is_here(
        studio.orders.plan(asked(preset="sdxl", performance="Extreme Speed"))
    )


def test_a_model_nobody_names_is_unknown(studio):
    with pytest.raises(UnknownName):
        studio.stock.family_of("somebody/something")


def test_a_saved_preset_is_there_at_once_and_after_a_restart(studio):
    (recipe,) = studio.orders.plan(asked(performance="Speed", aspect="3:2", styles=("Watercolor",)))
    path = saved_presets.save(studio.stock, " My small ones ", recipe)
    assert path == studio.settings.home / "presets" / "my-small-ones.json"
    for stock in (studio.stock, Studio(studio.settings).stock):
        saved = stock.preset_named("my small ones")
        assert (saved.performance, saved.aspect, saved.styles) == ("Speed", "3:2", ("Watercolor",))
    assert "a fox" not in path.read_text(encoding="utf-8")
    assert "My small ones" in studio.stock.ready_presets()


def test_a_saved_preset_is_replaced_only_when_asked_to(studio):
    (recipe,) = studio.orders.plan(asked(aspect="3:2"))
    first = saved_presets.save(studio.stock, "Mine", recipe)
    (other,) = studio.orders.plan(asked(aspect="2:3"))
    with pytest.raises(BadRequest, match="a preset called “Mine” already"):
        saved_presets.save(studio.stock, "mine", other)
    assert saved_presets.save(studio.stock, "mine", other, replace=True) == first
    assert studio.stock.preset_named("Mine").aspect == "2:3"


@pytest.mark.parametrize("name", ["starter", "SDXL", "handmade"])
def test_what_came_along_or_was_written_by_hand_is_never_replaced(studio, name):
    folder = studio.settings.home / "presets"
    folder.mkdir()
    (folder / "handmade.json").write_text(json.dumps({"model": "starter"}), encoding="utf-8")
    studio.stock.reload()
    (recipe,) = studio.orders.plan(asked())
    with pytest.raises(BadRequest, match="Choose another name"):
        saved_presets.save(studio.stock, name, recipe, replace=True)
    assert [file.name for file in folder.iterdir()] == ["handmade.json"]


@pytest.mark.parametrize("name", ["", "../out", "a/b", "CON:", "x" * 100])
def test_a_name_never_becomes_a_path(studio, name):
    (recipe,) = studio.orders.plan(asked())
    with pytest.raises(BadRequest, match="no name for a preset"):
        saved_presets.save(studio.stock, name, recipe)
    assert not (studio.settings.home / "presets").exists()


def test_a_file_put_there_counts_after_a_reload(studio):
    folder = studio.settings.home / "presets"
    folder.mkdir()
    (folder / "new.json").write_text(json.dumps({"model": "starter"}), encoding="utf-8")
    (folder / "fooocus.json").write_text(
        json.dumps({"default_model": "hill", "default_sample_sharpness": 9}), encoding="utf-8"
    )
    assert "new" not in studio.stock.presets
    studio.stock.reload()
    assert "new" in studio.stock.presets
    assert any(notice.startswith("fooocus.json") for notice in studio.notices)
    assert studio.stock.problems == ()
