"""Cooking on a tiny random model: the same bytes each time, and good errors when it goes wrong."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
import tiny
import torch
from safetensors.torch import load_file, save_file

from fooocus_lite.engine import progress
from fooocus_lite.engine.kitchen import Kitchen
from fooocus_lite.engine.progress import CookStep
from fooocus_lite.errors import BrokenPicture, Cancelled, OutOfMemory, UnknownName, WeightsError
from fooocus_lite.recipe import ImageRequest, LoRA, Recipe
from fooocus_lite.thinking.families import STARTER
from fooocus_lite.thinking.memory import HardwareFacts

FACTS = HardwareFacts(device="cpu", name="A test CPU", cores=1, free_ram_mib=8_000)
UNET = "unet/diffusion_pytorch_model.safetensors"


def recipe(**changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "model": "starter",
        "family": "starter",
        "prompt": "a red circle",
        "num_inference_steps": 4,
        "guidance_scale": 3.0,
        "scheduler": "euler",
        "width": 64,
        "height": 72,
        "seed": 7,
        "request": ImageRequest(prompt="a red circle"),
    }
    return Recipe(**values | changes)


def quiet(_: object) -> None:
    """For who asks about stages and steps of a test that does not."""


def cook(
    kitchen: Kitchen, wanted: Recipe, on_step: Callable[[CookStep], None] | None = None
) -> bytes:
    return kitchen.cook(wanted, on_step or quiet, lambda: False).tobytes()


def pipeline_of(kitchen: Kitchen) -> Any:
    assert kitchen._ready is not None
    return kitchen._ready.pipeline


@pytest.fixture
def kitchen(tiny_model: Path) -> Kitchen:
    made = Kitchen(FACTS)
    made.load(recipe(), tiny.files(tiny_model), quiet)
    return made


def test_the_same_recipe_gives_the_same_bytes_in_every_kitchen(
    kitchen: Kitchen, tiny_model: Path
) -> None:
    other = Kitchen(FACTS)
    other.load(recipe(), tiny.files(tiny_model), quiet)
    first = cook(kitchen, recipe())
    assert first == cook(kitchen, recipe()) == cook(other, recipe())
    assert first != cook(kitchen, recipe(seed=8))
    assert first != cook(kitchen, recipe(prompt="a blue box"))


def test_the_picture_is_that_of_the_bare_pipeline(kitchen: Kitchen) -> None:
    wanted = recipe()
    bare = pipeline_of(kitchen)(
        prompt=wanted.prompt,
        width=64,
        height=72,
        num_inference_steps=4,
        guidance_scale=3.0,
        generator=torch.Generator("cpu").manual_seed(7),
    ).images[0]
    assert bare.tobytes() == cook(kitchen, wanted)


def test_a_model_with_one_text_encoder_cooks_as_its_bare_pipeline(tmp_path: Path) -> None:
    kitchen = Kitchen(FACTS)
    wanted = recipe(model="tiny", family="sd15", negative_prompt="blurry")
    kitchen.load(wanted, tiny.files(tiny.build_sd15(tmp_path / "sd15")), quiet)
    bare = pipeline_of(kitchen)(
        prompt=wanted.prompt,
        negative_prompt="blurry",
        width=64,
        height=72,
        num_inference_steps=4,
        guidance_scale=3.0,
        generator=torch.Generator("cpu").manual_seed(7),
    ).images[0]
    assert bare.tobytes() == cook(kitchen, wanted)


def test_a_prompt_is_encoded_once_for_all_pictures_of_it(kitchen: Kitchen) -> None:
    calls: list[object] = []
    encoder = pipeline_of(kitchen).text_encoder
    hook = encoder.register_forward_pre_hook(lambda *_: calls.append(None))
    first = cook(kitchen, recipe())
    assert len(calls) == 2  # the prompt, and the empty negative prompt
    assert cook(kitchen, recipe()) == first
    cook(kitchen, recipe(seed=8))
    assert len(calls) == 2
    hook.remove()


def test_a_lora_for_the_words_changes_them_and_leaves_nothing_behind(
    kitchen: Kitchen, tiny_model: Path, tmp_path: Path
) -> None:
    plain = cook(kitchen, recipe())
    files = {"words": tiny.build_text_lora(tmp_path / "words.safetensors", tiny_model)}
    pictures = {plain}
    for weight in (1.0, 0.5, 1.0):
        wanted = recipe(loras=(LoRA(name="words", weight=weight),))
        kitchen.load(wanted, tiny.files(tiny_model, loras=files), quiet)
        pictures.add(cook(kitchen, wanted))
    assert len(pictures) == 3
    kitchen.load(recipe(), tiny.files(tiny_model, loras=files), quiet)
    assert cook(kitchen, recipe()) == plain


def test_an_embedding_is_cooked_and_leaves_nothing_behind(
    kitchen: Kitchen, tiny_model: Path, tmp_path: Path
) -> None:
    plain = cook(kitchen, recipe())
    widths = {"clip_l": 32, "clip_g": 64}
    file = tiny.build_embedding(tmp_path / "calm.safetensors", widths)
    wanted = recipe(prompt="a red circle embedding:Calm", embeddings=("calm",))
    kitchen.load(wanted, tiny.files(tiny_model, embeddings={"calm": file}), quiet)
    assert cook(kitchen, wanted) != plain
    kitchen.load(recipe(), tiny.files(tiny_model), quiet)
    assert cook(kitchen, recipe()) == plain
    with pytest.raises(WeightsError, match="no file for the embedding “Calm”"):
        cook(kitchen, wanted)


@pytest.mark.no_cover
@pytest.mark.parametrize("num_inference_steps", [1, 2, 5])
@pytest.mark.parametrize("name", STARTER.schedulers)
def test_every_scheduler_repeats_itself_and_reports_every_step(
    kitchen: Kitchen, name: str, num_inference_steps: int
) -> None:
    wanted = recipe(scheduler=name, num_inference_steps=num_inference_steps)
    steps: list[CookStep] = []
    image = kitchen.cook(wanted, steps.append, lambda: True)
    assert image.size == (64, 72)
    assert len(set(image.convert("L").get_flattened_data())) > 10
    seen = [step.step for step in steps]
    assert seen == sorted(seen)
    assert set(seen) == set(range(num_inference_steps + 1))
    assert {step.total_steps for step in steps} == {num_inference_steps}
    assert image.tobytes() == cook(kitchen, wanted)


def test_nothing_is_left_behind_by_other_recipes_and_loras(
    kitchen: Kitchen, tiny_model: Path, tiny_lora: Path
) -> None:
    plain = cook(kitchen, recipe())
    cook(kitchen, recipe(scheduler="dpmpp_2m_sde_karras", width=72, guidance_scale=1.0))
    files = {"wobble": tiny_lora}
    pictures = {}
    for weight in (1.0, 0.5, 0.0):
        wanted = recipe(loras=(LoRA(name="wobble", weight=weight),))
        kitchen.load(wanted, tiny.files(tiny_model, loras=files), quiet)
        pictures[weight] = cook(kitchen, wanted)
    assert len({plain, *pictures.values()}) == 3
    assert pictures[0.0] == plain
    kitchen.load(recipe(), tiny.files(tiny_model, loras=files), quiet)
    assert cook(kitchen, recipe()) == plain


@pytest.mark.parametrize("error", [Cancelled("stop"), KeyError("private")])
@pytest.mark.parametrize("at_step", [0, 1, 3])
def test_raising_from_a_step_stops_at_once_and_leaves_the_pipeline_good(
    kitchen: Kitchen, error: Exception, at_step: int
) -> None:
    before = cook(kitchen, recipe())
    seen: list[int] = []

    def stop(step: CookStep) -> None:
        seen.append(step.step)
        if step.step == at_step:
            raise error

    with pytest.raises(type(error)):
        cook(kitchen, recipe(), stop)
    assert seen == list(range(at_step + 1))
    assert cook(kitchen, recipe()) == before


def test_previews_come_when_wanted_and_never_too_often(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[CookStep] = []
    kitchen.cook(recipe(num_inference_steps=8), steps.append, lambda: True)
    assert [step.preview is not None for step in steps].count(True) <= 2
    monkeypatch.setattr(progress, "PREVIEW_INTERVAL_S", 0.0)
    steps.clear()
    kitchen.cook(recipe(), steps.append, lambda: True)
    assert steps[0].preview is None
    assert all((step.preview or b"").startswith(b"\xff\xd8") for step in steps[1:])
    steps.clear()
    kitchen.cook(recipe(), steps.append, lambda: False)
    assert not any(step.preview for step in steps)


def test_seconds_per_step_are_those_of_the_steps(kitchen: Kitchen) -> None:
    steps: list[CookStep] = []
    began = time.perf_counter()
    kitchen.cook(recipe(num_inference_steps=10), steps.append, lambda: False)
    took = time.perf_counter() - began
    assert steps[0].seconds_per_step is None
    assert 0 < (steps[-1].seconds_per_step or 0) < took / 5


@pytest.mark.parametrize("guidance_scale", [0.0, 1.0])
def test_no_guidance_runs_the_unet_on_one_picture(kitchen: Kitchen, guidance_scale: float) -> None:
    batches: list[int] = []
    unet = pipeline_of(kitchen).unet
    hook = unet.register_forward_pre_hook(lambda _, values: batches.append(len(values[0])))
    cook(kitchen, recipe(guidance_scale=guidance_scale))
    hook.remove()
    assert set(batches) == {1}


def test_a_model_is_loaded_once_and_again_when_its_files_change(
    tiny_model: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "tiny"))
    kitchen, stages = Kitchen(FACTS), list[str]()
    for _ in range(2):
        kitchen.load(recipe(), tiny.files(model), stages.append)
    assert stages == ["Loading Starter (built in)"]
    before = cook(kitchen, recipe())
    weights = load_file(model / UNET)
    save_file({name: value * 1.5 for name, value in weights.items()}, model / UNET)
    kitchen.load(recipe(), tiny.files(model), stages.append)
    assert len(stages) == 2
    assert cook(kitchen, recipe()) != before


@pytest.mark.parametrize("damage", ["truncate", "remove"])
def test_a_damaged_model_is_a_sentence_and_the_next_one_works(
    kitchen: Kitchen, tiny_model: Path, tmp_path: Path, damage: str
) -> None:
    before = cook(kitchen, recipe())
    model = Path(shutil.copytree(tiny_model, tmp_path / "tiny"))
    if damage == "truncate":
        (model / UNET).write_bytes((model / UNET).read_bytes()[:-100])
    else:
        (model / UNET).unlink()
    with pytest.raises(WeightsError, match="unet"):
        kitchen.load(recipe(), tiny.files(model), quiet)
    kitchen.load(recipe(), tiny.files(tiny_model), quiet)
    assert cook(kitchen, recipe()) == before


def test_weights_that_do_not_match_their_config_are_refused(
    tiny_model: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "tiny"))
    weights = load_file(model / UNET)
    del weights["conv_in.weight"]
    save_file(weights, model / UNET)
    with pytest.raises(WeightsError, match="tiny"):
        Kitchen(FACTS).load(recipe(), tiny.files(model), quiet)


def test_another_kind_of_model_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "tiny"))
    index = model / "model_index.json"
    index.write_text(index.read_text().replace("StableDiffusionXLPipeline", "FluxPipeline"))
    with pytest.raises(WeightsError, match="FluxPipeline"):
        Kitchen(FACTS).load(recipe(), tiny.files(model), quiet)


def test_an_unknown_family_is_refused(tiny_model: Path) -> None:
    with pytest.raises(UnknownName, match="model family"):
        Kitchen(FACTS).load(recipe(family="sd9"), tiny.files(tiny_model), quiet)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_running_out_of_memory_is_a_sentence_and_the_next_picture_works(
    kitchen: Kitchen, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    before = cook(kitchen, recipe())

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(pipeline_of(kitchen).vae, "decode", fail)
    with pytest.raises(OutOfMemory, match="64 × 72"):
        cook(kitchen, recipe())
    kitchen.load(recipe(), tiny.files(tiny_model), quiet)
    assert cook(kitchen, recipe()) == before


def test_another_runtime_error_stays_what_it_is(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(pipeline_of(kitchen).vae, "decode", fail)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        cook(kitchen, recipe())


def test_a_picture_of_nan_is_broken_and_says_what_to_do(kitchen: Kitchen) -> None:
    with torch.no_grad():
        pipeline_of(kitchen).vae.post_quant_conv.weight.fill_(torch.nan)
    with pytest.raises(BrokenPicture, match="Choose another scheduler"):
        cook(kitchen, recipe())


def test_made_with_says_device_dtype_and_versions(kitchen: Kitchen) -> None:
    made = kitchen.made_with()
    assert (made.device, made.dtype, made.plan, made.threads) == (
        "cpu",
        "float32",
        "cpu float32",
        1,
    )
    assert made.torch == torch.__version__


def test_cooking_before_loading_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(RuntimeError, match="before load"):
        cook(Kitchen(FACTS), recipe())


def test_a_bfloat16_plan_cooks_and_repeats(tiny_model: Path) -> None:
    kitchen = Kitchen(HardwareFacts(has_native_bf16=True))
    kitchen.load(recipe(), tiny.files(tiny_model), quiet)
    assert {part.dtype for part in (pipeline_of(kitchen).unet, pipeline_of(kitchen).vae)} == {
        torch.bfloat16
    }
    image = kitchen.cook(recipe(), quiet, lambda: False)
    assert isinstance(image, PIL.Image.Image)
    assert image.tobytes() == cook(kitchen, recipe())
