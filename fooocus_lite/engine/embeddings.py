"""Textual inversions: vectors that stand in a prompt like words of their own."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ..errors import WeightsError
from ..weights import embeddings


def read(name: str, file: Path, widths: Mapping[str, int]) -> dict[str, torch.Tensor]:
    """The vectors [count, width] for each text encoder that `widths` names, float32, on the CPU.

    Raises WeightsError when the file is missing, damaged, or made for encoders of other widths.
    """
    found = embeddings.vectors(file)
    fitting = embeddings.fitting(found, widths)
    if {encoder: each.width for encoder, each in fitting.items()} != widths:
        raise WeightsError(
            f"The embedding “{name}” does not fit this model: its vectors are "
            f"{_listed(each.width for each in found) or 'not'} wide, and the model's text encoders "
            f"take {_listed(widths.values())}. Choose another embedding or model."
        )
    tensors = load_file(file)
    return {
        encoder: tensors[each.tensor].float().reshape(each.count, each.width)
        for encoder, each in fitting.items()
    }


def missing(name: str) -> WeightsError:
    """The error for an embedding without a file."""
    return WeightsError(
        f"There is no file for the embedding “{name}”. Put {name}.safetensors into "
        "models/embeddings, or leave it out; a .pt file can carry code and is not read."
    )


@contextmanager
def inserted(encoder: Any, vectors: Mapping[int, torch.Tensor]) -> Iterator[None]:
    """While this lasts, these vectors [width] stand at these places of what is encoded.

    Nothing is added to tokenizer or encoder, so there is nothing to take away from them later.
    """

    def insert(_: Any, __: Any, embedded: torch.Tensor) -> torch.Tensor:
        for place, vector in vectors.items():
            embedded[:, place] = vector.to(embedded)
        return embedded

    handle = encoder.get_input_embeddings().register_forward_hook(insert)
    try:
        yield
    finally:
        handle.remove()


def _listed(widths: Iterable[int]) -> str:
    return " and ".join(map(str, sorted(widths)))
