"""Every family walks: load, generate, preview, cancel, generate again, on a tiny random model."""

import io
from pathlib import Path
from typing import Any

import pytest
import tiny_families
import torch
from PIL import Image

from fooocus_lite.engine import kitchen as kitchen_module
from fooocus_lite.engine.kitchen import CookStep, Kitchen
from fooocus_lite.errors import Cancelled
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.thinking.families import FAMILIES, Family
from fooocus_lite.thinking.memory import HardwareFacts

FACTS = HardwareFacts(device="cpu", name="A test CPU", cores=1, free_ram_mib=8_000)


@pytest.fixture(scope="session")
def family_folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tiny model's folder by family, built when it is first asked for."""
    root = tmp_path_factory.mktemp("families")

    def folder(family: Family) -> Path:
        found = root / family.name
        return found if found.exists() else tiny_families.build(family.name, found)

    return folder


@pytest.fixture(params=FAMILIES.values(), ids=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    return request.param


@pytest.fixture
def kitchen(family: Family, family_folders: Any) -> Kitchen:
    made = Kitchen(FACTS)
    made.load(recipe(family), family_folders(family), {}, lambda _: None)
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


def test_a_family_walks(
    family: Family, kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kitchen_module, "PREVIEW_INTERVAL_S", 0.0)
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
