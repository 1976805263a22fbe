"""From a pickle of torch to safetensors, in a process of its own: `python -m` this module.

Reads numbers and plain containers only; whatever else a pickle asks for ends the process with a
sentence on stdout. Used by weights/conversion.py.
"""

import json
import pickle
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

_WRAPPINGS = ("state_dict", "params_ema", "params", "model", "string_to_param")
_REFUSED = re.compile(r"(?:GLOBAL|Unsupported (?:global|class)[: ]+(?:GLOBAL )?)\s*([\w.]+)")


class _Forgotten:
    """Stands for a note of the trainer's program, which old checkpoints carry and nobody reads."""

    def __init__(self, *_: object) -> None:
        pass


# Names only; nothing of these packages is imported.
_HARMLESS: list[Any] = [
    (_Forgotten, "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint"),
    (_Forgotten, "pytorch_lightning.callbacks.early_stopping.EarlyStopping"),
]


class _Refused(Exception):
    """A sentence's ending: why a file is not converted."""


def main(source: Path, target: Path) -> int:
    """Exit code; on 1, stdout has one JSON object with the reason."""
    try:
        save_file(_tensors(source), target, metadata={"format": "pt"})
    except _Refused as refusal:
        print(json.dumps({"refused": str(refusal)}))  # noqa: T201  # how it talks to its parent
        return 1
    return 0


def _tensors(source: Path) -> dict[str, torch.Tensor]:
    """The tensors of the file by name, each with memory of its own, as safetensors wants them."""
    _check_packing(source)
    found: dict[str, torch.Tensor] = {}
    places: set[int] = set()
    for name, tensor in _named(_loaded(source)):
        whole = tensor.detach().contiguous()
        if whole.untyped_storage().data_ptr() in places:
            whole = whole.clone()
        places.add(whole.untyped_storage().data_ptr())
        found[name] = whole
    if not found:
        raise _Refused("there are no weights in it")
    return found


def _check_packing(source: Path) -> None:
    """torch stores without packing, so a packed archive is made to fill the memory."""
    if not zipfile.is_zipfile(source):
        return
    with zipfile.ZipFile(source) as archive:
        entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > source.stat().st_size + 2**20:
        raise _Refused("it is packed so that it would become larger than it is")


def _loaded(source: Path) -> Any:
    try:
        with torch.serialization.safe_globals(_HARMLESS):
            return torch.load(source, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        asked = _REFUSED.search(str(error))
        what = f"it asks for {asked.group(1)}, " if asked else "it asks for more than numbers, "
        raise _Refused(
            f"{what}which weights do not need and which could run code on this computer"
        ) from None
    except (RuntimeError, ValueError, EOFError, KeyError, AttributeError, TypeError) as error:
        if "TorchScript" in str(error):
            raise _Refused("it is a program made by TorchScript, not weights alone") from None
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise _Refused(f"it is no file of torch, or damaged ({first[:200]})") from None


def _named(loaded: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors by name, out of what trainers wrap them in."""
    for wrapping in _WRAPPINGS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(wrapping), Mapping):
            # A textual inversion of A1111: its only vectors go by the word they were trained as.
            name = {"*": "emb_params"} if wrapping == "string_to_param" else {}
            inner = loaded[wrapping]
            yield from ((name.get(k, str(k)), v) for k, v in inner.items() if _is_tensor(v))
            return
    if isinstance(loaded, Mapping):
        yield from ((str(name), value) for name, value in loaded.items() if _is_tensor(value))
    elif _is_tensor(loaded):
        yield "emb_params", loaded


def _is_tensor(value: Any) -> bool:
    """Whether it is one with all of its numbers in the file, as a safetensors file has them."""
    if not isinstance(value, torch.Tensor) or value.is_quantized or value.is_meta:
        return False
    return value.layout is torch.strided


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
