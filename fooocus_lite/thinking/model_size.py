"""What a model weighs, part by part, in numbers that a plan can be made from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from .activations import DecoderShape, DenoiserShape

Role = Literal["denoiser", "text", "decoder", "other"]

UNKNOWN_DENOISER = DenoiserShape("transformer", channels=3840, pixels=16, text_tokens=512)
"""Of a model whose config says nothing: as much as the widest one known takes."""
UNKNOWN_DECODER = DecoderShape(channels=256)

ALIKE_BYTES = 2**28
"""Models of a family that differ by less in size need as much memory as each other."""


@dataclass(frozen=True)
class Part:
    """One part of a pipeline, counted in parameters.

    `largest_block` and `outside_blocks`: the heaviest entry of its lists of layers, and what is in
    no such list. `largest_leaf`: its heaviest single tensor.
    """

    name: str
    role: Role
    parameters: int
    largest_block: int
    outside_blocks: int
    largest_leaf: int


@dataclass(frozen=True)
class ModelSize:
    """A model's parts, and the shapes that its working memory follows from.

    `is_float16_safe`: its numbers do not overflow in float16. `can_load_4bit`: it can be brought to
    4 bits while it is loaded, which a single file cannot.
    """

    parts: tuple[Part, ...]
    denoiser_shape: DenoiserShape = UNKNOWN_DENOISER
    decoder_shape: DecoderShape = UNKNOWN_DECODER
    is_float16_safe: bool = True
    can_load_4bit: bool = True

    @property
    def parameters(self) -> int:
        return sum(part.parameters for part in self.parts)

    @property
    def denoiser(self) -> Part:
        """The part asked at every step: the heaviest of that role, or of all."""
        known = [part for part in self.parts if part.role == "denoiser"]
        return max(known or self.parts, key=lambda part: part.parameters)

    @property
    def others(self) -> tuple[Part, ...]:
        """Every part but the denoiser."""
        return tuple(part for part in self.parts if part != self.denoiser)


def together(base: ModelSize, refiner: ModelSize) -> ModelSize:
    """Two models that make one picture after each other, with the working memory of the larger."""
    shapes = (base.denoiser_shape, refiner.denoiser_shape)
    return replace(
        base,
        parts=(*base.parts, *refiner.parts),
        denoiser_shape=max(shapes, key=lambda shape: shape.channels),
        is_float16_safe=base.is_float16_safe and refiner.is_float16_safe,
        can_load_4bit=base.can_load_4bit and refiner.can_load_4bit,
    )


def part_of(name: str, role: Role, tensors: Iterable[tuple[str, int]]) -> Part:
    """A part from the names of its tensors and how many numbers each holds.

    A block is what group offload moves at once, the entry of a list of layers: "layers.7" at the
    top of the part, or in a UNet's levels such as "down_blocks.1.attentions.0".
    """
    blocks: dict[str, int] = {}
    total = outside = leaf = 0
    for tensor, parameters in tensors:
        total += parameters
        leaf = max(leaf, parameters)
        block = _block(tensor)
        if block is None:
            outside += parameters
        else:
            blocks[block] = blocks.get(block, 0) + parameters
    return Part(name, role, total, max(blocks.values(), default=0), outside, leaf)


def role_of(name: str) -> Role:
    """What a pipeline's part does, by the names that diffusers gives them."""
    if name.startswith(("unet", "transformer")):
        return "denoiser"
    if name.startswith("text_encoder"):
        return "text"
    return "decoder" if name.startswith("vae") else "other"


def _block(tensor: str) -> str | None:
    """The entry of a list of layers that a tensor belongs to, "layers.7", or None."""
    words = tensor.split(".")
    level = {"down_blocks": 2, "mid_block": 1, "up_blocks": 2}.get(words[0], 0)
    end = level + 2
    return ".".join(words[:end]) if len(words) > end and words[end - 1].isdigit() else None
