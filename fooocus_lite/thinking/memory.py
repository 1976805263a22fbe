"""How a model is put on this machine: facts in, plans with their reasons in words out, best first.

Knows nothing of torch: device and dtype are the names torch gives them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from .amounts import in_mib
from .costs import BYTES_OF, Cost, Dtype, Offload, Picture, Storage, Way, cost
from .model_size import ModelSize

Device = Literal["cpu", "cuda", "mps"]

# Below this, a GPU waits for Python rather than for numbers, so float32 costs nothing there.
SMALL_MODEL_MIB = 256
# What the libraries take for themselves, beside what is counted.
LIBRARIES_MIB: dict[Device, int] = {"cuda": 600, "mps": 600, "cpu": 256}
# Weights that a stream copies lie in locked memory, where torch rounds each up to a power of two.
LOCKED_SPARE = 1.5
LOSSES = {"tiles": 10.0, "float8": 60.0, "nf4": 180.0}
"""What a loss counts in the order of plans: the seconds that a person would wait for each picture
to be spared of it. So 8-bit weights come before a lossless plan only if that is a minute slower."""


@dataclass(frozen=True)
class HardwareFacts:
    """What this machine has. `cores` are physical; VRAM is None without memory of the GPU's own.

    `total_mib`: of the memory that it computes in. `has_native_bf16`: it computes faster so.
    `has_float16`: what it computes so is right. `has_float8`: it can keep weights in 8 bits.
    `has_streams`: it copies while it computes. `backends`: packages that read 4-bit weights.
    """

    device: Device = "cpu"
    name: str = "CPU"
    cores: int = 1
    free_ram_mib: int = 4096
    free_vram_mib: int | None = None
    total_mib: int = 0
    has_native_bf16: bool = False
    has_float16: bool = True
    has_float8: bool = False
    has_streams: bool = False
    backends: frozenset[str] = frozenset()

    @property
    def free_mib(self) -> int:
        """Free memory where the model computes."""
        return self.free_ram_mib if self.free_vram_mib is None else self.free_vram_mib


@dataclass(frozen=True)
class MemoryPlan:
    """Where and in which numbers a model runs.

    `offload` "model": its parts take turns on the device; "block", "leaf": its layers do.
    `storage`: how the denoiser's weights are kept. `expected_extra_s`: the seconds a picture takes
    longer than with everything in place, at most. `needed_mib`: what has to be free where it
    computes, with some to spare. `is_tight`: more is needed than is free.
    """

    device: Device
    dtype: Dtype
    threads: int
    offload: Offload
    has_vae_tiling: bool
    expected_vram_mib: int
    expected_ram_mib: int
    needed_mib: int
    reason: str
    has_streams: bool = False
    storage: Storage = "native"
    expected_extra_s: float = 0.0
    is_tight: bool = False

    @property
    def label(self) -> str:
        """A few words for a picture's metadata, such as "cuda bfloat16 model offload"."""
        words: list[str] = [self.device, self.dtype]
        words += [] if self.offload == "none" else [f"{self.offload} offload"]
        words += [] if self.storage == "native" else [self.storage]
        words += ["vae tiling"] if self.has_vae_tiling else []
        return " ".join(words)

    @property
    def place(self) -> str:
        """Where and how it runs, in a few words for everybody."""
        whole = "CPU" if self.device == "cpu" else "all on the GPU"
        words = [whole if self.offload == "none" else f"{self.offload} offload"]
        words += {"native": [], "float8": ["8-bit weights"], "nf4": ["4-bit weights"]}[self.storage]
        words += ["decoded in tiles"] if self.has_vae_tiling else []
        return ", ".join(words)

    @property
    def losses(self) -> tuple[str, ...]:
        """What of it changes pixels; empty for a plan that gives the picture of every other."""
        tiles = ("tiles",) if self.has_vae_tiling else ()
        return tiles if self.storage == "native" else (*tiles, self.storage)


