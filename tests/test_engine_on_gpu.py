"""The real kitchen on a pretended GPU: where things lie, what they take, that pictures agree."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pretended_gpu
import pytest
import tiny
import tiny_families
import torch
from PIL import Image
from pretended_gpu import MIB, PretendedGPU
from safetensors.torch import load_file, save_file

from fooocus_lite.engine import hardware
from fooocus_lite.engine.kitchen import Kitchen
from fooocus_lite.errors import OutOfMemory
from fooocus_lite.recipe import ImageRequest, LoRA, Recipe
from fooocus_lite.thinking.costs import picture_of
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.memory import HardwareFacts, MemoryPlan, plans
from fooocus_lite.weights import refiners, sizes

pytestmark = pytest.mark.no_cover
"""The same lines are measured on the CPU; to count them here would take half as long again."""
RESIDENT = MemoryPlan(
    device="cuda",
    dtype="bfloat16",
    threads=1,
    offload="none",
    has_vae_tiling=False,
    expected_vram_mib=0,
    expected_ram_mib=10,
    needed_mib=10,
    reason="",
)
WAYS: dict[str, dict[str, Any]] = {
    "resident": {},
    "model": {"offload": "model"},
    "block": {"offload": "block", "has_streams": True},
    "leaf": {"offload": "leaf", "has_streams": True},
    "float8": {"storage": "float8"},
    "float8 block": {"offload": "block", "has_streams": True, "storage": "float8"},
}
# Tables that diffusers keeps of each Qwen-Image it has ever run, beside single numbers.
KEPT_MIB = 2
RED = Image.new("RGB", (64, 96), "red")
LOHA = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q"


class Models:
    """Tiny models and LoRAs, each built once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, family: str) -> Path:
        made = self._folder / family
        return made if made.exists() else tiny_families.build(family, made)

    def lora(self, kind: str) -> Path:
        """For the SDXL: "unet" as weak as trained ones are, "text", or "loha"."""
        made = self._folder / f"{kind}.safetensors"
        if made.exists():
            return made
        if kind == "text":
            return tiny.build_text_lora(made, self.of("sdxl"))
        if kind == "unet":
            tiny.build_lora(made, self.of("sdxl"))
            save_file({name: each * 3e-3 for name, each in load_file(made).items()}, made)
            return made
        random = torch.Generator().manual_seed(0)
        shapes = {"a": (64, 4), "b": (4, 64)}
        save_file(
            {
                f"{LOHA}.hada_w{n}_{end}": torch.randn(shape, generator=random) * 0.3
                for n in (1, 2)
                for end, shape in shapes.items()
            },
            made,
        )
        return made


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return Models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendedGPU]:
    with pretended_gpu.plugged_in(monkeypatch) as found:
        yield found


def quiet(_: object) -> None:
    """For who asks about stages and steps."""


def recipe(family: str, loras: tuple[str, ...] = (), **changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "model": "tiny",
        "family": family,
        "prompt": "a (red:1.2) circle",
        "negative_prompt": "blurry",
        "num_inference_steps": 2,
        "guidance_scale": FAMILIES[family].guidance_scale,
        "scheduler": FAMILIES[family].scheduler,
        "width": 64,
        "height": 96,
        "seed": 7,
        "loras": tuple(LoRA(name=name, weight=0.8) for name in loras),
        "request": ImageRequest(prompt="a red circle"),
    }
    return Recipe(**values | changes)


def kitchen_with(plan: MemoryPlan) -> Kitchen:
    """A kitchen that runs every model so."""
    made = Kitchen()
    made.loader.planner.plan = lambda *_: plan  # type: ignore[method-assign]
    return made


def cooked(kitchen: Kitchen, models: Models, wanted: Recipe, **more: Any) -> np.ndarray:
    files = {lora.name: models.lora(lora.name) for lora in wanted.loras}
    kitchen.load(wanted, tiny.files(models.of(wanted.family), loras=files), quiet)
    options: dict[str, Any] = {"on_step": quiet, "wants_preview": lambda: True, **more}
    return np.asarray(kitchen.cook(wanted, **options)).astype(int)


def differs(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first - second).mean())


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "starter"])
def test_every_family_comes_to_the_gpu_in_every_way(
    models: Models, gpu: PretendedGPU, family: str
) -> None:
    pictures = {}
    for name in ("resident", "model", "float8 block"):
        kitchen = kitchen_with(replace(RESIDENT, **WAYS[name]))
        pictures[name] = cooked(kitchen, models, recipe(family))
        waits = gpu.waits
        again = cooked(kitchen, models, recipe(family), wants_preview=lambda: False)
        assert differs(again, pictures[name]) == 0
        # Each wait of Python for the GPU is a moment in which the GPU has nothing to do.
        assert name != "resident" or gpu.waits - waits <= 3
        kitchen.unload()
        assert gpu.used < KEPT_MIB * MIB
    assert differs(pictures["model"], pictures["resident"]) < 0.1
    assert 0 < differs(pictures["float8 block"], pictures["resident"]) < 15


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_loras_come_and_go_wherever_weights_wait(
    models: Models, gpu: PretendedGPU, way: dict[str, Any]
) -> None:
    kitchen = kitchen_with(replace(RESIDENT, **way))
    plain = cooked(kitchen, models, recipe("sdxl"))
    for names in (("unet",), ("text",), ("loha",), ("unet", "loha")):
        assert differs(cooked(kitchen, models, recipe("sdxl", names)), plain) > 0.01, names
    assert differs(cooked(kitchen, models, recipe("sdxl")), plain) == 0


