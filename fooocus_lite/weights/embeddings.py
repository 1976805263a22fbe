"""What a textual inversion's file holds for which text encoder, by its header alone. No torch."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import header

TENSORS = {"text_encoder": "clip_l", "text_encoder_2": "clip_g"}
"""What a file for a model with two text encoders calls the vectors of each."""


@dataclass(frozen=True)
class Vectors:
    """A tensor of the file: its name, how many vectors it has, and how wide each is."""

    tensor: str
    count: int
    width: int


def vectors(file: Path) -> list[Vectors]:
    """What the file holds. Raises WeightsError when it is missing or damaged."""
    shapes = {name: tensor.shape for name, tensor in header.read(file).tensors.items()}
    return [
        Vectors(name, 1 if len(shape) == 1 else shape[0], shape[-1])
        for name, shape in shapes.items()
        if len(shape) in (1, 2)
    ]


def fitting(found: Sequence[Vectors], encoders: Collection[str]) -> dict[str, Vectors]:
    """The vectors for each of these text encoders; none for one that the file is not for.

    A file for a model's only encoder holds one tensor, under any name.
    """
    if set(encoders) == {"text_encoder"}:
        return {"text_encoder": found[0]} if len(found) == 1 else {}
    by_name = {each.tensor: each for each in found}
    return {each: by_name[TENSORS[each]] for each in encoders if TENSORS.get(each) in by_name}
