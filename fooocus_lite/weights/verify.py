"""Whether a model's files are whole, by their headers; and their sha256. Never imports torch."""

import hashlib
import json
import math
import threading
from pathlib import Path
from typing import Any

from ..errors import WeightsError

MAX_HEADER_BYTES = 100 * 2**20
WAY_OUT = "Copy or download it again, or choose another model."
_LIBRARIES = ("diffusers", "transformers")
_BYTES_OF = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4} | dict.fromkeys(
    ("F16", "BF16", "I16", "U16"), 2
)

_hashes: dict[tuple[str, int, int], str] = {}
_hashes_lock = threading.Lock()


def header(path: Path) -> dict[str, Any]:
    """The tensors of a safetensors file: name -> dtype, shape, data_offsets.

    Raises WeightsError naming the file, what is wrong and the way out, when it is missing,
    truncated or no safetensors file. Reads the header only (https://github.com/huggingface/safetensors#format).
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, MAX_HEADER_BYTES):
                raise _damaged(
                    path, f"it has {size:,} bytes and its header asks for {length + 8:,}"
                )
            tensors = json.loads(file.read(length))
    except OSError as error:
        raise _unreadable(path, error) from None
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise _damaged(path, "its header is no JSON") from None
    if not isinstance(tensors, dict):
        raise _damaged(path, "its header is no table of tensors")
    tensors.pop("__metadata__", None)
    end = 8 + length + max((_end(path, tensor) for tensor in tensors.values()), default=0)
    if end != size:
        raise _damaged(path, f"it has {size:,} bytes where {end:,} are expected")
    return tensors


def check_folder(folder: Path) -> None:
    """Raises WeightsError unless every part that model_index.json names is there and whole."""
    for file in weight_files(folder):
        header(file)


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a diffusers folder's parts; LoRAs are not among them.

    Raises WeightsError when a part is missing, has no safetensors, or asks for code of its own.
    """
    found: list[Path] = []
    for part, value in sorted(model_index(folder).items()):
        if part.startswith("_") or not isinstance(value, list) or value[:1] == [None]:
            continue
        if value[0] not in _LIBRARIES:
            raise WeightsError(
                f"The model {folder.name} asks for code of its own for “{part}” ({value[0]}), "
                "which is not run. Choose another model."
            )
        # Tokenizers and schedulers have no config.json, and no weights.
        if (folder / part / "config.json").is_file():
            found += _part_files(folder / part)
        elif not (folder / part).is_dir():
            raise WeightsError(f"The part {folder.name}/{part} is missing. {WAY_OUT}")
    return found


def model_index(folder: Path) -> dict[str, Any]:
    """The parts of a diffusers folder. Raises WeightsError when the index is missing or broken."""
    path = folder / "model_index.json"
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError(f"The model file {_shown(path)} is missing. {WAY_OUT}") from None
    except (OSError, ValueError) as error:
        raise WeightsError(f"{_shown(path)} cannot be read: {error}. {WAY_OUT}") from None
    if not isinstance(index, dict):
        raise WeightsError(f"{_shown(path)} is no table of parts. {WAY_OUT}")
    return index


def parameters(folder: Path) -> int:
    """How many numbers the model's weights hold, counted from the headers."""
    return sum(
        math.prod(tensor["shape"])
        for file in weight_files(folder)
        for tensor in header(file).values()
    )


def state(path: Path) -> tuple[str, int, int]:
    """What tells one state of a file from another: path, size and time. Raises WeightsError."""
    try:
        stat = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from None
    return str(path), stat.st_size, stat.st_mtime_ns


def sha256(path: Path) -> str:
    """The file's sha256 in hex; remembered until its size or time changes. Raises WeightsError."""
    key = state(path)
    with _hashes_lock:
        if key in _hashes:
            return _hashes[key]
    digest = fresh_sha256(path)
    with _hashes_lock:
        _hashes[key] = digest
    return digest


def fresh_sha256(path: Path) -> str:
    """The file's sha256 in hex, read from the disk now. Raises WeightsError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from None


def hashes(folder: Path) -> dict[str, str]:
    """sha256 of each weights file, by its path inside the folder ("unet/…")."""
    return {file.relative_to(folder).as_posix(): sha256(file) for file in weight_files(folder)}


def _part_files(part: Path) -> list[Path]:
    """The files of one part: those its index lists, else the plain ones, else an fp16 variant's."""
    for index in sorted(part.glob("*.safetensors.index.json")):
        names = json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values()
        return [part / Path(name).name for name in sorted(set(names))]
    every = sorted(part.glob("*.safetensors"))
    plain = [file for file in every if "." not in file.stem]
    if not every:
        raise WeightsError(
            f"The part {_shown(part)} has no safetensors file; other formats can carry code and "
            f"are not loaded. {WAY_OUT}"
        )
    return plain or every


def _end(path: Path, tensor: Any) -> int:
    """Where a tensor's bytes end, counted from the end of the header."""
    try:
        begin, end = tensor["data_offsets"]
        width = _BYTES_OF.get(tensor["dtype"])
        is_sound = 0 <= begin <= end
        if width is not None:
            is_sound = is_sound and end - begin == width * math.prod(tensor["shape"])
    except (KeyError, TypeError, ValueError):
        is_sound = False
    if not is_sound:
        raise _damaged(path, "its header has an entry that is no tensor")
    return int(end)


def _unreadable(path: Path, error: OSError) -> WeightsError:
    if isinstance(error, FileNotFoundError):
        return WeightsError(f"The model file {_shown(path)} is missing. {WAY_OUT}")
    reason = error.strerror or str(error)
    return WeightsError(
        f"The model file {_shown(path)} cannot be read ({reason}). Check its permissions."
    )


def _damaged(path: Path, why: str) -> WeightsError:
    return WeightsError(f"The model file {_shown(path)} is damaged: {why}. {WAY_OUT}")


def _shown(path: Path) -> str:
    """The last two parts of a path: enough to find the file, without anybody's home folder."""
    return "/".join(path.parts[-2:])
