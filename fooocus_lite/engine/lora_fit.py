"""Whether a LoRA fits a pipeline, layer by layer, and what to say of the layers that do not."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from ..errors import WeightsError
from ..thinking.labels import label

MIN_FIT = 0.5
"""A LoRA of which less than this share of layers fits was made for another model, and is refused;
of any other the layers that fit are used, and the rest are named."""
SHOWN = 3

PARTS = ("unet", "transformer", "text_encoder", "text_encoder_2")
_LAYER = re.compile(
    r"(.+?)\.(?:alpha|lora_[AB]|lora_(?:down|up|mid)|lora\.(?:down|up)|lora_linear_layer|"
    r"lora_magnitude_vector|(?:hada|lokr)_\w+)\b"
)
# The two factors of a layer's change. diffusers fills in for one that it does not find in a file
# whatever lies in the memory.
_HALF = re.compile(r"(.+?)\.lora(?:_linear_layer)?[._](?:(A|down)|(?:B|up))\b(.*)")


def layers_of(tensors: Iterable[str]) -> tuple[str, ...]:
    """The layers of tensors with these names."""
    matches = ((_LAYER.match(each), each) for each in tensors)
    return tuple(dict.fromkeys(match.group(1) if match else each for match, each in matches))


def told(name: str, strangers: Sequence[str], count: int) -> str | None:
    """A sentence about layers without a place. Raises WeightsError when too few have one."""
    if not count:
        raise WeightsError(
            f"The LoRA “{name}” does not fit this model: it has no layer whose name is known here. "
            "Choose another LoRA or model."
        )
    if not strangers:
        return None
    shown = _shown(strangers)
    if len(strangers) > count * (1 - MIN_FIT):
        raise WeightsError(
            f"The LoRA “{name}” does not fit this model: {len(strangers)} of its {count} layers "
            f"have no place in it ({shown}). Choose another LoRA or model."
        )
    return (
        f"Of the LoRA “{name}” {count - len(strangers)} of {count} layers are used; the rest have "
        f"no place in this model ({shown})"
    )


def without_place(pipeline: Any, layers: Iterable[str]) -> tuple[str, ...]:
    """diffusers only logs about layers that it has no place for, or says nothing at all."""
    known = {part: _module_names(getattr(pipeline, part, None)) for part in PARTS}
    strangers = []
    for layer in layers:
        part, _, inside = layer.partition(".")
        if inside not in known.get(part, ()):
            strangers.append(layer)
    return tuple(strangers)


def check_halves(name: str, tensors: Iterable[str]) -> None:
    """Raises WeightsError when a layer has only one of its factors."""
    halves: dict[str, set[str]] = {}
    for match in filter(None, map(_HALF.fullmatch, tensors)):
        side = "down" if match[2] else "up"
        halves.setdefault(match[1], set()).update({side} if match[3] == ".weight" else ())
    halved = [layer for layer, sides in halves.items() if len(sides) < 2]
    if halved:
        raise WeightsError(
            f"The LoRA “{name}” is damaged: {len(halved)} of its {len(halves)} layers lack a part "
            f"of their numbers ({_shown(halved)}). Copy or download it again, or choose another."
        )


def check_widths(name: str, tensors: Mapping[str, torch.Tensor], pipeline: Any) -> None:
    """Raises WeightsError for layers of other widths than the model's.

    diffusers widens FLUX.1's layers for them, as those that need a picture to go by want it, and
    leaves them so: that model makes no picture any more.
    """
    for part in PARTS:
        module = getattr(pipeline, part, None)
        for inside, layer in module.named_modules() if module is not None else ():
            for end, side, axis in (("A", "in_features", 1), ("B", "out_features", 0)):
                tensor = tensors.get(f"{part}.{inside}.lora_{end}.weight")
                width = getattr(layer, side, None)
                if tensor is not None and width not in (None, tensor.shape[axis]):
                    raise WeightsError(
                        f"The LoRA “{name}” does not fit this model: its layers have other sizes "
                        f"than the model's ({part}.{inside}: {tensor.shape[axis]}, the model's "
                        f"{width}). Choose another LoRA or model."
                    )


def _shown(layers: Sequence[str]) -> str:
    return label(", ".join(layers[:SHOWN])) + (" …" if len(layers) > SHOWN else "")


def _module_names(module: Any) -> set[str]:
    """Names of all layers, with and without the prefix that transformers 5 no longer has."""
    if not isinstance(module, torch.nn.Module):
        return set()
    names = {name for name, _ in module.named_modules()}
    return names | {f"text_model.{name}" for name in names}
