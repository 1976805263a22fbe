"""LoRAs on a loaded pipeline: exactly those a recipe names, and the bare model again afterwards."""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ..errors import WeightsError
from ..recipe import LoRA
from ..thinking.labels import label
from ..weights import header, verify
from . import lora_deltas, lora_fit, lora_names
from .lora_deltas import Change, Deltas, fits
from .pipelines import is_out_of_memory

# What peft puts around the names: what it wrapped, and what the program called the adapter.
_PEFT = re.compile(
    r"^base_model\.model\.|(?<=\.lora_[AB])\.\w+(?=\.(?:weight|bias)$)|"
    r"(?<=\.lora_magnitude_vector)\.\w+(?:\.weight)?$"
)
_ENDS = ("lora_A", "lora_B")
_TEXT_ENDS = ("lora_linear_layer.down", "lora_linear_layer.up")
# What diffusers' converters raise at files they do not understand.
_MISFITS = (ValueError, KeyError, IndexError, RuntimeError, TypeError, AttributeError)


class LoRAs:
    """What is applied to one pipeline."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        # Asked now: diffusers' LoRAs put layers of their own around these.
        self._names = lora_names.layers(pipeline)
        self._deltas = Deltas()
        self._state: dict[str, tuple[str, int, int]] = {}
        self._adapters: dict[str, str] = {}
        self._notices: tuple[str, ...] = ()

    def apply(
        self,
        loras: Sequence[LoRA],
        files: Mapping[str, Path],
        on_read: Callable[[], None] = lambda: None,
    ) -> tuple[str, ...]:
        """Leaves the pipeline with these LoRAs at these weights, and no other.

        `on_read` is called before files are read, which those here already need not be.
        Returns a sentence for each of which only a part fits. Raises WeightsError when a file is
        missing, damaged, or made for another model (naming layers that do not fit); the pipeline
        then has no LoRA at all.
        """
        wanted = {lora.name: _file_of(lora, files) for lora in loras}
        state = {name: verify.state(file) for name, file in wanted.items()}
        if state != self._state:
            self._clear()
            if wanted:
                on_read()
            try:
                self._notices = tuple(
                    notice for name, file in wanted.items() if (notice := self._load(name, file))
                )
            except BaseException:
                self._clear()
                raise
            self._state = state
        # The same name twice adds up.
        weights = {name: sum(lora.weight for lora in loras if lora.name == name) for name in wanted}
        self._deltas.set_strengths(
            {name: weight for name, weight in weights.items() if name not in self._adapters}
        )
        if self._adapters:
            names = list(self._adapters)
            self._pipeline.set_adapters(
                [self._adapters[name] for name in names], [weights[name] for name in names]
            )
        return self._notices

    def _clear(self) -> None:
        if self._adapters or self._state:
            self._pipeline.unload_lora_weights()
        self._deltas.undo()
        self._state, self._adapters, self._notices = {}, {}, ()

    def _load(self, name: str, file: Path) -> str | None:
        """Brings one file in; returns what of it had no place."""
        tensors = header.read(file).tensors
        is_merged = lora_deltas.is_needed(tensors)
        if self._names and (is_merged or lora_names.is_kohya(tensors)):
            changes = lora_deltas.by_layer(load_file(file))
            fitting = {
                layer: found
                for layer, change in changes.items()
                if (found := self._names.get(layer)) and fits(change, found.module.weight)
            }
            notice = lora_fit.told(
                name, [each for each in changes if each not in fitting], len(changes)
            )
            if is_merged:
                self._deltas.add(
                    name, [(found.module.weight, changes[each]) for each, found in fitting.items()]
                )
            else:
                self._load_adapter(
                    name, _translated({found.name: changes[e] for e, found in fitting.items()})
                )
            return notice
        source = self._by_diffusers_names(file) if any(map(_PEFT.search, tensors)) else file
        converted = self._converted(name, source)
        layers = lora_fit.layers_of(converted)
        notices = [lora_fit.told(name, lora_fit.without_place(self._pipeline, layers), len(layers))]
        lora_fit.check_halves(name, converted)
        lora_fit.check_widths(name, converted, self._pipeline)
        self._load_adapter(name, source)
        if any(tensor.endswith("dora_scale") for tensor in tensors):
            notices.append(
                f"Of the DoRA “{name}” only the LoRA in it is used: this model takes no magnitudes"
            )
        return "; ".join(filter(None, notices)) or None

    def _by_diffusers_names(self, file: Path) -> dict[str, torch.Tensor]:
        """The tensors of a file that peft wrote, which says nothing of the part they are for."""
        has_unet = getattr(self._pipeline, "unet", None) is not None
        part = "unet" if has_unet else "transformer"
        found = {}
        for name, tensor in load_file(file).items():
            known = _PEFT.sub("", name)
            is_bare = name != known and known.partition(".")[0] not in (
                *lora_fit.PARTS,
                "diffusion_model",
            )
            found[f"{part}.{known}" if is_bare else known] = tensor
        return found

    def _converted(
        self, name: str, source: Path | dict[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        """The tensors of a file by the names that diffusers knows them by."""
        unet = getattr(self._pipeline, "unet", None)
        with _misfits(name):
            found = self._pipeline.lora_state_dict(
                **_source(source), **({"unet_config": unet.config} if unet else {})
            )
        tensors: dict[str, torch.Tensor] = found[0] if isinstance(found, tuple) else found
        return tensors

    def _load_adapter(self, name: str, source: Path | dict[str, torch.Tensor]) -> None:
        """Loads a file, or tensors by diffusers' names, through diffusers."""
        # Noted before it is loaded, so that half of it is taken out again when that fails.
        adapter = self._adapters[name] = f"lora_{len(self._adapters)}"
        with _misfits(name), warnings.catch_warnings():
            # About layers without a place, which the notice names.
            warnings.simplefilter("ignore")
            self._pipeline.load_lora_weights(**_source(source), adapter_name=adapter)