def plans(
    facts: HardwareFacts,
    model: ModelSize,
    picture: Picture,
    prefer: Literal["quality", "speed"] = "quality",
) -> tuple[MemoryPlan, ...]:
    """The plans that fit, best first, each needing less memory than the one before it.

    Never empty: where nothing fits, the one plan that comes nearest, which says so. "speed" lets no
    loss count.
    """
    dtype, why_dtype = _dtype(facts, model)
    every = [_plan(facts, way, cost(model, way, picture)) for way in _ways(facts, dtype, model)]
    every.sort(key=lambda plan: waiting_s(plan, prefer))
    fitting = [plan for plan in every if _shortage_mib(facts, plan) == 0]
    if not fitting:
        nearest = min(every, key=lambda plan: _shortage_mib(facts, plan))
        fitting = [replace(nearest, is_tight=True)]
    ladder: list[MemoryPlan] = []
    for plan in fitting:
        if not ladder or plan.needed_mib < ladder[-1].needed_mib:
            ladder.append(plan)
    everything = _in_place(facts, dtype)
    whole = _plan(facts, everything, cost(model, everything, picture))
    first_words = f"{facts.name}: {dtype}, because {why_dtype}; "
    return tuple(
        replace(plan, reason=first_words + _why(facts, plan, whole) + ".") for plan in ladder
    )


def planned_again(
    plan: MemoryPlan, facts: HardwareFacts, model: ModelSize, picture: Picture
) -> MemoryPlan:
    """A plan as it is for another picture, whether it fits or not; without its reason."""
    way = replace(
        _in_place(facts, plan.dtype),
        offload=plan.offload,
        has_streams=plan.has_streams,
        storage=plan.storage,
        has_vae_tiling=plan.has_vae_tiling,
    )
    return _plan(facts, way, cost(model, way, picture))


def waiting_s(plan: MemoryPlan, prefer: Literal["quality", "speed"] = "quality") -> float:
    """The seconds a plan costs, its losses among them where quality counts."""
    losses = sum(LOSSES[loss] for loss in plan.losses) if prefer == "quality" else 0.0
    return plan.expected_extra_s + losses


def _ways(facts: HardwareFacts, dtype: Dtype, model: ModelSize) -> Iterator[Way]:
    """All that this machine could do, whether it fits or not."""
    locked_mib = LOCKED_SPARE * model.parameters * BYTES_OF[dtype] / 2**20
    can_stream = facts.has_streams and locked_mib <= facts.free_ram_mib
    is_transformer = model.denoiser_shape.kind == "transformer"
    offloads: tuple[Offload, ...] = ("none",)
    storages: list[Storage] = ["native"]
    if facts.device == "cuda":
        # Elsewhere the device's memory is the computer's, and moving things spares nothing.
        offloads = ("none", "model", "block", "leaf")
        storages += ["float8"] if facts.has_float8 and dtype != "float32" else []
        # What LoRAs change in a UNet needs its weights as they are.
        has_4bit = "bitsandbytes" in facts.backends and model.can_load_4bit and is_transformer
        storages += ["nf4"] if has_4bit and dtype != "float32" else []
    for storage in storages:
        for offload in offloads:
            # 4-bit weights cannot be moved layer by layer.
            if storage == "nf4" and offload in ("block", "leaf"):
                continue
            has_streams = can_stream and offload in ("block", "leaf")
            # Without a stream diffusers moves a UNet in levels, of which one can be half of it.
            if offload == "block" and not has_streams and not is_transformer:
                continue
            for has_vae_tiling in (False, True):
                yield replace(
                    _in_place(facts, dtype),
                    offload=offload,
                    has_streams=has_streams,
                    storage=storage,
                    has_vae_tiling=has_vae_tiling,
                )


def _in_place(facts: HardwareFacts, dtype: Dtype) -> Way:
    """With everything where it computes."""
    return Way(
        dtype,
        is_on_cpu=facts.device == "cpu",
        is_emulated=facts.device == "cuda" and dtype == "bfloat16" and not facts.has_native_bf16,
    )


