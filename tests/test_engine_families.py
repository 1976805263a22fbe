"""Every family walks: download, load, generate, preview, cancel and generate again, all tiny."""

import io
from pathlib import Path
from typing import Any

import pytest
import tiny
import tiny_families
import torch
from local_hub import LocalHub
from PIL import Image

from fooocus_lite.engine import progress
from fooocus_lite.engine.kitchen import Kitchen
from fooocus_lite.engine.progress import CookStep
from fooocus_lite.errors import Cancelled
from fooocus_lite.recipe import ImageRequest, LoRA, Recipe
from fooocus_lite.thinking.costs import picture_of
from fooocus_lite.thinking.families import FAMILIES, STARTER, Family
from fooocus_lite.thinking.memory import HardwareFacts
from fooocus_lite.thinking.schedulers import SCHEDULERS
from fooocus_lite.weights import catalogue
from fooocus_lite.weights.download import Order, download
from fooocus_lite.weights.hub import Hub

FACTS = HardwareFacts(device="cpu", name="A test CPU", cores=1, free_ram_mib=8_000)


class TinyModels:
    """The models below one folder: each is built, put on a Hub, and downloaded from there."""

    def __init__(self, built: Path, models: Path) -> None:
        self._built = built
        self.models = models

    def folder(self, family: Family) -> Path:
        """Where a family's model lies, downloaded when it is first asked for."""
        name = f"tiny/{family.name}"
        made = self._built / family.name
        if not made.exists():
            tiny_families.build(family.name, made)
            with LocalHub() as hub:
                hub.add_repo(name, made)
                download(Order(name, self.models, hub=Hub(hub.endpoint)))
        return catalogue.find([self.models])[name].folder


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> TinyModels:
    return TinyModels(tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("models"))


@pytest.fixture(params=FAMILIES.values(), ids=FAMILIES, scope="module")
def family(request: pytest.FixtureRequest) -> Family:
    return request.param


@pytest.fixture(scope="module")
def kitchen(family: Family, tiny_models: TinyModels) -> Kitchen:
    """One for all tests of a family, each of which leaves it as it was."""
    torch.set_num_threads(1)
    made = Kitchen(FACTS)
    made.load(recipe(family), tiny.files(tiny_models.folder(family)), lambda _: None)
    return made


def recipe(family: Family, **changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "model": "tiny",
        "family": family.name,
        "prompt": "a red circle",
        "negative_prompt": "blurry",
        "num_inference_steps": 2,
        "guidance_scale": family.guidance_scale,
        "scheduler": family.scheduler,
        "width": 64,
        "height": 96,
        "seed": 7,
        "request": ImageRequest(prompt="a red circle"),
    }
    return Recipe(**values | changes)


def cook(kitchen: Kitchen, wanted: Recipe, steps: list[CookStep] | None = None) -> Image.Image:
    noted = [] if steps is None else steps
    return kitchen.cook(wanted, noted.append, lambda: steps is not None)


