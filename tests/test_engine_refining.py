"""A picture by two models: a base that begins it, and a refiner that ends it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from diffusers import StableDiffusionXLImg2ImgPipeline, StableDiffusionXLPipeline

from fooocus_lite.engine import progress, schedulers
from fooocus_lite.engine.kitchen import Kitchen
from fooocus_lite.engine.progress import CookStep
from fooocus_lite.errors import Cancelled, OutOfMemory
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.thinking.costs import Picture
from fooocus_lite.thinking.families import CANNOT_SPLIT, FAMILIES
from fooocus_lite.thinking.memory import HardwareFacts, plans
from fooocus_lite.thinking.model_size import ModelSize, Part, together
from fooocus_lite.weights import refiners, sizes
from fooocus_lite.weights.catalogue import Model

FACTS = HardwareFacts(device="cpu", name="A test CPU", cores=1, free_ram_mib=8_000)
SPLITTING = [name for name in FAMILIES["sdxl"].schedulers if name not in CANNOT_SPLIT]
BOTH = {"refiner": "polish", "refiner_switch": 0.5}


def recipe(**changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "model": "base",
        "family": "sdxl",
        "prompt": "a red circle",
        "negative_prompt": "blurry",
        "num_inference_steps": 6,
        "guidance_scale": 3.0,
        "scheduler": "euler",
        "width": 64,
        "height": 72,
        "seed": 7,
        "request": ImageRequest(prompt="a red circle"),
    }
    return Recipe(**values | BOTH | changes)


def quiet(_: object) -> None:
    """For who asks about stages and steps of a test that does not."""


def cook(
    kitchen: Kitchen, wanted: Recipe, on_step: Callable[[CookStep], None] | None = None
) -> bytes:
    return kitchen.cook(wanted, on_step or quiet, lambda: False).tobytes()


@pytest.fixture(scope="module")
def polish(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A refiner; read only."""
    models = tmp_path_factory.mktemp("refiners")
    tiny.build_refiner(models / "polish")
    return refiners.find([models])["polish"]


@pytest.fixture
def kitchen(tiny_model: Path, polish: Model) -> Kitchen:
    made = Kitchen(FACTS)
    made.load(recipe(), tiny.files(tiny_model, refiner=polish), quiet)
    return made


@pytest.mark.parametrize(("scheduler", "made"), [("dpmpp_2m", 24), ("dpmpp_2m_karras", 22)])
def test_the_switch_counts_noise_levels_which_are_steps_only_where_those_are_even(
    kitchen: Kitchen, scheduler: str, made: int
) -> None:
    assert kitchen._ready is not None
    calls: list[int] = []
    denoiser = kitchen._ready.pipeline.unet
    handle = denoiser.register_forward_hook(lambda *_: calls.append(1))
    cook(kitchen, recipe(scheduler=scheduler, num_inference_steps=30, refiner_switch=0.8))
    handle.remove()
    assert len(calls) == made


@pytest.mark.parametrize("scheduler", ["euler", "dpmpp_2m_sde_karras", "euler_a"])
@pytest.mark.parametrize("switch", [0.5, 0.8])
def test_the_picture_is_that_of_the_two_bare_pipelines(
    kitchen: Kitchen, tiny_model: Path, polish: Model, scheduler: str, switch: float
) -> None:
    base, refiner = (
        kind.from_pretrained(folder, dtype=torch.float32, add_watermarker=False)
        for kind, folder in (
            (StableDiffusionXLPipeline, tiny_model),
            (StableDiffusionXLImg2ImgPipeline, polish.folder),
        )
    )
    for pipeline in (base, refiner):
        pipeline.set_progress_bar_config(disable=True)
        pipeline.scheduler = schedulers.build(scheduler, pipeline.scheduler.config, 6)
    told = {
        "prompt": "a red circle",
        "negative_prompt": "blurry",
        "num_inference_steps": 6,
        "guidance_scale": 3.0,
        "generator": torch.Generator("cpu").manual_seed(7),
    }
    latents = base(**told, width=64, height=72, denoising_end=switch, output_type="latent").images
    bare = refiner(**told, image=latents, denoising_start=switch).images[0]
    wanted = recipe(scheduler=scheduler, refiner_switch=switch)
    assert bare.tobytes() == cook(kitchen, wanted)


def test_the_refiner_changes_the_picture_and_it_is_the_same_each_time(
    kitchen: Kitchen, tiny_model: Path, polish: Model
) -> None:
    refined = cook(kitchen, recipe())
    assert cook(kitchen, recipe()) == refined
    assert cook(kitchen, recipe(refiner_switch=0.8)) != refined
    assert cook(kitchen, recipe(prompt="a (red:1.5) circle")) != refined
    alone = recipe(refiner=None, refiner_switch=None)
    kitchen.load(alone, tiny.files(tiny_model), quiet)
    assert cook(kitchen, alone) != refined
    kitchen.load(recipe(), tiny.files(tiny_model, refiner=polish), quiet)
    assert kitchen.loader.load_s is None  # both were still there
    assert cook(kitchen, recipe()) == refined