def _plan(facts: HardwareFacts, way: Way, costs: Cost) -> MemoryPlan:
    has_own_memory = facts.free_vram_mib is not None
    return MemoryPlan(
        device=facts.device,
        dtype=way.dtype,
        threads=max(1, facts.cores),
        offload=way.offload,
        has_vae_tiling=way.has_vae_tiling,
        expected_vram_mib=costs.device_mib if has_own_memory else 0,
        # Weights pass through the computer's memory on their way to a GPU.
        expected_ram_mib=costs.weights_mib if has_own_memory else costs.device_mib,
        needed_mib=costs.needed_mib + LIBRARIES_MIB[facts.device],
        reason="",
        has_streams=way.has_streams,
        storage=way.storage,
        expected_extra_s=costs.extra_s,
    )


def _shortage_mib(facts: HardwareFacts, plan: MemoryPlan) -> int:
    """What is missing for a plan in all memories together; 0 when it fits."""
    missing = max(0, plan.needed_mib - facts.free_mib)
    if facts.free_vram_mib is not None:
        missing += max(0, plan.expected_ram_mib - facts.free_ram_mib)
    return missing


def _dtype(facts: HardwareFacts, model: ModelSize) -> tuple[Dtype, str]:
    if facts.device != "cpu" and model.parameters * BYTES_OF["float16"] < SMALL_MODEL_MIB * 2**20:
        return "float32", "the model is small"
    noun = "CPU" if facts.device == "cpu" else "GPU"
    is_transformer = model.denoiser_shape.kind == "transformer"
    if facts.device == "mps" and not is_transformer:
        return "float16", "it halves the memory"
    if facts.has_native_bf16:
        return "bfloat16", f"this {noun} computes with it natively"
    if facts.device == "mps":
        # Transformers are trained in bfloat16; in float16 they overflow into black pictures.
        return "float32", "this system has no bfloat16, and float16 overflows in this model"
    if facts.device == "cpu":
        return "float32", "this CPU has no native bfloat16"
    return _dtype_of_old_card(facts, model)


def _dtype_of_old_card(facts: HardwareFacts, model: ModelSize) -> tuple[Dtype, str]:
    """Of a card without bfloat16. Emulated it is slow, most of all for convolutions."""
    if not model.is_float16_safe:
        return "bfloat16", "float16 overflows in this model; this GPU emulates bfloat16, slowly"
    if facts.has_float16:
        return "float16", "this GPU has no native bfloat16"
    if model.denoiser_shape.kind == "unet":
        return "float32", "float16 gives black pictures on this GPU, and it has no native bfloat16"
    return "bfloat16", "float16 gives black pictures on this GPU; it emulates bfloat16, slowly"


def _why(facts: HardwareFacts, plan: MemoryPlan, whole: MemoryPlan) -> str:
    """Why this plan, to somebody who has never heard of offloading."""
    free = in_mib(facts.free_mib)
    if plan.is_tight:
        is_ram_missing = facts.free_vram_mib is not None and plan.needed_mib <= facts.free_mib
        needed = plan.expected_ram_mib if is_ram_missing else plan.needed_mib
        have = in_mib(facts.free_ram_mib) if is_ram_missing else free
        is_too_large = not is_ram_missing and 0 < facts.total_mib < needed
        way_out = "" if is_too_large else "close other programs, or "
        return (
            f"even its thriftiest way needs about {in_mib(needed)} of memory and {have} are "
            f"free, so it may fail: {way_out}choose a smaller model or size"
        )
    words = [_PLACES[plan.offload].format(free=free, all=in_mib(whole.needed_mib))]
    words += [LOSS_WORDS[loss] for loss in plan.losses]
    return "; ".join(words)


_PLACES: dict[Offload, str] = {
    "none": "it fits into the {free} that are free",
    "model": "its parts take turns on the GPU, for {free} are free and all at once would need "
    "{all}",
    "block": "its layers go to the GPU in groups when they are needed, for {free} are free and "
    "all at once would need {all}",
    "leaf": "its layers go to the GPU one by one when they are needed, which is slow, for {free} "
    "are free and all at once would need {all}",
}
LOSS_WORDS = {
    "tiles": "memory is tight, so pictures are decoded in tiles, which can change them a little",
    "float8": "its weights are kept in 8 bits, which changes pictures a little",
    "nf4": "its weights are kept in 4 bits, which changes pictures",
}