def test_a_family_walks(family: Family, kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PREVIEW_INTERVAL_S", 0.0)
    wanted, steps = recipe(family), list[CookStep]()
    image = cook(kitchen, wanted, steps)
    assert image.size == (64, 96)
    assert len(set(image.convert("L").get_flattened_data())) > 10
    assert [step.step for step in steps] == [0, 1, 2]
    for step in steps[1:]:
        preview = Image.open(io.BytesIO(step.preview or b""))
        assert preview.format == "JPEG"
        assert preview.size[0] * 3 == pytest.approx(preview.size[1] * 2, abs=2)

    def stop(step: CookStep) -> None:
        if step.step == 1:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        kitchen.cook(wanted, stop, lambda: False)
    assert cook(kitchen, wanted).tobytes() == image.tobytes()
    assert cook(kitchen, recipe(family, seed=8)).tobytes() != image.tobytes()
    assert cook(kitchen, recipe(family, prompt="blue")).tobytes() != image.tobytes()


def test_a_download_is_known_by_its_family(family: Family, tiny_models: TinyModels) -> None:
    tiny_models.folder(family)
    found = catalogue.find([tiny_models.models])[f"tiny/{family.name}"]
    # The starter is an SDXL by its files; only its name tells it.
    assert found.family == ("sdxl" if family is STARTER else family.name)


def test_a_lora_changes_the_picture_and_leaves_nothing_behind(
    family: Family, kitchen: Kitchen, tiny_models: TinyModels, tmp_path: Path
) -> None:
    folder = tiny_models.folder(family)
    files = {"wobble": tiny_families.build_lora(family, tmp_path / "wobble.safetensors", folder)}
    plain = cook(kitchen, recipe(family)).tobytes()
    pictures = {}
    for weight in (1.0, -1.0, 0.0):
        wanted = recipe(family, loras=(LoRA(name="wobble", weight=weight),))
        kitchen.load(wanted, tiny.files(folder, loras=files), lambda _: None)
        pictures[weight] = cook(kitchen, wanted).tobytes()
    assert len({plain, *pictures.values()}) == 3
    assert pictures[0.0] == plain
    kitchen.load(recipe(family), tiny.files(folder, loras=files), lambda _: None)
    assert cook(kitchen, recipe(family)).tobytes() == plain


def test_a_prompt_is_encoded_once(family: Family, kitchen: Kitchen) -> None:
    assert kitchen._ready is not None
    pipeline, calls = kitchen._ready.pipeline, list[str]()
    hooks = [
        getattr(pipeline, each.name).register_forward_pre_hook(
            lambda *_, name=each.name: calls.append(name)
        )
        for each in family.text_encoders
    ]
    first = cook(kitchen, recipe(family, prompt="a green hat")).tobytes()
    assert set(calls) == {each.name for each in family.text_encoders}
    calls.clear()
    assert cook(kitchen, recipe(family, prompt="a green hat")).tobytes() == first
    cook(kitchen, recipe(family, prompt="a green hat", seed=8))
    assert calls == []
    cook(kitchen, recipe(family, prompt="a green box"))
    assert calls
    for hook in hooks:
        hook.remove()


def test_what_to_avoid_counts_with_guidance_and_never_without(
    family: Family, kitchen: Kitchen
) -> None:
    def made(guidance_scale: float, negative_prompt: str) -> bytes:
        changes = {"guidance_scale": guidance_scale, "negative_prompt": negative_prompt}
        return cook(kitchen, recipe(family, **changes)).tobytes()

    off, on = family.guidance_off, family.guidance_scale
    assert made(off, "blurry") == made(off, "")
    assert (made(on, "blurry") != made(on, "")) == family.has_negative_prompt
    assert made(on, "") != made(off, "")


def test_costs_count_what_the_denoiser_looks_at_in_a_step(family: Family, kitchen: Kitchen) -> None:
    assert kitchen._ready is not None
    looks = list[int]()
    denoiser = getattr(kitchen._ready.pipeline, "unet", None) or kitchen._ready.pipeline.transformer
    hook = denoiser.register_forward_hook(
        lambda _module, _inputs, output: looks.append(len(output[0]))
    )
    for guidance_scale in (family.guidance_off, family.guidance_scale):
        wanted = recipe(family, guidance_scale=guidance_scale)
        looks.clear()
        cook(kitchen, wanted)
        assert sum(looks) == 2 * picture_of(wanted, family).batch
    hook.remove()


@pytest.mark.no_cover
def test_every_scheduler_of_flow_matching_cooks(family: Family, kitchen: Kitchen) -> None:
    for scheduler in family.schedulers:
        if SCHEDULERS[scheduler].is_flow:
            wanted, steps = recipe(family, scheduler=scheduler), list[CookStep]()
            assert cook(kitchen, wanted, steps).tobytes() == cook(kitchen, wanted).tobytes()
            assert {step.step for step in steps} == {0, 1, 2}


@pytest.mark.no_cover
def test_a_family_cooks_in_bfloat16(family: Family, tiny_models: TinyModels) -> None:
    kitchen = Kitchen(HardwareFacts(cores=1, free_ram_mib=8_000, has_native_bf16=True))
    kitchen.load(recipe(family), tiny.files(tiny_models.folder(family)), lambda _: None)
    assert kitchen.made_with().dtype == "bfloat16"
    image = cook(kitchen, recipe(family), [])
    assert image.tobytes() == cook(kitchen, recipe(family)).tobytes()
