"""LoRAs on a loaded pipeline: exactly those a recipe names, and the bare model again afterwards."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ..errors import WeightsError
from ..recipe import LoRA
from ..weights import header, verify

_PARTS = ("unet", "text_encoder", "text_encoder_2")
_LAYER = re.compile(r"(.+?)\.(?:lora_[AB]|lora_(?:down|up)|lora\.(?:down|up)|lora_linear_layer)\b")


def apply(pipeline: Any, loras: Sequence[LoRA], files: Mapping[str, Path]) -> list[str]:
    """Leaves the pipeline with these LoRAs at these weights, and no other.

    Raises WeightsError when a file is missing, damaged, or made for another model (naming the
    layers that do not fit); the pipeline then has no LoRA at all.
    """
    wanted = {lora.name: _file_of(lora, files) for lora in loras}
    state = {name: verify.state(file) for name, file in wanted.items()}
    if state != getattr(pipeline, "_loaded_loras", {}):
        pipeline.unload_lora_weights()
        pipeline._loaded_loras = {}
        try:
            for index, (name, file) in enumerate(wanted.items()):
                _load(pipeline, name, file, f"lora_{index}")
        except BaseException:
            pipeline.unload_lora_weights()
            raise
        pipeline._loaded_loras = state
    if wanted:
        # The same name twice adds up.
        weights = [sum(lora.weight for lora in loras if lora.name == name) for name in wanted]
        pipeline.set_adapters([f"lora_{index}" for index in range(len(wanted))], weights)
    return []


def _file_of(lora: LoRA, files: Mapping[str, Path]) -> Path:
    if lora.name not in files:
        raise WeightsError(
            f"There is no file for the LoRA “{lora.name}”. Put {lora.name}.safetensors into "
            "models/loras, or leave it out."
        )
    return files[lora.name]


def _load(pipeline: Any, name: str, file: Path, adapter: str) -> None:
    header.read(file)
    try:
        layers, _ = pipeline.lora_state_dict(
            str(file.parent),
            weight_name=file.name,
            use_safetensors=True,
            local_files_only=True,
            unet_config=pipeline.unet.config,
        )
        _assert_fits(pipeline, name, layers)
        pipeline.load_lora_weights(
            str(file.parent),
            weight_name=file.name,
            adapter_name=adapter,
            use_safetensors=True,
            local_files_only=True,
        )
    except (ValueError, KeyError, RuntimeError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"The LoRA “{name}” does not fit this model: {first[:300]} Choose another LoRA or "
            "model."
        ) from error
    # A LoRA's file may have another dtype than the model, and would compute in it.
    for part in _PARTS:
        module = getattr(pipeline, part, None)
        if isinstance(module, torch.nn.Module):
            for parameter_name, parameter in module.named_parameters():
                if f".{adapter}." in parameter_name:
                    parameter.data = parameter.data.to(pipeline.unet.dtype)


def _assert_fits(pipeline: Any, name: str, layers: Mapping[str, Any]) -> None:
    """diffusers only logs about layers that it has no place for, or says nothing at all."""
    strangers: list[str] = []
    known = {part: _module_names(getattr(pipeline, part, None)) for part in _PARTS}
    for key in layers:
        part, _, rest = key.partition(".")
        layer = _LAYER.match(rest)
        if part not in known or (layer and layer.group(1) not in known[part]):
            strangers.append(key)
    if strangers or not layers:
        shown = ", ".join(strangers[:3]) + (" …" if len(strangers) > 3 else "")
        raise WeightsError(
            f"The LoRA “{name}” does not fit this model: {len(strangers)} of its {len(layers)} "
            f"entries have no place in it ({shown or 'it is empty'}). Choose another LoRA or model."
        )


def _module_names(module: Any) -> set[str]:
    """Names of all layers, with and without the prefix that transformers 5 no longer has."""
    if not isinstance(module, torch.nn.Module):
        return set()
    names = {name for name, _ in module.named_modules()}
    return names | {f"text_model.{name}" for name in names}
