"""What one way of running a model costs: memory on the device, memory beside it, and time.

Knows nothing of what a machine has; `memory.py` weighs these costs against that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..recipe import Recipe
from . import activations
from .families import Family
from .model_size import ModelSize, Part

Dtype = Literal["float32", "float16", "bfloat16"]
Offload = Literal["none", "model", "block", "leaf"]
Storage = Literal["native", "float8", "nf4"]

MIB = 2**20
BYTES_OF: dict[Dtype, int] = {"float32": 4, "float16": 2, "bfloat16": 2}
# A byte a number for all but norms and embedders; nf4 has a scale for every 64 numbers besides.
STORED_BYTES: dict[Storage, float] = {"float8": 1.05, "nf4": 0.56}

# Of the working numbers, with what lies unused between them.
SPARE = 1.3
# A CPU's libraries keep rearranged copies of what they read, in every number format: SDXL takes 1.9
# times as much at 1024 pixels, SD 1.5 1.5 to 2.0; their decoder 1.35. Transformers: taken as UNets.
CPU_STEP = 2.0
CPU_DECODE = 1.4
# PCI Express 3.0 × 16 as programs see it, from locked pages and from ordinary ones.
LOCKED_MIB_S = 12 * 1024
ORDINARY_MIB_S = 6 * 1024
# Widening 8-bit weights at each step reads one byte and writes two, in the memory of a small GPU.
WIDENING_MIB_S = 200 * 1024
# Moving single layers starts thousands of copies where blocks start dozens.
LEAF_SLOWDOWN = 1.3
# Tiles overlap by a quarter, so a picture is decoded 1.8 times.
TILING_S = 1.0


@dataclass(frozen=True)
class Picture:
    """What is asked of a model. `batch` is 2 where guidance makes the denoiser look twice."""

    width: int
    height: int
    batch: int = 2
    num_inference_steps: int = 30
    has_image: bool = False
    """Whether it starts from a picture, which the VAE encodes first."""

    @property
    def size(self) -> tuple[int, int, int]:
        """What its time depends on, beside the steps: width, height, batch."""
        return self.width, self.height, self.batch

    @property
    def work(self) -> int:
        """What its working memory grows with."""
        return self.width * self.height * self.batch


def picture_of(recipe: Recipe, family: Family) -> Picture:
    """What a recipe asks of a model of its family."""
    return Picture(
        recipe.width,
        recipe.height,
        _batch(recipe.guidance_scale, family),
        recipe.steps_made,
        has_image=recipe.image is not None,
    )


def native_picture(family: Family, is_distilled: bool = False) -> Picture:
    """A family's usual picture, for plans that are made before anything is asked for."""
    first, row = family.aspects[0], family.rows(is_distilled)[0]
    guidance_scale = family.guidance_scale if row.guidance_scale is None else row.guidance_scale
    batch = _batch(guidance_scale, family)
    return Picture(first.width, first.height, batch, row.num_inference_steps)


def _batch(guidance_scale: float, family: Family) -> int:
    return 2 if guidance_scale > family.guidance_off and family.has_two_passes else 1


@dataclass(frozen=True)
class Way:
    """One way to run a model; "block" and "leaf" move its layers in groups or one by one.

    `is_emulated`: the card has not its `dtype`, so torch computes with it in steps of its own.
    """

    dtype: Dtype
    offload: Offload = "none"
    has_streams: bool = False
    storage: Storage = "native"
    has_vae_tiling: bool = False
    is_on_cpu: bool = False
    is_emulated: bool = False


@dataclass(frozen=True)
class Cost:
    """`device_mib`: the peak of weights and working numbers where it computes, `needed_mib` what it
    is wise to have free for that. `extra_s`: how much longer a picture takes than with everything
    in place, at most.
    """

    device_mib: int
    needed_mib: int
    weights_mib: int
    extra_s: float


def cost(model: ModelSize, way: Way, picture: Picture) -> Cost:
    """The cost of a picture; weights and peaks as diffusers' offload modes move them."""
    phases = list(_phases(model, way, picture))
    extra_s = _moving_s(model, way, picture) + _widening_s(model, way, picture)
    return Cost(
        device_mib=round(max(weights + working for weights, working in phases)),
        needed_mib=round(max(weights + SPARE * working for weights, working in phases)),
        weights_mib=round(model.parameters * BYTES_OF[way.dtype] / MIB),
        extra_s=extra_s + (TILING_S if way.has_vae_tiling else 0),
    )