@pytest.mark.parametrize("way", ["resident", "float8", "float8 block"])
def test_a_lora_keeps_its_numbers_beside_weights_in_eight_bits(
    models: Models, gpu: PretendedGPU, way: str
) -> None:
    kitchen = kitchen_with(replace(RESIDENT, **WAYS[way]))
    # Twice, for what streams had copied comes back after a picture.
    for _ in range(2):
        cooked(kitchen, models, recipe("sdxl", ("unet",)))
    assert kitchen._ready is not None
    there = {
        name.replace(".lora_0", ""): parameter.cpu()
        for name, parameter in kitchen._ready.pipeline.unet.named_parameters()
        if ".lora_" in name
    }
    wanted = load_file(models.lora("unet"))
    assert len(there) == len(wanted)
    for name, value in wanted.items():
        assert torch.equal(there[name.removeprefix("unet.")], value.to(torch.bfloat16)), name


@pytest.mark.parametrize("way", ["model", "block", "float8 block"])
def test_a_picture_that_starts_from_another_leaves_nothing_behind(
    models: Models, gpu: PretendedGPU, way: str
) -> None:
    kitchen = kitchen_with(replace(RESIDENT, **WAYS[way]))
    plain = cooked(kitchen, models, recipe("sdxl"))
    lying = gpu.used
    start = {"task": "image-to-image", "image": "0" * 64, "strength": 0.5}
    cooked(kitchen, models, recipe("sdxl", num_inference_steps=4, **start), image=RED)
    # One more text's conditions are remembered.
    assert gpu.used - lying < 0.1 * MIB
    assert differs(cooked(kitchen, models, recipe("sdxl")), plain) == 0


@pytest.mark.parametrize("way", ["model", "float8 block"])
def test_a_refiner_follows_its_base_to_the_gpu(
    models: Models, gpu: PretendedGPU, tmp_path: Path, way: str
) -> None:
    tiny.build_refiner(tmp_path / "polish")
    wanted = recipe("sdxl", refiner="polish", refiner_switch=0.5, num_inference_steps=4)
    kitchen, made = kitchen_with(replace(RESIDENT, **WAYS[way])), list[bytes]()
    for _ in range(2):
        polish = refiners.find([tmp_path])["polish"]
        kitchen.load(wanted, tiny.files(models.of("sdxl"), refiner=polish), quiet)
        made.append(kitchen.cook(wanted, quiet, lambda: True).tobytes())
        assert gpu.used < MIB
    assert made[0] == made[1]


def test_an_embedding_stands_in_its_place_wherever_weights_wait(
    models: Models, gpu: PretendedGPU, tmp_path: Path
) -> None:
    file = tiny.build_embedding(tmp_path / "wob.safetensors", {"clip_l": 32, "clip_g": 64})
    made = []
    for way in ("resident", "leaf"):
        kitchen = kitchen_with(replace(RESIDENT, **WAYS[way]))
        wanted = recipe("sdxl", prompt="a red circle embedding:wob")
        kitchen.load(wanted, tiny.files(models.of("sdxl"), embeddings={"wob": file}), quiet)
        made.append(np.asarray(kitchen.cook(wanted, quiet, lambda: False)).astype(int))
        without = cooked(kitchen, models, recipe("sdxl", prompt="a red circle"))
        assert differs(made[-1], without) > 0.1
    assert differs(*made) < 0.1


@pytest.mark.parametrize("way", ["model", "block", "leaf"])
def test_a_picture_that_is_stopped_leaves_no_weights_on_the_gpu(
    models: Models, gpu: PretendedGPU, way: str
) -> None:
    def stop(step: Any) -> None:
        if step.step == 1:
            raise KeyboardInterrupt

    kitchen = kitchen_with(replace(RESIDENT, **WAYS[way]))
    plain = cooked(kitchen, models, recipe("z-image"))
    lying = gpu.used
    with pytest.raises(KeyboardInterrupt):
        cooked(kitchen, models, recipe("z-image"), on_step=stop)
    assert gpu.used - lying < 0.1 * MIB
    assert differs(cooked(kitchen, models, recipe("z-image")), plain) == 0


