"""A checkpoint in one file gives the same pictures as the folder it came from, and no request."""

import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import single_files
import tiny
import tiny_families
import torch
from safetensors.torch import load_file, save_file

from fooocus_lite.engine import pipelines
from fooocus_lite.engine.kitchen import Kitchen
from fooocus_lite.errors import WeightsError
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.memory import HardwareFacts, MemoryPlan
from fooocus_lite.weights import catalogue, refiners, sizes
from fooocus_lite.weights.ingredients import Ingredients


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any request is a failure, also one that would be caught and tried again."""

    def refuse(*arguments: Any, **_: Any) -> None:
        pytest.fail(f"a request went out: {arguments[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


PLAN = MemoryPlan(
    device="cpu",
    dtype="float32",
    threads=1,
    offload="none",
    has_vae_tiling=False,
    expected_vram_mib=0,
    expected_ram_mib=0,
    needed_mib=0,
    reason="for a test",
)


REFINED = Recipe(
    model="base",
    family="sdxl",
    prompt="a red circle",
    num_inference_steps=4,
    guidance_scale=3.0,
    scheduler="euler",
    width=64,
    height=64,
    seed=7,
    refiner="polish",
    refiner_switch=0.5,
    request=ImageRequest(prompt="a red circle"),
)


def settings_of(folder: Path, target: Path) -> Path:
    """What is downloaded of a repository for a single file: all but its weights."""
    return Path(
        shutil.copytree(
            folder, target, ignore=shutil.ignore_patterns("*.safetensors", "preview.json")
        )
    )


def picture(pipeline: Any) -> torch.Tensor:
    result = pipeline(
        prompt="a cat",
        width=64,
        height=64,
        num_inference_steps=2,
        generator=torch.Generator("cpu").manual_seed(7),
        output_type="pt",
    )
    return result.images


@pytest.mark.parametrize(
    ("family", "build", "write"),
    [
        ("sdxl", tiny.build, single_files.sdxl),
        ("sd15", tiny.build_sd15, single_files.sd15),
    ],
)
def test_pixels_are_those_of_the_folder(
    tmp_path: Path, family: str, build: Callable[..., Path], write: Callable[..., Path]
) -> None:
    folder = build(tmp_path / "folder")
    file = write(folder, tmp_path / "models" / "checkpoints" / "mine.safetensors")
    settings_of(folder, tmp_path / "models" / "configs" / family)
    model = catalogue.find([tmp_path / "models"])["mine"]
    single = pipelines.load(model.folder, FAMILIES[family], PLAN, config=model.config)
    whole = pipelines.load(folder, FAMILIES[family], PLAN)
    assert file == model.folder
    assert torch.equal(picture(single), picture(whole))
    assert dict(single.scheduler.config) == dict(whole.scheduler.config)


def test_a_refiner_in_one_file_ends_pictures_as_its_folder_does(
    tmp_path: Path, tiny_model: Path
) -> None:
    folder = tiny.build_refiner(tmp_path / "folder")
    single_files.refiner(folder, tmp_path / "models" / "checkpoints" / "polish_1.0.safetensors")
    assert refiners.find([tmp_path / "models"]) == {}
    settings_of(folder, tmp_path / "models" / "configs" / "sdxl-refiner")
    found = refiners.find([tmp_path / "models", tmp_path])
    single, whole = found["polish_1.0"], found["folder"]
    assert (single.kind, single.family) == ("file", "sdxl-refiner")
    assert catalogue.find([tmp_path / "models"]) == {}
    kitchen = Kitchen(HardwareFacts(free_ram_mib=8_000))
    pictures = []
    for model in (single, whole):
        recipe = REFINED.model_copy(update={"refiner": model.name})
        kitchen.load(recipe, tiny.files(tiny_model, refiner=model), lambda _: None)
        pictures.append(kitchen.cook(recipe, lambda _: None, lambda: False).tobytes())
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("family", ["flux1", "z-image"])
def test_a_denoiser_alone_takes_its_other_parts_from_a_whole_model(
    tmp_path: Path, family: str
) -> None:
    folder = tiny_families.build(family, tmp_path / "folder")
    other = tiny_families.build(family, tmp_path / "other", seed=5)
    file = shutil.copy(
        next((other / "transformer").glob("*.safetensors")), tmp_path / "x.safetensors"
    )
    pipeline = pipelines.load(Path(file), FAMILIES[family], PLAN, config=folder)
    of_other = load_file(file)
    weights = pipeline.transformer.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in of_other.items())
    assert picture(pipeline).shape[-2:] == (64, 64)


def test_a_denoiser_alone_without_its_other_parts_is_a_sentence(tmp_path: Path) -> None:
    folder = tiny_families.build("flux1", tmp_path / "folder")
    file = shutil.copy(
        next((folder / "transformer").glob("*.safetensors")), tmp_path / "x.safetensors"
    )
    config = settings_of(folder, tmp_path / "config")
    for here in (None, config):
        with pytest.raises(WeightsError, match=r"models download black-forest-labs/FLUX\.1-dev"):
            pipelines.load(Path(file), FAMILIES["flux1"], PLAN, config=here)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return single_files.sdxl(tiny.build(tmp_path / "folder"), tmp_path / "mine.safetensors")


def test_a_file_without_its_settings_names_the_command(checkpoint: Path) -> None:
    with pytest.raises(WeightsError, match=r"models download stabilityai/\S+ --config-only"):
        pipelines.load(checkpoint, FAMILIES["sdxl"], PLAN)


def test_a_file_of_another_family_says_which_it_is(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"made for SDXL, and not for Stable Diffusion 1\.5"):
        pipelines.load(checkpoint, FAMILIES["sd15"], PLAN, config=tmp_path / "folder")


@pytest.mark.parametrize("gone", ["conditioner.embedders.1.", "first_stage_model.", "time_embed"])
def test_a_file_that_lacks_weights_is_a_sentence_not_noise(
    checkpoint: Path, tmp_path: Path, gone: str
) -> None:
    kept = {name: value for name, value in load_file(checkpoint).items() if gone not in name}
    save_file(kept, checkpoint)
    config = settings_of(tmp_path / "folder", tmp_path / "config")
    with pytest.raises(WeightsError):
        pipelines.load(checkpoint, FAMILIES["sdxl"], PLAN, config=config)


def test_a_mark_for_velocity_prediction_is_followed(checkpoint: Path, tmp_path: Path) -> None:
    weights = load_file(checkpoint) | {"v_pred": torch.tensor([]), "ztsnr": torch.tensor([])}
    save_file(weights, checkpoint)
    config = settings_of(tmp_path / "folder", tmp_path / "config")
    scheduler = config / "scheduler" / "scheduler_config.json"
    scheduler.write_text(scheduler.read_text().replace("v_prediction", "epsilon"))
    pipeline = pipelines.load(checkpoint, FAMILIES["sdxl"], PLAN, config=config)
    assert pipeline.scheduler.config.prediction_type == "v_prediction"
    assert pipeline.scheduler.config.rescale_betas_zero_snr


def test_a_denoiser_alone_is_loaded_again_when_its_other_parts_are_others(tmp_path: Path) -> None:
    parts = [
        tiny_families.build("flux1", tmp_path / name, seed=seed)
        for name, seed in (("a", 0), ("b", 5))
    ]
    file = tmp_path / "models" / "checkpoints" / "x.safetensors"
    file.parent.mkdir(parents=True)
    shutil.copy(next((parts[0] / "transformer").glob("*.safetensors")), file)
    config = tmp_path / "models" / "configs" / "flux1"
    kitchen, stages = Kitchen(HardwareFacts(free_ram_mib=8_000)), list[str]()
    recipe = REFINED.model_copy(
        update={"family": "flux1", "scheduler": "flow_euler", "refiner": None}
    )
    pictures = []
    for folder in (parts[0], parts[0], parts[1]):
        shutil.rmtree(config, ignore_errors=True)
        shutil.copytree(folder, config)
        model = catalogue.find([tmp_path / "models"])["x"]
        kitchen.load(recipe, Ingredients(model), stages.append)
        pictures.append(kitchen.cook(recipe, lambda _: None, lambda: False).tobytes())
    assert pictures[0] == pictures[1] != pictures[2]
    assert len(stages) == 2


@pytest.mark.parametrize("beside", [("vae",), ("vae", "text_encoder")])
def test_a_file_without_text_encoders_that_can_be_read_takes_them_from_a_whole_model(
    tmp_path: Path, beside: tuple[str, ...]
) -> None:
    folder = tiny_families.build("z-image", tmp_path / "folder")
    file = single_files.z_image(folder, tmp_path / "mine.safetensors", beside)
    assert {part.name for part in sizes.of_folder(file, folder).parts} == {
        "transformer",
        "text_encoder",
        "vae",
    }
    pictures = [
        picture(pipelines.load(each, FAMILIES["z-image"], PLAN, config=folder))
        for each in (file, folder)
    ]
    assert torch.equal(*pictures)


def test_a_denoiser_alone_takes_parts_that_come_as_fp16(tmp_path: Path) -> None:
    folder = tiny_families.build("flux1", tmp_path / "folder")
    file = shutil.copy(
        next((folder / "transformer").glob("*.safetensors")), tmp_path / "x.safetensors"
    )
    for part in ("text_encoder", "text_encoder_2", "vae"):
        for each in (folder / part).glob("*.safetensors"):
            each.rename(each.with_suffix(".fp16.safetensors"))
    pipeline = pipelines.load(Path(file), FAMILIES["flux1"], PLAN, config=folder)
    assert picture(pipeline).shape[-2:] == (64, 64)
