"""Whether a model's files are whole, by their headers; and their sha256. Never imports torch."""

import hashlib
import json
import math
import re
import threading
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from ..errors import WeightsError
from ..thinking.labels import is_printable
from . import header, snapshots
from .header import WAY_OUT as WAY_OUT
from .header import unreadable

_LIBRARIES = (["diffusers"], ["transformers"])
UNUSED_PARTS = ("safety_checker", "feature_extractor")
"""Of Stable Diffusion 1.5: they check finished pictures, and are neither fetched nor loaded."""
TEXTS = (".json", ".txt", ".model", ".jinja")
"""What configs, tokenizers and schedulers are made of; code is not among it."""

CHUNK_BYTES = 4 * 2**20

State = tuple[str, int, int]
"""Path, size and time of a file: what tells one state of it from another."""
OnBytes = Callable[[int, int], None]

_hashes: dict[State, str] = {}
_hashes_lock = threading.Lock()


def check_folder(folder: Path) -> None:
    """Raises WeightsError unless every part that model_index.json names is there and whole."""
    for file in weight_files(folder):
        header.read(file)


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a diffusers folder's parts, or a single file itself; no LoRAs.

    Raises WeightsError when a part is missing, has no safetensors, or asks for code of its own.
    """
    if folder.is_file():
        return [folder]
    found: dict[Path, list[Path]] = {}
    for part in parts(model_index(folder), snapshots.model_name(folder)):
        # Tokenizers and schedulers have no config.json, and no weights.
        if (folder / part / "config.json").is_file():
            found[folder / part] = _part_files(folder / part)
        elif not (folder / part).is_dir():
            raise WeightsError(f"The part {_shown(folder / part)} is missing. {WAY_OUT}")
    if any(map(_is_fp16, chain(*found.values()))):
        # Asked for that variant, diffusers reads it of every part that has it.
        found = {part: _fp16_files(part) or files for part, files in found.items()}
    return [*chain(*found.values())]


def variant(folder: Path) -> str | None:
    """The variant "fp16" when a part has only files of it; diffusers reads it where it is.

    Raises WeightsError as `weight_files` does.
    """
    return "fp16" if any(map(_is_fp16, weight_files(folder))) else None


def text_files(folder: Path) -> list[Path]:
    """What is read of a diffusers folder beside its weights: the index, configs and word lists.

    Raises WeightsError as `model_index` and `parts` do.
    """
    found = [folder / "model_index.json"]
    for part in parts(model_index(folder), snapshots.model_name(folder)):
        found += sorted(file for file in (folder / part).glob("*") if file.suffix in TEXTS)
    return found


def model_index(folder: Path) -> dict[str, Any]:
    """What a diffusers folder is made of. Raises WeightsError when it is missing or broken."""
    return _table(folder / "model_index.json")


def parts(index: Mapping[str, Any], model: str) -> list[str]:
    """The parts that are loaded of the `model` with this index, here or on the Hub, in order.

    Raises WeightsError for one that asks for code of its own, or that no folder can be called.
    """
    found = []
    for part, value in sorted(index.items()):
        is_part = isinstance(value, list) and value[:1] != [None]
        if part.startswith("_") or part in UNUSED_PARTS or not is_part:
            continue
        if value[:1] not in _LIBRARIES:
            raise WeightsError(
                f"The model {model} asks for code of its own for “{part[:100]}” "
                f"({value[:1]!r}), which is not run. Choose another model.",
                field="model",
            )
        if not re.fullmatch(r"\w+", part):
            raise WeightsError(
                f"The model {model} names a part {part[:100]!r}, which cannot be a folder of it. "
                "Choose another model.",
                field="model",
            )
        found.append(part)
    return found


def parameters(folder: Path) -> int:
    """How many numbers the model's weights hold, counted from the headers."""
    return sum(
        math.prod(tensor.shape)
        for file in weight_files(folder)
        for tensor in header.read(file).tensors.values()
    )


