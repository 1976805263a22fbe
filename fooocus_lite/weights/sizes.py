"""What a model folder weighs, from the headers and configs of its parts. Never imports torch."""

import json
import math
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..thinking.activations import DecoderShape, DenoiserShape
from ..thinking.families import FAMILIES
from ..thinking.model_size import (
    UNKNOWN_DECODER,
    UNKNOWN_DENOISER,
    ModelSize,
    Part,
    part_of,
    role_of,
)
from . import header, verify
from .inspect import inspect

TILE_SIDE = 512
"""Tiles are no larger than this, in pixels: some VAEs would make them as large as the picture."""
TEXT_TOKENS = 512
MAX_COUNT = 2**20
# How the tensors of a part begin in a checkpoint.
_BEGINNINGS = tuple(
    (re.compile(start), part)
    for start, part in (
        (r"(?:model\.)?diffusion_model\.", "transformer"),
        (r"(?:first_stage_model|vae)\.", "vae"),
        (r"(?:conditioner\.embedders\.1|text_encoders\.clip_g)\.", "text_encoder_2"),
        (r"text_encoders\.t5xxl\.", "text_encoder_3"),
        (r"(?:cond_stage_model|conditioner|text_encoders)\.", "text_encoder"),
    )
)


def of_folder(folder: Path, config: Path | None = None) -> ModelSize:
    """The parts of a diffusers folder. Remembered until a file of weights changes.

    `folder` may be a single file; `config` is then the folder with its settings, if that is here.
    Raises WeightsError when a part is missing or damaged.
    """
    if folder.is_file():
        return _measured_file(verify.state(folder), config)
    return _measured(folder, tuple(verify.state(file) for file in verify.weight_files(folder)))


@lru_cache(maxsize=64)
def _measured_file(state: tuple[str, int, int], config: Path | None) -> ModelSize:
    """Parts by how their tensors begin; without text encoders, `config` has the others."""
    by_part: dict[str, list[tuple[str, int]]] = {}
    for name, tensor in header.read(Path(state[0])).tensors.items():
        part, inside = _part_and_name(name)
        by_part.setdefault(part, []).append((inside, math.prod(tensor.shape)))
    if config is not None and inspect(Path(state[0])).kind == "diffusion model":
        by_part = {"transformer": by_part["transformer"]}
        for file in verify.weight_files(config):
            part = file.parent.name
            if role_of(part) != "denoiser":
                by_part.setdefault(part, []).extend(_counted([file]))
    parts = tuple(part_of(name, role_of(name), tensors) for name, tensors in by_part.items())
    shapes = [_config(config / name) if config else {} for name in ("unet", "transformer", "vae")]
    denoiser = shapes[0] or shapes[1]
    return ModelSize(
        parts,
        denoiser_shape(denoiser, shapes[2]),
        decoder_shape(shapes[2]),
        is_float16_safe(denoiser),
        can_load_4bit=False,
    )


def _part_and_name(tensor: str) -> tuple[str, str]:
    """The part of a pipeline that a checkpoint's tensor belongs to, and its name in that part."""
    for start, part in _BEGINNINGS:
        if match := start.match(tensor):
            return part, tensor[match.end() :]
    return "transformer", tensor


@lru_cache(maxsize=64)
def _measured(folder: Path, states: tuple[tuple[str, int, int], ...]) -> ModelSize:
    by_part: dict[str, list[Path]] = {}
    for path, _, _ in states:
        by_part.setdefault(Path(path).parent.name, []).append(Path(path))
    parts = tuple(_part(name, files) for name, files in by_part.items())
    configs = {part.name: _config(folder / part.name) for part in parts}
    vae = next((configs[part.name] for part in parts if part.role == "decoder"), {})
    denoiser = next((configs[part.name] for part in parts if part.role == "denoiser"), {})
    return ModelSize(
        parts, denoiser_shape(denoiser, vae), decoder_shape(vae), is_float16_safe(denoiser)
    )


def _part(name: str, files: list[Path]) -> Part:
    return part_of(name, role_of(name), _counted(files))


def _counted(files: Iterable[Path]) -> Iterable[tuple[str, int]]:
    """Each tensor and how many numbers it holds."""
    return (
        (tensor, math.prod(entry.shape))
        for file in files
        for tensor, entry in header.read(file).tensors.items()
    )


def is_float16_safe(denoiser: dict[str, Any]) -> bool:
    """What its family says, known by the class in the denoiser's config.json."""
    class_name = denoiser.get("_class_name")
    return all(each.is_float16_safe for each in FAMILIES.values() if each.denoiser == class_name)


def denoiser_shape(config: dict[str, Any], vae: dict[str, Any]) -> DenoiserShape:
    """The shape that a denoiser's config.json describes; the largest known for one that is new."""
    if channels := _counts(config.get("block_out_channels")):
        down, up = (_words(config.get(f"{way}_block_types")) for way in ("down", "up"))
        has_attention = any("Attn" in block for block in (*down[:1], *up[-1:]))
        return DenoiserShape("unet", channels[0], 8, has_attention)
    sides = ("num_attention_heads", "attention_head_dim", "hidden_size", "dim")
    heads, head_width, *others = (_count(config.get(side)) for side in sides)
    width = heads * head_width or next(filter(None, others), 0)
    if not width:
        return UNKNOWN_DENOISER
    # A token is 2 × 2 latents of 8 pixels a side, or one of a deep compression's 32.
    pixels = 32 if vae.get("_class_name") == "AutoencoderDC" else 16
    return DenoiserShape("transformer", width, pixels, text_tokens=TEXT_TOKENS)


def decoder_shape(config: dict[str, Any]) -> DecoderShape:
    """The shape that a VAE's config.json describes.

    At full size the widest tensor comes from the block before: it has that block's channels.
    """
    channels = _counts(config.get("decoder_block_out_channels"))
    channels = channels or _counts(config.get("block_out_channels"))
    if not channels and (base := _count(config.get("base_dim"))):
        channels = [base * factor for factor in _counts(config.get("dim_mult")) or (1, 2)]
    if not channels:
        return UNKNOWN_DECODER
    tile_side = min(TILE_SIDE, _count(config.get("sample_size")) or TILE_SIDE)
    return DecoderShape(channels[:2][-1], tile_side, bool(config.get("force_upcast")))


def _count(said: Any) -> int:
    """A number of a config; 0 where it is none that a network could have."""
    return said if type(said) is int and 0 < said <= MAX_COUNT else 0


def _counts(said: Any) -> list[int]:
    """A list of such numbers; empty where one of them is none."""
    found = [_count(each) for each in said] if isinstance(said, list | tuple) else []
    return found if all(found) else []


def _words(said: Any) -> list[str]:
    return [str(each) for each in said] if isinstance(said, list | tuple) else []


def _config(part: Path) -> dict[str, Any]:
    """A part's config.json; a broken one is the loader's to complain about."""
    try:
        config = json.loads((part / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}
