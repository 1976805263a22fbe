"""From a model folder to a diffusers pipeline on a device: no code, no pickle, no network."""

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import diffusers
import psutil  # type: ignore[import-untyped]  # comes with accelerate, without types
import torch
import transformers

from ..errors import WeightsError
from ..thinking.families import Family
from ..thinking.memory import MemoryPlan
from ..weights import snapshots, verify
from . import placing, schedulers, single_file

log = logging.getLogger(__name__)
CHUNK_BYTES = 16 * 2**20
OUT_OF_MEMORY = (
    "can't allocate memory",
    "out of memory",
    "not enough memory",
    # cuBLAS and cuDNN, for their handles and working memory.
    "status_alloc_failed",
    # Metal, for a single tensor that is too large.
    "invalid buffer size",
)
# What diffusers raises for files it does not understand, or for want of a class or package.
_MISFITS = (
    OSError, ValueError, KeyError, RuntimeError, AttributeError, ImportError, TypeError
)  # fmt: skip


def load(
    folder: Path,
    family: Family,
    plan: MemoryPlan,
    on_bytes: Callable[[int, int], None] | None = None,
    config: Path | None = None,
) -> Any:
    """The pipeline of a folder, placed as planned, silent, with every parameter really there.

    `folder` may be a single file; `config` is then the folder with the settings it lacks.
    `on_bytes` is told how many bytes of how many are read; raising from it stops. Raises
    WeightsError when a file is missing or damaged, or the model is of another kind.
    """
    verify.check_folder(folder)
    if folder.is_file():
        single_file.check(folder, family, config)
    else:
        _check_class(folder, family)
    _hush()
    if on_bytes is not None:
        _read_through(verify.weight_files(folder), on_bytes)
    try:
        if folder.is_file():
            pipeline = single_file.load(folder, family, config, getattr(torch, plan.dtype))
        else:
            pipeline = _from_folder(folder, family, plan)
    except _MISFITS as error:
        if is_out_of_memory(error):
            raise
        raise WeightsError(
            f"The model {snapshots.model_name(folder)} does not load: {_first_line(error)}. "
            f"{verify.WAY_OUT}"
        ) from error
    _assert_whole(pipeline, folder)
    _hear_out_of_memory(pipeline.vae)
    pipeline.set_progress_bar_config(disable=True)
    placing.place(pipeline, plan)
    return pipeline


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch or Python means that memory ran out, on any device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        word in str(error).lower() for word in OUT_OF_MEMORY
    )


def _check_class(folder: Path, family: Family) -> None:
    index = verify.model_index(folder)
    found = index.get("_class_name")
    if found != family.pipeline:
        raise WeightsError(
            f"The model {snapshots.model_name(folder)} is a {found}, but {family.title} needs a "
            f"{family.pipeline}. Choose another model."
        )
    if family.text != "clip":
        return
    # diffusers loads such a pipeline without them, and breaks at its first picture.
    parts = {part for part, value in index.items() if isinstance(value, list) and any(value)}
    for encoder in family.text_encoders:
        if missing := {encoder.name, encoder.tokenizer} - parts:
            raise WeightsError(
                f"The model {snapshots.model_name(folder)} is not {family.title}, as its "
                f"model_index.json says: it has no {min(missing)}. Choose another model."
            )


def _from_folder(folder: Path, family: Family, plan: MemoryPlan) -> Any:
    index = verify.model_index(folder)
    return getattr(diffusers, family.pipeline).from_pretrained(
        folder,
        # Without it, an fp16 file gives parts of different dtypes.
        dtype=getattr(torch, plan.dtype),
        variant=verify.variant(folder),
        use_safetensors=True,
        local_files_only=True,
        # On by default where the package is installed, which would change pixels.
        add_watermarker=False,
        scheduler=schedulers.own(folder),
        **{part: None for part in verify.UNUSED_PARTS if part in index},
        **placing.quantization(plan, _denoiser_name(index, family)),
    )


def _read_through(files: Sequence[Path], on_bytes: Callable[[int, int], None]) -> None:
    """Reads the files once from beginning to end, so that they are in memory when they are mapped.

    Mapped files come in pages, in the order they are asked for, which a disk does far slower, and
    nobody hears how far it is.
    """
    total = sum(file.stat().st_size for file in files)
    if total > psutil.virtual_memory().available:
        return
    done = 0
    buffer = bytearray(CHUNK_BYTES)
    for path in files:
        with path.open("rb", buffering=0) as file:
            while read := file.readinto(buffer):
                done += read
                on_bytes(done, total)


def _denoiser_name(index: Mapping[str, Any], family: Family) -> str:
    """The name of the part that is asked at every step."""
    classes = {part: value[1] for part, value in index.items() if isinstance(value, list)}
    return next((part for part, name in classes.items() if name == family.denoiser), "transformer")


def _assert_whole(pipeline: Any, folder: Path) -> None:
    """Weights that do not match their config leave parameters without values, and no error."""
    for name, part in pipeline.components.items():
        if not isinstance(part, torch.nn.Module):
            continue
        for parameter, value in part.named_parameters():
            if value.is_meta:
                raise WeightsError(
                    f"The model {snapshots.model_name(folder)} has no weights for "
                    f"{name}.{parameter}. {verify.WAY_OUT}"
                )


def _hear_out_of_memory(vae: Any) -> None:
    """Lets decoding raise MemoryError where torch's own error would be lost.

    Sana's pipeline only warns of that one, and then breaks for want of a picture (diffusers 0.42).
    """

    def decode(*arguments: Any, **options: Any) -> Any:
        try:
            return type(vae).decode(vae, *arguments, **options)
        except torch.OutOfMemoryError as error:
            # Its frames hold what filled the memory.
            traceback.clear_frames(error.__traceback__)
            raise MemoryError(str(error)) from None

    vae.decode = decode


def _hush() -> None:
    """Both libraries draw progress bars and give advice meant for programmers, on stderr."""
    for library in (diffusers, transformers):
        library.utils.logging.disable_progress_bar()
        library.utils.logging.set_verbosity_error()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