def _phases(model: ModelSize, way: Way, picture: Picture) -> Iterator[tuple[float, float]]:
    """MiB of weights on the device and of working numbers, in each part of making a picture.

    A picture to start from is encoded while the last text encoder is still there, which takes no
    more than decoding one, and the VAE stays there for the denoiser's steps. In groups, the decoder
    stays and text encoders move leaf by leaf; a stream brings the next group while one computes, so
    there are two.
    """
    denoiser = model.denoiser
    step_mib, decode_mib = _step_mib(model, way, picture), _decode_mib(model, way, picture)
    if way.offload == "none":
        yield sum(_stored(part, model, way) for part in model.parts), max(step_mib, decode_mib)
    elif way.offload == "model":
        vae_mib = sum(_stored(part, model, way) for part in model.others if part.role == "decoder")
        beside_mib = vae_mib if picture.has_image else 0
        yield _stored(denoiser, model, way) + beside_mib, step_mib
        for part in model.others:
            if part.role == "decoder":
                yield vae_mib, decode_mib
            else:
                yield _stored(part, model, way) + beside_mib, decode_mib if beside_mib else 0
    else:
        small = [part for part in model.others if part.role not in ("text", "denoiser")]
        staying = sum(_stored(part, model, way) for part in small)
        groups = 2 if way.has_streams else 1
        moving = groups * denoiser.largest_leaf
        if way.offload == "block":
            moving = denoiser.outside_blocks + groups * denoiser.largest_block
        yield staying + moving * _bytes(denoiser, model, way) / MIB, step_mib
        yield staying, decode_mib
        leaf = max((part.largest_leaf for part in model.others if part.role == "text"), default=0)
        yield staying + groups * leaf * BYTES_OF[way.dtype] / MIB, 0


def _step_mib(model: ModelSize, way: Way, picture: Picture) -> float:
    """Working numbers of one step; narrow weights are widened one layer at a time."""
    number = BYTES_OF[way.dtype]
    widened = 0 if way.storage == "native" else model.denoiser.largest_leaf * number / MIB
    step = activations.denoiser_mib(
        model.denoiser_shape, picture.width, picture.height, picture.batch, number
    )
    return widened + step * (CPU_STEP if way.is_on_cpu else 1)


def _decode_mib(model: ModelSize, way: Way, picture: Picture) -> float:
    shape = model.decoder_shape
    number = 4 if shape.needs_float32 and way.dtype == "float16" else BYTES_OF[way.dtype]
    decode = activations.decoder_mib(
        shape, picture.width, picture.height, number, way.has_vae_tiling, way.is_emulated
    )
    return decode * (CPU_DECODE if way.is_on_cpu else 1)


def _stored(part: Part, model: ModelSize, way: Way) -> float:
    """MiB a part takes as it is kept; only the denoiser is ever kept in fewer bits."""
    return part.parameters * _bytes(part, model, way) / MIB


def _bytes(part: Part, model: ModelSize, way: Way) -> float:
    is_narrow = way.storage != "native" and part == model.denoiser
    return STORED_BYTES[way.storage] if is_narrow else BYTES_OF[way.dtype]


def _moving_s(model: ModelSize, way: Way, picture: Picture) -> float:
    """Seconds that weights are on their way for one picture, as if nothing computed meanwhile.

    Without streams diffusers also copies them back; with streams the locked original stays. What
    is in no block has no stream.
    """
    if way.offload == "none":
        return 0.0
    if way.offload == "model":
        moved = sum(_stored(part, model, way) for part in model.parts)
        return 2 * moved / ORDINARY_MIB_S
    text_mib = sum(_stored(part, model, way) for part in model.others if part.role == "text")
    moved = _stored(model.denoiser, model, way) * picture.num_inference_steps + text_mib
    unstreamed = 0.0 if way.has_streams else moved
    if way.has_streams and way.offload == "block":
        outside_mib = model.denoiser.outside_blocks * _bytes(model.denoiser, model, way) / MIB
        unstreamed = outside_mib * picture.num_inference_steps
    seconds = (moved - unstreamed) / LOCKED_MIB_S + 2 * unstreamed / ORDINARY_MIB_S
    return seconds * (LEAF_SLOWDOWN if way.offload == "leaf" else 1)


def _widening_s(model: ModelSize, way: Way, picture: Picture) -> float:
    """Seconds for turning narrow weights into wide ones, at every step."""
    if way.storage == "native":
        return 0.0
    touched_mib = 3 * model.denoiser.parameters / MIB
    return picture.num_inference_steps * touched_mib / WIDENING_MIB_S
