"""What a safetensors file says of itself before its numbers begin; bounded in time and memory."""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import WeightsError
from ..thinking.labels import label

MAX_HEADER_BYTES = 25_000_000
"""Real ones have less than two million; the library's own limit is four times this."""
MAX_DIMENSIONS = 32
WAY_OUT = "Copy or download it again, or choose another model."
_BITS_OF = (
    {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
    | dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"), 8)
    | dict.fromkeys(("F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8)
    | dict.fromkeys(("I16", "U16", "F16", "BF16"), 16)
    | dict.fromkeys(("I32", "U32", "F32"), 32)
    | dict.fromkeys(("I64", "U64", "F64", "C64"), 64)
)
# What JSON may write for half of a letter, which no text can hold and the library refuses.
_HALF_LETTER = re.compile(rb"\\u[dD][89a-fA-F]")
# How files begin that are often given a name ending in .safetensors.
_DISGUISES = (
    (b"PK\x03\x04", "it is a zip archive or a pickle of torch; `models convert` reads the latter"),
    (b"\x80\x02", "it is a pickle; `models convert` makes a safetensors file of it"),
    (b"\x80\x04", "it is a pickle; `models convert` makes a safetensors file of it"),
    (b"<", "it is a web page, as a site sends one that wants you to log in first"),
    (b"version https://git-lfs", "it is only a pointer of Git LFS to the real file"),
    (b"GGUF", "it is a GGUF file, which is not read here"),
)


class Tensor(NamedTuple):
    """A tensor as the header promises it; its bytes are counted from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """The tensors by name, and what the file says in words."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)


def read(path: Path) -> Header:
    """The header of a safetensors file (https://github.com/huggingface/safetensors#format).

    Raises WeightsError naming the file, what is wrong and the way out, when it is missing,
    truncated, or no safetensors file that the library would read.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            begin = file.read(32)
            length = int.from_bytes(begin[:8], "little")
            if size < 8 or length > min(size - 8, MAX_HEADER_BYTES):
                raise damaged(path, _disguise(begin) or _wrong_length(size, length))
            file.seek(8)
            text = file.read(length)
    except OSError as error:
        raise unreadable(path, error) from None
    table = _table(path, text)
    metadata = _metadata(path, table.pop("__metadata__", None))
    tensors = {name: _tensor(path, name, value) for name, value in table.items()}
    _check_cover(path, tensors, 8 + length, size)
    return Header(tensors, metadata)


def unreadable(path: Path, error: OSError) -> WeightsError:
    if isinstance(error, FileNotFoundError):
        return WeightsError(f"The model file {shown(path)} is missing. {WAY_OUT}")
    reason = error.strerror or str(error)
    return WeightsError(
        f"The model file {shown(path)} cannot be read ({reason}). Check its permissions."
    )


def damaged(path: Path, why: str) -> WeightsError:
    return WeightsError(f"The model file {shown(path)} is damaged: {why}. {WAY_OUT}")


def shown(path: Path) -> str:
    """The last two parts of a path: enough to find the file, without anybody's home folder."""
    return "/".join(path.parts[-2:])


def _wrong_length(size: int, length: int) -> str:
    if length > MAX_HEADER_BYTES and length <= size - 8:
        return f"its header claims {length:,} bytes, and real ones have less than two million"
    return f"it has {size:,} bytes and its header asks for {length + 8:,}"


def _disguise(begin: bytes) -> str | None:
    return next((what for start, what in _DISGUISES if begin.startswith(start)), None)


def _table(path: Path, text: bytes) -> dict[str, Any]:
    if text[:1] != b"{":
        raise damaged(path, "its header is no table of tensors")
    try:
        table = json.loads(text.decode("utf-8"), object_pairs_hook=_once)
        if _HALF_LETTER.search(text):
            json.dumps(table, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        why = f" ({error})" if isinstance(error, _Twice) else ""
        raise damaged(path, f"its header is no JSON{why}") from None
    if not isinstance(table, dict):
        raise damaged(path, "its header is no table of tensors")
    return table


class _Twice(ValueError):
    """A name stands twice in one table, so that two readers may see two different files."""


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        name = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise _Twice(f"“{label(name, 80)}” stands twice in it")
    return table


def _metadata(path: Path, said: Any) -> dict[str, str]:
    if said is None:
        return {}
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise damaged(path, "its metadata is no table of texts")
    return said


def _tensor(path: Path, name: str, value: Any) -> Tensor:
    """The entry as a tensor whose shape and number format fill exactly its bytes."""
    try:
        dtype, shape, (begin, end) = value["dtype"], value["shape"], value["data_offsets"]
        is_sound = len(value) == 3 and isinstance(shape, list) and len(shape) <= MAX_DIMENSIONS
        is_sound = is_sound and _are_counts((begin, end, *shape))
        bits = _BITS_OF[dtype] * math.prod(shape) if is_sound else 0
    except (KeyError, TypeError, ValueError):
        is_sound = False
    if not is_sound or bits != (end - begin) * 8:
        raise damaged(path, f"its header has an entry that is no tensor, “{label(name, 80)}”")
    return Tensor(dtype, tuple(shape), begin, end)


def _are_counts(values: tuple[Any, ...]) -> bool:
    return set(map(type, values)) == {int} and min(values) >= 0 and max(values) < 2**63


def _check_cover(path: Path, tensors: Mapping[str, Tensor], start: int, size: int) -> None:
    """Each byte belongs to one tensor: nothing overlaps, nothing is hidden in between or after."""
    at = 0
    for begin, end, name in sorted((each.begin, each.end, name) for name, each in tensors.items()):
        if begin != at:
            what = "overlaps the one before it" if begin < at else "leaves a gap before it"
            raise damaged(path, f"the tensor “{label(name, 80)}” {what}")
        at = end
    if start + at != size:
        raise damaged(path, f"it has {size:,} bytes where {start + at:,} are expected")