@pytest.mark.parametrize("scheduler", SPLITTING)
def test_every_scheduler_that_may_hands_over_at_the_noise_it_stopped_at(
    tiny_model: Path, scheduler: str
) -> None:
    """A base that refines itself makes its own picture, but for what a solver remembers of steps
    before. Handing over in the middle of a step would be far off.
    """
    base = StableDiffusionXLPipeline.from_pretrained(tiny_model, dtype=torch.float32)
    same = StableDiffusionXLImg2ImgPipeline(**base.components)
    config = dict(base.scheduler.config)

    def latents(pipeline: Any, **more: Any) -> torch.Tensor:
        pipeline.set_progress_bar_config(disable=True)
        pipeline.scheduler = schedulers.build(scheduler, config, 9)
        told = {"prompt": "a fox", "negative_prompt": "x", "num_inference_steps": 9}
        made: torch.Tensor = pipeline(**told, **more, output_type="latent").images
        return made

    def seeded() -> torch.Generator:
        return torch.Generator("cpu").manual_seed(1)

    whole = latents(base, width=64, height=64, generator=seeded())
    noise = seeded()
    begun = latents(base, width=64, height=64, generator=noise, denoising_end=0.6)
    calls = base.num_timesteps
    ended = latents(same, image=begun, generator=noise, denoising_start=0.6)
    assert calls + same.num_timesteps == 9
    remembers = scheduler.startswith(("dpmpp", "unipc", "deis"))
    assert (ended - whole).norm() <= (0.5 if remembers else 1e-3) * whole.norm()


def test_steps_count_on_through_the_hand_over_with_previews(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PREVIEW_INTERVAL_S", 0.0)
    steps: list[CookStep] = []
    watched = kitchen.cook(recipe(), steps.append, lambda: True).tobytes()
    assert [step.step for step in steps] == [0, 1, 2, 3, 4, 5, 6]
    assert all(step.total_steps == 6 for step in steps)
    previews = [step.preview for step in steps[1:]]
    assert all(previews)
    assert len(set(previews)) == 6
    assert watched == cook(kitchen, recipe())


@pytest.mark.parametrize(
    ("scheduler", "steps", "switch"),
    [("euler", 1, 0.5), ("unipc", 2, 0.7), ("unipc", 5, 0.9), ("dpmpp_2m_karras", 6, 0.5)],
)
def test_steps_are_counted_as_each_model_makes_them(
    kitchen: Kitchen, scheduler: str, steps: int, switch: float
) -> None:
    told: list[CookStep] = []
    changes = {"num_inference_steps": steps, "refiner_switch": switch}
    cook(kitchen, recipe(scheduler=scheduler, **changes), told.append)
    assert [each.step for each in told] == [*range(steps + 1)]


@pytest.mark.parametrize("last", [2, 5])
def test_stopping_in_either_half_leaves_both_models_good(kitchen: Kitchen, last: int) -> None:
    before = cook(kitchen, recipe())

    def stop(step: CookStep) -> None:
        if step.step == last:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        cook(kitchen, recipe(), stop)
    assert cook(kitchen, recipe()) == before


def test_a_model_without_guidance_is_refined_too(kitchen: Kitchen) -> None:
    assert cook(kitchen, recipe(guidance_scale=1.0)) != cook(kitchen, recipe())


def test_running_out_of_memory_in_the_second_half_is_said_and_recovered_from(
    kitchen: Kitchen, tiny_model: Path, polish: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cook(kitchen, recipe())

    def fail(*_: Any, **__: Any) -> None:
        raise MemoryError

    assert kitchen._refiner is not None
    monkeypatch.setattr(kitchen._refiner.pipeline.vae, "decode", fail)
    with pytest.raises(OutOfMemory, match="64 × 72"):
        cook(kitchen, recipe())
    kitchen.load(recipe(), tiny.files(tiny_model, refiner=polish), quiet)
    assert cook(kitchen, recipe()) == before


@pytest.mark.parametrize(("free_mib", "place"), [(24_000, "all on the GPU"), (9_500, "model")])
def test_one_plan_has_room_for_both_models(free_mib: int, place: str) -> None:
    facts = HardwareFacts("cuda", "A card", 8, 64_000, free_mib, free_mib, has_native_bf16=True)
    base, refiner = (
        ModelSize((Part("unet", "denoiser", size, size // 4, size // 20, size // 200),))
        for size in (2_600_000_000, 2_300_000_000)
    )
    picture = Picture(1024, 1024)
    assert plans(facts, base, picture)[0].place == "all on the GPU"
    assert plans(facts, together(base, refiner), picture)[0].place.startswith(place)


def test_two_models_weigh_what_their_files_do(tiny_model: Path, polish: Model) -> None:
    alone = sizes.of_folder(tiny_model), sizes.of_folder(polish.folder)
    both = tiny.files(tiny_model, refiner=polish).size
    assert both.parameters == sum(size.parameters for size in alone)
    assert both.denoiser == alone[0].denoiser