def _file_of(lora: LoRA, files: Mapping[str, Path]) -> Path:
    if lora.name not in files:
        raise WeightsError(
            f"There is no file for the LoRA “{lora.name}”. Put {lora.name}.safetensors into "
            "models/loras, or leave it out."
        )
    return files[lora.name]


def _source(given: Path | dict[str, torch.Tensor]) -> dict[str, Any]:
    """A file or tensors as arguments for diffusers, which empties a table that it reads."""
    if isinstance(given, dict):
        return {"pretrained_model_name_or_path_or_dict": dict(given)}
    return {
        "pretrained_model_name_or_path_or_dict": str(given.parent),
        "weight_name": given.name,
        "use_safetensors": True,
        "local_files_only": True,
    }


def _translated(changes: Mapping[str, Change]) -> dict[str, torch.Tensor]:
    """kohya's tensors under diffusers' names, each layer's alpha multiplied in."""
    found = {}
    for layer, change in changes.items():
        up, down = change["lora_up"], change["lora_down"]
        scale = change["alpha"].item() / len(down) if "alpha" in change else 1.0
        is_text = layer.startswith("text_encoder")
        # For a text encoder's feed-forward layers alone, only the older names are understood.
        first, last = _TEXT_ENDS if is_text else _ENDS
        found[f"{layer}.{first}.weight"] = down
        found[f"{layer}.{last}.weight"] = up.float() * scale
    return found


@contextmanager
def _misfits(name: str) -> Iterator[None]:
    """What diffusers raises at a file it does not understand, as a sentence."""
    try:
        yield
    except _MISFITS as error:
        if is_out_of_memory(error):
            raise
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        if "size mismatch" in str(error):
            first = "its layers have other sizes than the model's."
        raise WeightsError(
            f"The LoRA “{name}” does not fit this model: {label(first, 300)} Choose another LoRA "
            "or model."
        ) from error
