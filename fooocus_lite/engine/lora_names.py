"""The names that kohya's trainer and its kin give to the layers of a Stable Diffusion pipeline.

They put underscores for dots, and count the blocks of SDXL's UNet as its authors did
(https://github.com/Stability-AI/generative-models), or as diffusers does.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import torch

_PREFIXES = {
    "unet": ("lora_unet",),
    "text_encoder": ("lora_te1", "lora_te"),
    "text_encoder_2": ("lora_te2",),
}
_DOWN = re.compile(r"down_blocks\.(\d+)\.(resnets|attentions|downsamplers)\.(\d+)\.(.+)")
_MIDDLE = re.compile(r"mid_block\.(resnets|attentions)\.(\d+)\.(.+)")
_UP = re.compile(r"up_blocks\.(\d+)\.(resnets|attentions|upsamplers)\.(\d+)\.(.+)")
_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_ENDS = {
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}


class Layer(NamedTuple):
    """A layer with its name in the pipeline, such as "unet.mid_block.resnets.0.conv1"."""

    name: str
    module: Any


def is_kohya(tensors: Iterable[str]) -> bool:
    """Whether a file with tensors of these names was written by kohya's trainer or its kin."""
    return all(name.startswith(("lora_unet_", "lora_te")) for name in tensors)


def layers(pipeline: Any) -> dict[str, Layer]:
    """Every layer with a weight, under each of the names that a file may have for it.

    None of a pipeline without a UNet: its trainers have other names, which diffusers knows.
    """
    found: dict[str, Layer] = {}
    if getattr(pipeline, "unet", None) is None:
        return found
    for part, prefixes in _PREFIXES.items():
        module = getattr(pipeline, part, None)
        if module is None:
            continue
        for name, layer in module.named_modules():
            if isinstance(getattr(layer, "weight", None), torch.nn.Parameter):
                for known in _names(part, name, module):
                    for prefix in prefixes:
                        found[f"{prefix}_{known.replace('.', '_')}"] = Layer(
                            f"{part}.{name}", layer
                        )
    return found


def _names(part: str, name: str, module: Any) -> Iterator[str]:
    yield name
    if part != "unet":
        # transformers 5 no longer has this prefix.
        yield f"text_model.{name}"
    elif original := authors_name(name, module):
        yield original


def authors_name(name: str, unet: Any) -> str | None:
    """The name of one of the UNet's layers in the code of its authors, None where there is none."""
    if name in _ENDS:
        return _ENDS[name]
    layers_per_block = unet.config.layers_per_block
    if not isinstance(layers_per_block, int):
        return None
    # Down, each block is followed by one that makes it smaller; up, each has one layer more.
    stride = layers_per_block + 1
    if match := _DOWN.fullmatch(name):
        block, kind, layer, rest = match.groups()
        if kind == "downsamplers":
            return f"input_blocks.{(int(block) + 1) * stride}.0.op"
        index = 1 + int(block) * stride + int(layer)
        return f"input_blocks.{index}.{_inside(kind, rest)}"
    if match := _MIDDLE.fullmatch(name):
        kind, layer, rest = match.groups()
        place = 2 * int(layer) if kind == "resnets" else 1
        return f"middle_block.{place}.{_RESNET.get(rest, rest)}"
    if match := _UP.fullmatch(name):
        block, kind, layer, rest = match.groups()
        index = int(block) * stride + int(layer)
        if kind == "upsamplers":
            has_attention = hasattr(unet.up_blocks[int(block)], "attentions")
            return f"output_blocks.{index + layers_per_block}.{2 if has_attention else 1}.{rest}"
        return f"output_blocks.{index}.{_inside(kind, rest)}"
    return None


def _inside(kind: str, rest: str) -> str:
    return f"0.{_RESNET.get(rest, rest)}" if kind == "resnets" else f"1.{rest}"
