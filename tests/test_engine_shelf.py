"""Models stay while they fit, and the one used longest ago leaves first."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pretended_gpu
import pytest
import tiny
import torch

from fooocus_lite.engine.kitchen import Kitchen
from fooocus_lite.engine.loader import Loader
from fooocus_lite.engine.shelf import Loaded, Shelf, give_back
from fooocus_lite.errors import OutOfMemory
from fooocus_lite.recipe import ImageRequest, LoRA, Recipe
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.memory import HardwareFacts, MemoryPlan

FACTS = HardwareFacts(device="cpu", name="A test CPU", cores=1, free_ram_mib=8_000)


def plan(needed_mib: int = 0, ram_mib: int = 0) -> MemoryPlan:
    return MemoryPlan(
        device="cpu",
        dtype="float32",
        threads=1,
        offload="none",
        has_vae_tiling=False,
        expected_vram_mib=0,
        expected_ram_mib=ram_mib,
        needed_mib=needed_mib,
        reason="",
    )


def loaded(name: str, mib: int) -> Loaded:
    """A model of one layer, as heavy as asked."""
    layer = torch.nn.Linear(2**18, mib, bias=False, device="cpu")
    parts: Any = {"unet": layer, "scheduler": object(), "image_encoder": None}
    pipeline: Any = SimpleNamespace(components=parts)
    nothing: Any = None
    return Loaded(name, FAMILIES["sdxl"], plan(), pipeline, {}, nothing, nothing)


@pytest.fixture
def shelf() -> Shelf:
    made = Shelf()
    for name in ("first", "second", "third"):
        made.put(name, loaded(name, 2))
    return made


def names(shelf: Shelf) -> list[str]:
    return [name for name in ("first", "second", "third") if shelf.plan_of(name) is not None]


def test_what_lies_here_is_counted(shelf: Shelf) -> None:
    assert shelf.held_mib() == (0, 6)
    shelf.drop("second")
    assert shelf.held_mib() == (0, 4)
    shelf.clear()
    assert shelf.held_mib() == (0, 0)


def test_weights_that_take_no_memory_of_their_own_do_not_come_free() -> None:
    loader = Loader(None, None, is_cpu_only=True)
    mapped = loaded("mapped", 1)
    # A terabyte to look at, and four bytes in memory.
    mapped.pipeline.components["unet"].weight = torch.nn.Parameter(torch.zeros(1).expand(2**38))
    loader._shelf.put("mapped", mapped)
    assert loader._shelf.held_mib() == (0, 2**20)
    facts = loader.facts()
    assert facts.free_ram_mib < facts.total_mib


@pytest.mark.parametrize(
    ("free_mib", "left"),
    [
        (16, ["first", "second", "third"]),
        (15, ["second", "third"]),
        (13, ["third"]),
        (11, []),
        (1, []),
    ],
)
def test_the_longest_unused_leave_until_there_is_room(
    shelf: Shelf, free_mib: int, left: list[str]
) -> None:
    shelf.make_room("new", plan(needed_mib=10), HardwareFacts(free_ram_mib=free_mib))
    assert names(shelf) == left


def test_who_was_asked_for_stays_longer(shelf: Shelf) -> None:
    assert shelf.get("first") is not None
    shelf.make_room("new", plan(needed_mib=10), HardwareFacts(free_ram_mib=13))
    assert names(shelf) == ["first"]


def test_a_model_never_makes_way_for_itself(shelf: Shelf) -> None:
    shelf.make_room("third", plan(needed_mib=10), HardwareFacts(free_ram_mib=1))
    assert names(shelf) == ["third"]


def test_the_model_beside_it_stays_too(shelf: Shelf) -> None:
    facts = HardwareFacts(free_ram_mib=1)
    shelf.make_room("third", plan(needed_mib=10), facts, also="first")
    assert names(shelf) == ["first", "third"]


def test_on_a_gpu_both_memories_count(shelf: Shelf) -> None:
    facts = HardwareFacts(device="cuda", free_vram_mib=20, free_ram_mib=9)
    shelf.make_room("new", plan(needed_mib=20, ram_mib=5), facts)
    assert names(shelf) == ["second", "third"]


def test_nobody_leaves_memory_that_is_not_the_one_missing(shelf: Shelf) -> None:
    facts = HardwareFacts(device="cuda", free_vram_mib=20, free_ram_mib=11)
    shelf.make_room("new", plan(needed_mib=30, ram_mib=5), facts)
    assert names(shelf) == ["first", "second", "third"]


def recipe(model: str, **changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "model": model,
        "family": model,
        "prompt": "a red circle",
        "num_inference_steps": 2,
        "guidance_scale": 3.0,
        "scheduler": "euler",
        "width": 64,
        "height": 64,
        "seed": 7,
        "request": ImageRequest(prompt="a red circle"),
    }
    return Recipe(**values | changes)


@pytest.fixture
def folders(tiny_model: Path, tmp_path: Path) -> dict[str, Path]:
    return {"starter": tiny_model, "sd15": tiny.build_sd15(tmp_path / "sd15")}


def picture(
    kitchen: Kitchen, folder: Path, wanted: Recipe, stages: list[str], **loras: Path
) -> Any:
    kitchen.load(wanted, tiny.files(folder, loras=loras), stages.append)
    return kitchen.cook(wanted, lambda _: None, lambda: False).tobytes()


def test_two_models_take_turns_and_each_is_read_once(folders: dict[str, Path]) -> None:
    kitchen, stages = Kitchen(FACTS), list[str]()
    turns = ["starter", "sd15", "starter", "sd15"]
    made = [picture(kitchen, folders[name], recipe(name), stages) for name in turns]
    assert made[:2] == made[2:]
    assert stages == ["Loading Starter (built in)", "Loading Stable Diffusion 1.5"]


def test_without_room_for_both_each_is_read_again(folders: dict[str, Path]) -> None:
    kitchen, stages = Kitchen(FACTS), list[str]()
    picture(kitchen, folders["sd15"], recipe("sd15"), stages)
    held = kitchen.loader._shelf.held_mib()[1]
    needed = kitchen.plan.needed_mib if kitchen.plan else 0
    assert held > 0
    kitchen = Kitchen(HardwareFacts(cores=1, free_ram_mib=needed + held - 1))
    for name in ("sd15", "starter", "sd15"):
        picture(kitchen, folders[name], recipe(name), stages)
    assert len(stages) == 4


def test_loras_change_without_reading_the_model_again(
    folders: dict[str, Path], tiny_lora: Path
) -> None:
    kitchen, stages = Kitchen(FACTS), list[str]()
    wanted = recipe("starter", loras=(LoRA(name="wobble"),))
    plain = picture(kitchen, folders["starter"], recipe("starter"), stages)
    assert picture(kitchen, folders["starter"], wanted, stages, wobble=tiny_lora) != plain
    # What is there already is not said to be loaded.
    picture(kitchen, folders["starter"], wanted, stages, wobble=tiny_lora)
    assert picture(kitchen, folders["starter"], recipe("starter"), stages) == plain
    assert stages == ["Loading Starter (built in)", "Loading LoRAs"]


def test_running_out_of_memory_empties_the_shelf(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kitchen, stages = Kitchen(FACTS), list[str]()
    picture(kitchen, folders["sd15"], recipe("sd15"), stages)
    kitchen.load(recipe("starter"), tiny.files(folders["starter"]), stages.append)

    def fail(*_: Any, **__: Any) -> None:
        raise MemoryError

    assert kitchen._ready is not None
    monkeypatch.setattr(kitchen._ready.pipeline.vae, "decode", fail)
    with pytest.raises(OutOfMemory):
        kitchen.cook(recipe("starter"), lambda _: None, lambda: False)
    assert kitchen.loader._shelf.held_mib() == (0, 0)


def test_locked_memory_of_streams_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back = list[str]()
    with pretended_gpu.plugged_in(monkeypatch):
        for of, name in ((torch.cuda, "empty_cache"), (torch.accelerator, "empty_host_cache")):
            monkeypatch.setattr(of, name, lambda name=name: given_back.append(name))
        give_back()
    assert given_back == ["empty_cache", "empty_host_cache"]


def test_metal_gives_its_memory_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended_gpu.plugged_in(monkeypatch, "mps") as gpu:
        torch.empty(2**20, device="mps")
        assert gpu.reserved > 0
        give_back()
        assert gpu.reserved == 0