def test_a_unet_of_few_levels_goes_to_the_gpu_in_small_blocks(
    models: Models, gpu: PretendedGPU
) -> None:
    plan = replace(RESIDENT, dtype="float32", **WAYS["block"])
    kitchen = kitchen_with(plan)
    kitchen.load(recipe("sdxl"), tiny.files(models.of("sdxl")), quiet)
    assert kitchen._ready is not None
    kitchen.cook(recipe("sdxl"), quiet, lambda: False)
    lying, gpu.peak = gpu.used, 0
    unet = kitchen._ready.pipeline.unet
    with torch.no_grad():
        unet(
            torch.ones(1, 4, 8, 8, device="cuda"),
            1,
            torch.ones(1, 77, 96, device="cuda"),
            added_cond_kwargs={
                "text_embeds": torch.ones(1, 64, device="cuda"),
                "time_ids": torch.ones(1, 6, device="cuda"),
            },
        )
    size = sizes.of_folder(models.of("sdxl")).denoiser
    assert size.largest_block < size.parameters / 4
    working_mib = 0.5
    planned_mib = 4 * (size.outside_blocks + 2 * size.largest_block) / MIB
    assert (gpu.peak - lying) / MIB < planned_mib + working_mib
    assert planned_mib + working_mib < 4 * size.parameters / MIB * 0.8


def on_card(models: Models, wanted: Recipe, place: int) -> tuple[MemoryPlan, float]:
    """The plan at this place of the ladder, and the MiB of a card that is just enough for it."""
    facts = HardwareFacts(
        "cuda", free_vram_mib=9_000, free_ram_mib=9_000, has_native_bf16=True, has_float8=True
    )
    size = sizes.of_folder(models.of(wanted.family))
    plan = plans(facts, size, picture_of(wanted, FAMILIES[wanted.family]))[place]
    return plan, plan.needed_mib


def test_memory_that_torch_keeps_for_later_is_free(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = recipe("sdxl", width=256, height=256)
    plan, needed_mib = on_card(models, wanted, 0)
    with pretended_gpu.plugged_in(monkeypatch, memory_mib=needed_mib + 1) as gpu:
        kitchen, stages = Kitchen(), list[str]()
        for _ in range(3):
            kitchen.load(wanted, tiny.files(models.of("sdxl")), stages.append)
            kitchen.cook(wanted, quiet, lambda: True)
            assert kitchen.plan is not None
            assert kitchen.plan.label == plan.label
        assert gpu.reserved - gpu.used > 10 * MIB
    assert len(stages) == 1


def test_a_model_is_loaded_anew_for_much_memory_but_not_for_little(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, files = recipe("sdxl", width=256, height=256), tiny.files(models.of("sdxl"))
    plan, needed_mib = on_card(models, wanted, 0)
    with pretended_gpu.plugged_in(monkeypatch) as gpu:
        kitchen, stages, labels = Kitchen(), list[str](), list[str]()

        def cook_with(memory_mib: float) -> int:
            """How often models were loaded until now."""
            gpu.memory = int(memory_mib * MIB)
            kitchen.load(wanted, files, stages.append)
            kitchen.cook(wanted, quiet, lambda: False)
            labels.append(kitchen.made_with().plan)
            return len(stages)

        hovering = (300, -300, 0, -300, 300)
        assert [cook_with(needed_mib + more) for more in hovering] == [1] * 5
        assert cook_with(plan.expected_vram_mib - 2) == 2
        assert cook_with(needed_mib + 6 * 1024) == 3
    assert labels == [*[plan.label] * 5, labels[5], plan.label]
    assert labels[5] != plan.label


def test_out_of_memory_has_let_go_of_everything_when_it_is_raised(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = recipe("sdxl", width=256, height=256)
    with pretended_gpu.plugged_in(monkeypatch, memory_mib=12) as gpu:
        facts = replace(hardware.facts(), free_vram_mib=4_000)
        kitchen = Kitchen(facts)
        kitchen.load(wanted, tiny.files(models.of("sdxl")), quiet)
        try:
            kitchen.cook(wanted, quiet, lambda: False)
        except OutOfMemory:
            assert (gpu.used, gpu.reserved) == (0, 0)
            tried = kitchen.thriftier_plan(wanted, tiny.files(models.of("sdxl")))
        assert tried is not None


def test_out_of_memory_while_loading_lets_go_too(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pretended_gpu.plugged_in(monkeypatch, memory_mib=2) as gpu:
        kitchen = Kitchen(replace(hardware.facts(), free_vram_mib=4_000))
        try:
            kitchen.load(recipe("sdxl"), tiny.files(models.of("sdxl")), quiet)
        except OutOfMemory:
            assert (gpu.used, gpu.reserved) == (0, 0)
        assert kitchen.plan is None


@pytest.mark.parametrize("family", ["sdxl", "sd15", "flux1", "z-image", "qwen-image", "sana"])
def test_metal_is_asked_for_no_double_precision(
    models: Models, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    with pretended_gpu.plugged_in(monkeypatch, "mps"):
        kitchen = Kitchen()
        assert cooked(kitchen, models, recipe(family)).std() > 1
        assert kitchen.plan is not None
        assert kitchen.plan.device == "mps"


@pytest.mark.parametrize("name", ["ddim", "dpmpp_2m_karras", "dpmpp_sde", "unipc", "lcm", "heun"])
@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_schedulers_keep_their_numbers_where_the_latents_are(
    models: Models, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    with pretended_gpu.plugged_in(monkeypatch, kind):
        made = cooked(Kitchen(), models, recipe("sdxl", scheduler=name, num_inference_steps=3))
        assert made.std() > 1
