"""Writes the table of known sizes: every published model, reckoned on the meta device.

    python -m benchmarks.known_sizes

Makes no request and takes seconds: the parts of `published.py` are built without numbers, and
counted as `weights.sizes` counts the files of a model that is here.
"""

import json
import re
from dataclasses import asdict
from typing import Any

import diffusers
import torch
import transformers

from fooocus_lite.thinking.model_size import ModelSize
from fooocus_lite.weights.known_sizes import TABLE

from .gpu.full_size import size_of_parts
from .published import ARCHITECTURES, Parts


def table() -> dict[str, dict[str, Any]]:
    """Each architecture's size as the file has it."""
    # There and back: JSON knows no tuples.
    known: dict[str, dict[str, Any]] = json.loads(
        json.dumps({name: asdict(size_of(parts)) for name, parts in ARCHITECTURES.items()})
    )
    return known


def size_of(parts: Parts) -> ModelSize:
    """What these parts weigh together."""
    with torch.device("meta"):
        return size_of_parts({name: _built(*part) for name, part in parts.items()})


def _built(class_name: str, config: dict[str, Any]) -> torch.nn.Module:
    kind = getattr(diffusers, class_name, None)
    if kind is None:
        kind = getattr(transformers, class_name)
        return kind(kind.config_class(**config))  # type: ignore[no-any-return]  # untyped library
    return kind(**config)  # type: ignore[no-any-return]  # untyped library


def written(known: dict[str, dict[str, Any]]) -> str:
    """The table as text, a part on each line."""
    text = json.dumps(known, indent=1)
    return re.sub(r"\{[^{}]*\}", lambda match: " ".join(match.group().split()), text) + "\n"


if __name__ == "__main__":
    TABLE.write_text(written(table()), encoding="utf-8")