def state(path: Path) -> State:
    """What tells one state of a file from another: path, size and time. Raises WeightsError."""
    try:
        stat = path.stat()
    except OSError as error:
        raise unreadable(path, error) from None
    return str(path), stat.st_size, stat.st_mtime_ns


def sha256(path: Path, on_bytes: OnBytes = lambda _done, _total: None) -> str:
    """The file's sha256 in hex; remembered until its size or time changes. Raises WeightsError."""
    key = state(path)
    with _hashes_lock:
        if key in _hashes:
            return _hashes[key]
    digest = fresh_sha256(path, on_bytes)
    with _hashes_lock:
        _hashes[key] = digest
    return digest


def known_sha256(path: Path) -> str | None:
    """The file's sha256 if it was read before and is still as it was. Raises WeightsError."""
    with _hashes_lock:
        return _hashes.get(state(path))


def fresh_sha256(path: Path, on_bytes: OnBytes = lambda _done, _total: None) -> str:
    """The file's sha256 in hex, read from the disk now. Raises WeightsError."""
    digest, buffer = hashlib.sha256(), bytearray(CHUNK_BYTES)
    try:
        with path.open("rb", buffering=0) as file:
            total, done = path.stat().st_size, 0
            while count := file.readinto(buffer):
                digest.update(memoryview(buffer)[:count])
                done += count
                on_bytes(done, total)
    except OSError as error:
        raise unreadable(path, error) from None
    return digest.hexdigest()


def hashes(
    files: Mapping[str, Path], on_bytes: OnBytes = lambda _done, _total: None
) -> dict[str, str]:
    """sha256 of each file, by its name.

    `on_bytes` is told how many bytes of how many are read; raising from it stops.
    """
    sizes = {file: state(file)[1] for file in files.values() if known_sha256(file) is None}
    total, read = sum(sizes.values()), 0
    found = {}
    for name, file in files.items():

        def told(done: int, _: int, before: int = read) -> None:
            on_bytes(before + done, total)

        found[name] = sha256(file, told)
        read += sizes.get(file, 0)
    return found


def remembered() -> dict[State, str]:
    """Every hash that is known, by the state of its file."""
    with _hashes_lock:
        return dict(_hashes)


def remember(known: Mapping[State, str]) -> None:
    """Takes over what an earlier run read."""
    with _hashes_lock:
        _hashes.update(known)


def _table(path: Path) -> dict[str, Any]:
    """A JSON file of a model. Raises WeightsError when it is missing, or another kind of file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError(f"The model file {_shown(path)} is missing. {WAY_OUT}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{_shown(path)} cannot be read: {error}. {WAY_OUT}") from None
    if not isinstance(found, dict):
        raise WeightsError(f"{_shown(path)} is no table of parts. {WAY_OUT}")
    return found


def _shown(inside: Path) -> str:
    """A file or folder in a model's, as people find it."""
    return f"{snapshots.model_name(inside.parent)}/{inside.name}"


def _is_fp16(file: Path) -> bool:
    return ".fp16." in file.name or ".fp16-" in file.name


def _fp16_files(part: Path) -> list[Path]:
    return sorted(filter(_is_fp16, part.glob("*.safetensors")))


def _part_files(part: Path) -> list[Path]:
    """The files of one part: those its index lists, else the plain ones, else an fp16 variant's."""
    for index in sorted(part.glob("*.safetensors.index.json")):
        listed = _table(index).get("weight_map", {})
        names = {*map(str, listed.values())} if isinstance(listed, dict) else set()
        if not names or not all(map(is_printable, names)):
            raise WeightsError(f"{_shown(index)} names no files. {WAY_OUT}")
        return [part / Path(name).name for name in sorted(names)]
    every = sorted(part.glob("*.safetensors"))
    plain = [file for file in every if "." not in file.stem]
    if not every:
        raise WeightsError(
            f"The part {_shown(part)} has no safetensors file; other formats can carry code and "
            f"are not loaded. {WAY_OUT}"
        )
    return plain or every
