"""A .ckpt, .pt, .bin or .pth made into safetensors by a process of its own; the original stays."""

import json
import logging
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from ..errors import BadRequest, WeightsError
from . import folders, verify
from .disk import check_room, move, writing_to
from .inspect import inspect
from .own_files import FOLDER_OF
from .selection import PICKLES

log = logging.getLogger(__name__)
BASE_TIMEOUT_S = 120.0
BYTES_PER_S = 10 * 2**20
"""Slower than this, torch is not reading but stuck."""
_PART = ".converted-"
_MEMORY_SLACK = 4 * 2**30


def convert(source: Path, models_dir: Path, timeout_s: float | None = None) -> Path:
    """A safetensors file with the weights of `source`, which is not changed.

    It lies beside the source where that is below `models_dir`, else in the folder there for its
    kind. Raises BadRequest when the file is of another ending or converted already, WeightsError
    when it is missing, refused, or does not fit on the disk or in memory.
    """
    source = source.expanduser().absolute()
    if source.suffix.lower() not in PICKLES:
        raise BadRequest(
            f"{source.name} is not converted: that is for files ending in {', '.join(PICKLES)}. "
            "One that ends in .safetensors is used as it is.",
            field="file",
        )
    size = verify.state(source)[1]
    is_ours = source.is_relative_to(models_dir.absolute())
    place = source.parent if is_ours else models_dir
    with writing_to(models_dir):
        place.mkdir(parents=True, exist_ok=True)
    with _part_in(place, models_dir) as part:
        check_room(size, place)
        if is_ours:
            _check_free(source.with_suffix(".safetensors"))
        _run(source, part, timeout_s or BASE_TIMEOUT_S + size / BYTES_PER_S)
        kind = inspect(part).kind
        target = source.with_suffix(".safetensors")
        if not is_ours:
            target = models_dir / FOLDER_OF.get(kind, folders.CHECKPOINTS) / target.name
            _check_free(target)
        with writing_to(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
            move(part, target)
    return target


@contextmanager
def _part_in(place: Path, models_dir: Path) -> Iterator[Path]:
    """Where the result lies at first; gone in the end.

    One conversion at a time, so that what lies there already is of killed ones, and is cleared.
    """
    locks = models_dir / "hub" / ".locks"
    with writing_to(models_dir):
        locks.mkdir(parents=True, exist_ok=True)
        guard = FileLock(locks / "convert.lock")
        guard.acquire()
    part = place / f"{_PART}{uuid.uuid4().hex[:8]}.part"
    try:
        for left in place.glob(f"{_PART}*.part"):
            with suppress(OSError):  # Windows keeps what a killed one's process still writes
                left.unlink()
        yield part
    finally:
        part.unlink(missing_ok=True)
        guard.release()


def _run(source: Path, part: Path, timeout_s: float) -> None:
    command = [sys.executable, "-m", "fooocus_lite.engine.convert", str(source), str(part)]
    limit = 3 * source.stat().st_size + _MEMORY_SLACK
    try:
        done = subprocess.run(
            _limited(command, limit),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
            cwd=Path(__file__).parent.parent.parent,
        )
    except subprocess.TimeoutExpired:
        raise WeightsError(
            f"{source.name} was not converted: after {timeout_s:.0f} seconds it was still not "
            "done. The file may be made to take for ever; get the model as safetensors instead."
        ) from None
    if done.returncode == 0:
        return
    log.info("converting %s: %s", source.name, done.stderr[-2000:])
    raise WeightsError(_sentence(source, done.stdout, done.returncode, done.stderr))


def _limited(command: Sequence[str], memory_bytes: int) -> list[str]:
    """The command with a bound on its memory, where the system has one to give.

    Without counting the libraries, which a torch for GPUs has gigabytes of.
    """
    if sys.platform != "linux" or shutil.which("prlimit") is None:
        return list(command)
    return ["prlimit", f"--data={memory_bytes}", "--core=0", *command]


def _sentence(source: Path, said: str, code: int, errors: str) -> str:
    lines = said.strip().splitlines()
    try:
        refused = json.loads(lines[-1])["refused"] if lines else None
    except (ValueError, LookupError, TypeError):
        refused = None
    if refused:
        return f"{source.name} was not converted: {refused}. Look for a safetensors file instead."
    if code < 0 or "MemoryError" in errors or "memory" in errors[-500:].lower():
        return (
            f"{source.name} was not converted: it needs more memory than there is. Close other "
            "programs and try again."
        )
    if "No space left" in errors:
        return f"{source.name} was not converted: the disk is full. Make room and try again."
    return f"{source.name} was not converted: it cannot be read. The log has the details."


def _check_free(target: Path) -> None:
    with writing_to(target.parent):
        is_taken = target.exists()
    if is_taken:
        raise BadRequest(
            f"{target.name} is there already, in {target.parent.name}. Move it away to convert "
            "again.",
            field="file",
        )
