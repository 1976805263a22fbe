"""From one file with all weights to a diffusers pipeline. What the file lacks is in a folder."""

from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers.loaders.single_file_utils import SingleFileComponentError

from ..errors import WeightsError
from ..thinking.families import Family
from ..thinking.model_size import role_of
from ..weights import configs, header, verify
from ..weights.inspect import inspect
from . import schedulers


def check(file: Path, family: Family, config: Path | None) -> Path:
    """The folder with the file's settings. Raises WeightsError when it cannot be loaded so."""
    inspection = inspect(file)
    if not inspection.problem and family.name not in inspection.families:
        raise WeightsError(
            f"{file.name} is made for {inspection.architecture.title}, and not for {family.title}. "
            "Choose another model."
        )
    return configs.checked(file.stem, inspection, config)


def load(file: Path, family: Family, config: Path | None, dtype: torch.dtype) -> Any:
    """The pipeline of a file, on the CPU; `config` has its settings and tokenizers.

    Of a file without text encoders only the denoiser is taken, and the rest from there. Asks no
    network. Raises WeightsError as `check` does, and what diffusers raises for weights that do not
    fit.
    """
    config = check(file, family, config)
    try:
        pipeline = _assembled(file, family, config, dtype)
    except SingleFileComponentError as error:
        first = str(error).strip().splitlines()[0]
        raise WeightsError(f"{file.name} is not whole: {first} {verify.WAY_OUT}") from None
    _follow_prediction(pipeline, file)
    return pipeline


def _assembled(file: Path, family: Family, config: Path, dtype: torch.dtype) -> Any:
    """The whole of a checkpoint; or its denoiser among the other parts of `config`."""
    pipeline_class = getattr(diffusers, family.pipeline)
    index = verify.model_index(config)
    options: dict[str, Any] = {"dtype": dtype, "local_files_only": True}
    given: dict[str, Any] = {part: None for part in verify.UNUSED_PARTS if part in index}
    # On by default where the package is installed, which would change pixels.
    given |= {"add_watermarker": False, "scheduler": schedulers.own(config)}
    if inspect(file).kind != "diffusion model":
        return pipeline_class.from_single_file(str(file), config=str(config), **given, **options)
    part = next(name for name in index if role_of(name) == "denoiser")
    denoiser_class = getattr(diffusers, family.denoiser)
    given[part] = denoiser_class.from_single_file(
        str(file), config=str(config), subfolder=part, **options
    )
    return pipeline_class.from_pretrained(
        config, variant=verify.variant(config), use_safetensors=True, **given, **options
    )


def _follow_prediction(pipeline: Any, file: Path) -> None:
    """Some checkpoints say by an empty tensor that they predict the velocity, not the noise."""
    marks = header.read(file).tensors
    if "v_pred" in marks:
        scheduler = type(pipeline.scheduler)
        pipeline.scheduler = scheduler.from_config(
            pipeline.scheduler.config,
            prediction_type="v_prediction",
            rescale_betas_zero_snr="ztsnr" in marks,
        )
