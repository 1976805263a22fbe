"""Pictures that start from another one, on tiny models of all families that can."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy
import pytest
import tiny
import tiny_families
import torch
from PIL import Image

from fooocus_lite.engine import image_to_image, progress, schedulers
from fooocus_lite.engine.kitchen import Kitchen
from fooocus_lite.engine.progress import CookStep
from fooocus_lite.errors import Cancelled
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.thinking.families import FAMILIES, STARTER, Family
from fooocus_lite.thinking.image_to_image import CANNOT_START
from fooocus_lite.thinking.memory import HardwareFacts

FACTS = HardwareFacts(device="cpu", name="A test CPU", cores=1, free_ram_mib=8_000)
# The starter is an SDXL.
ABLE = {
    name: family for name, family in FAMILIES.items() if family.img2img and family is not STARTER
}
RED = Image.new("RGB", (64, 96), "red")
BLUE = Image.new("RGB", (64, 96), "blue")


def recipe(family: Family, **changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "task": "image-to-image",
        "image": "0" * 64,
        "strength": 0.5,
        "model": "tiny",
        "family": family.name,
        "prompt": "a red circle",
        "negative_prompt": "blurry",
        "num_inference_steps": 4,
        "guidance_scale": family.guidance_scale,
        "scheduler": family.scheduler,
        "width": 64,
        "height": 96,
        "seed": 7,
        "request": ImageRequest(prompt="a red circle"),
    }
    return Recipe(**values | changes)


def quiet(_: object) -> None:
    """For who asks about stages and steps of a test that does not."""


def cook(
    kitchen: Kitchen,
    wanted: Recipe,
    image: Image.Image | None = RED,
    on_step: Callable[[CookStep], None] = quiet,
) -> bytes:
    return kitchen.cook(wanted, on_step, lambda: False, image).tobytes()


@pytest.fixture(params=ABLE.values(), ids=ABLE, scope="module")
def family(request: pytest.FixtureRequest) -> Family:
    return request.param


@pytest.fixture(scope="module")
def folder(family: Family, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_families.build(family.name, tmp_path_factory.mktemp("models") / family.name)


@pytest.fixture(scope="module")
def kitchen(family: Family, folder: Path) -> Kitchen:
    torch.set_num_threads(1)
    made = Kitchen(FACTS)
    made.load(recipe(family), tiny.files(folder), quiet)
    return made


def test_a_family_starts_from_a_picture(
    family: Family, kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PREVIEW_INTERVAL_S", 0.0)
    steps: list[CookStep] = []
    first = kitchen.cook(recipe(family), steps.append, lambda: True, RED)
    assert first.size == (64, 96)
    assert [(step.step, step.total_steps) for step in steps] == [(0, 2), (1, 2), (2, 2)]
    assert all(step.preview for step in steps[1:])
    assert cook(kitchen, recipe(family)) == first.tobytes()
    assert cook(kitchen, recipe(family), BLUE) != first.tobytes()
    assert cook(kitchen, recipe(family, prompt="a hat")) != first.tobytes()
    assert cook(kitchen, recipe(family, seed=8)) != first.tobytes()


def test_words_alone_give_the_same_before_and_after(family: Family, kitchen: Kitchen) -> None:
    plain = recipe(family, task="text-to-image", image=None, strength=None)
    before = cook(kitchen, plain, None)

    def stop(step: CookStep) -> None:
        if step.step == 1:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        cook(kitchen, recipe(family), on_step=stop)
    assert cook(kitchen, recipe(family)) != before
    assert cook(kitchen, plain, None) == before


@pytest.mark.parametrize(("strength", "made"), [(0.01, 1), (0.29, 2), (1.0, 7)])
def test_every_family_makes_the_steps_that_the_recipe_says(
    family: Family, kitchen: Kitchen, strength: float, made: int
) -> None:
    wanted = recipe(family, strength=strength, num_inference_steps=7)
    steps: list[CookStep] = []
    cook(kitchen, wanted, on_step=steps.append)
    assert [step.step for step in steps] == list(range(made + 1))
    assert steps[0].total_steps == made


def test_every_scheduler_of_flow_matching_starts_in_the_middle(
    family: Family, kitchen: Kitchen
) -> None:
    for name in family.schedulers:
        if name.startswith("flow") and name not in CANNOT_START:
            assert cook(kitchen, recipe(family, scheduler=name))


def test_the_weights_are_not_there_twice(family: Family, kitchen: Kitchen) -> None:
    assert kitchen._ready is not None
    pipeline = kitchen._ready.pipeline
    around = image_to_image.pipeline_around(kitchen._ready)
    for name, part in around.components.items():
        if isinstance(part, torch.nn.Module):
            assert part is getattr(pipeline, name)
            assert next(part.parameters()).dtype == torch.float32


@pytest.mark.parametrize("offload", ["model", "block", "leaf"])
def test_where_the_weights_wait_changes_nothing(
    family: Family, kitchen: Kitchen, folder: Path, offload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kitchen.plan is not None
    plan = replace(kitchen.plan, offload=offload)
    moving = Kitchen(FACTS)
    monkeypatch.setattr(moving.loader.planner, "plan", lambda *_: plan)
    for wanted in (recipe(family), recipe(family, seed=8)):
        moving.load(wanted, tiny.files(folder), quiet)
        still = numpy.frombuffer(cook(kitchen, wanted), numpy.uint8).astype(int)
        made = numpy.frombuffer(cook(moving, wanted), numpy.uint8).astype(int)
        # Another place rounds the last digit otherwise.
        assert abs(still - made).max() <= 1


@pytest.fixture(scope="module")
def sdxl(tmp_path_factory: pytest.TempPathFactory) -> Kitchen:
    made = Kitchen(FACTS)
    folder = tiny.build(tmp_path_factory.mktemp("models") / "sdxl")
    made.load(recipe(FAMILIES["sdxl"]), tiny.files(folder), quiet)
    return made


@pytest.mark.parametrize("scheduler", FAMILIES["sdxl"].schedulers)
def test_every_scheduler_starts_in_the_middle_and_counts_true(
    sdxl: Kitchen, scheduler: str
) -> None:
    wanted = recipe(FAMILIES["sdxl"], scheduler=scheduler, num_inference_steps=10, strength=0.3)
    steps: list[CookStep] = []
    made = cook(sdxl, wanted, on_step=steps.append)
    assert (steps[-1].step, steps[-1].total_steps) == (3, 3)
    assert made != cook(sdxl, wanted, BLUE)


@pytest.mark.parametrize("scheduler", ["euler", "dpmpp_2m_sde_karras", "euler_a"])
def test_the_picture_is_that_of_the_bare_pipeline(
    sdxl: Kitchen, tmp_path: Path, scheduler: str
) -> None:
    bare = diffusers.StableDiffusionXLImg2ImgPipeline.from_pretrained(
        tiny.build(tmp_path / "sdxl"), dtype=torch.float32, add_watermarker=False
    )
    bare.set_progress_bar_config(disable=True)
    bare.scheduler = schedulers.build(scheduler, bare.scheduler.config, 10)
    expected = bare(
        prompt="a red circle",
        negative_prompt="blurry",
        image=RED,
        strength=0.5,
        num_inference_steps=10,
        guidance_scale=5.0,
        generator=torch.Generator("cpu").manual_seed(7),
    ).images[0]
    wanted = recipe(FAMILIES["sdxl"], scheduler=scheduler, num_inference_steps=10)
    assert cook(sdxl, wanted) == expected.tobytes()


def test_a_picture_of_another_shape_is_cut_around_its_middle(sdxl: Kitchen) -> None:
    wide = Image.new("RGB", (600, 96), "red")
    wide.paste("blue", (0, 0, 200, 96))
    wide.paste("blue", (400, 0, 600, 96))
    assert cook(sdxl, recipe(FAMILIES["sdxl"]), wide) == cook(sdxl, recipe(FAMILIES["sdxl"]))


@pytest.mark.parametrize("scheduler", CANNOT_START)
def test_what_is_said_to_be_impossible_is(scheduler: str, tmp_path: Path) -> None:
    family = FAMILIES["sd35"]
    kitchen = Kitchen(FACTS)
    kitchen.load(recipe(family), tiny.files(tiny_families.build("sd35", tmp_path / "sd35")), quiet)
    with pytest.raises(AttributeError, match="scale_noise"):
        cook(kitchen, recipe(family, scheduler=scheduler))
