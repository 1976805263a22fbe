"""From a folder to a pipeline: whatever a download leaves there, and how far it is."""

import json
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from safetensors.torch import load_file, save_file

from fooocus_lite.engine import pipelines, progress
from fooocus_lite.engine.kitchen import Kitchen
from fooocus_lite.errors import Cancelled, WeightsError
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.thinking import memory
from fooocus_lite.thinking.amounts import in_bytes
from fooocus_lite.thinking.costs import Picture
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.memory import HardwareFacts, MemoryPlan
from fooocus_lite.weights import sizes, verify

FACTS = HardwareFacts(device="cpu", name="A test CPU", cores=1, free_ram_mib=8_000)
SD15 = FAMILIES["sd15"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.build_sd15(tmp_path / "sd15")


def plan(folder: Path) -> MemoryPlan:
    return memory.plans(FACTS, sizes.of_folder(folder), Picture(64, 64))[0]


def test_the_safety_checker_that_an_index_names_is_not_missed(folder: Path) -> None:
    index = json.loads((folder / "model_index.json").read_text())
    index |= {
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
        "requires_safety_checker": True,
    }
    (folder / "model_index.json").write_text(json.dumps(index))
    pipeline = pipelines.load(folder, SD15, plan(folder))
    assert pipeline.safety_checker is None
    assert pipeline.feature_extractor is None


def test_parts_may_come_in_different_variants(folder: Path) -> None:
    unet = folder / "unet" / "diffusion_pytorch_model.safetensors"
    halves = {name: value.half() for name, value in load_file(unet).items()}
    unet.unlink()
    save_file(halves, unet.with_name("diffusion_pytorch_model.fp16.safetensors"))
    pipeline = pipelines.load(folder, SD15, plan(folder))
    assert pipeline.unet.dtype == pipeline.vae.dtype == torch.float32
    assert pipeline.unet.conv_in.weight.equal(halves["conv_in.weight"].float())


def test_the_files_that_are_named_are_those_that_diffusers_reads(folder: Path) -> None:
    for part, is_only_fp16 in (("unet", True), ("vae", False)):
        file = folder / part / "diffusion_pytorch_model.safetensors"
        halves = {name: value.half() / 2 for name, value in load_file(file).items()}
        save_file(halves, file.with_name("diffusion_pytorch_model.fp16.safetensors"))
        if is_only_fp16:
            file.unlink()
    named = {file.parent.name: file for file in verify.weight_files(folder)}
    assert named["vae"].name == "diffusion_pytorch_model.fp16.safetensors"
    assert named["text_encoder"].name == "model.safetensors"
    pipeline = pipelines.load(folder, SD15, plan(folder))
    layers = {
        "unet": (pipeline.unet.conv_in, "conv_in.weight"),
        "vae": (pipeline.vae.decoder.conv_in, "decoder.conv_in.weight"),
    }
    for part, (layer, name) in layers.items():
        assert layer.weight.equal(load_file(named[part])[name].float())


def test_reading_is_told_to_the_last_byte(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "CHUNK_BYTES", 100_000)
    told: list[tuple[int, int]] = []
    pipelines.load(folder, SD15, plan(folder), lambda done, total: told.append((done, total)))
    size = sum(file.stat().st_size for file in verify.weight_files(folder))
    assert {total for _, total in told} == {size}
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] == size
    assert len(told) > 10


def test_a_folder_that_lies_about_its_kind_is_a_sentence(folder: Path) -> None:
    index = json.loads((folder / "model_index.json").read_text())
    index["_class_name"] = "StableDiffusionXLPipeline"
    for others in ({}, {"text_encoder_2": [None, None], "tokenizer_2": [None, None]}):
        (folder / "model_index.json").write_text(json.dumps(index | others))
        with pytest.raises(WeightsError, match=r"is not SDXL, as .* it has no text_encoder_2\."):
            pipelines.load(folder, FAMILIES["sdxl"], plan(folder))


def test_a_scheduler_that_needs_a_package_is_done_without(folder: Path) -> None:
    config = folder / "scheduler" / "scheduler_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"use_beta_sigmas": True}))
    pipeline = pipelines.load(folder, SD15, plan(folder))
    assert not pipeline.scheduler.config.use_beta_sigmas
    assert pipeline.scheduler.config.prediction_type == "v_prediction"


def test_a_class_that_diffusers_does_not_have_is_a_sentence(folder: Path) -> None:
    index = json.loads((folder / "model_index.json").read_text())
    for part in ("scheduler", "unet"):
        named = index | {part: ["diffusers", "TomorrowsClass"]}
        (folder / "model_index.json").write_text(json.dumps(named))
        with pytest.raises(WeightsError, match=r"does not load: .*TomorrowsClass"):
            pipelines.load(folder, SD15, plan(folder))


def test_a_model_of_karras_formulation_is_refused_by_the_name_of_its_repository(
    folder: Path, tmp_path: Path
) -> None:
    snapshot = tmp_path / "hub" / "models--owner--playful" / "snapshots" / ("0" * 40)
    snapshot.parent.mkdir(parents=True)
    folder.rename(snapshot)
    index = json.loads((snapshot / "model_index.json").read_text())
    index["scheduler"] = ["diffusers", "EDMDPMSolverMultistepScheduler"]
    (snapshot / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(WeightsError, match=r"^The model owner/playful was trained for another"):
        pipelines.load(snapshot, SD15, plan(snapshot))
    (snapshot / "vae" / "config.json").unlink()
    (snapshot / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    (snapshot / "vae").rmdir()
    with pytest.raises(WeightsError, match=r"^The part owner/playful/vae is missing"):
        verify.check_folder(snapshot)


def test_reading_stops_when_somebody_says_so(folder: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        pipelines.load(folder, SD15, plan(folder), stop)


def test_a_stage_says_how_much_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "STAGE_INTERVAL_S", 0.0)
    wanted: dict[str, Any] = {"model": "owner/tiny", "family": "sd15", "prompt": "a cat"}
    wanted |= {"num_inference_steps": 2, "guidance_scale": 3.0, "scheduler": "euler"}
    wanted |= {"width": 64, "height": 64, "seed": 1, "request": ImageRequest(prompt="a cat")}
    stages: list[str] = []
    Kitchen(FACTS).load(Recipe(**wanted), tiny.files(folder), stages.append)
    size = in_bytes(sum(file.stat().st_size for file in verify.weight_files(folder)))
    assert stages[0] == "Loading owner/tiny"
    assert stages[-1] == f"Loading owner/tiny · {size} of {size}"
