"""The settings and word lists that a single file lacks: which folder has them, or how they come."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import WeightsError
from . import lock
from .inspect import Inspection
from .kinds import Architecture

FOLDER = "configs"
INDEX = "model_index.json"


def folder_for(architecture: Architecture, models_dirs: Sequence[Path]) -> Path | None:
    """models/configs/<repository or family>, else what is here of the repository, else None."""
    repo_id = architecture.repo_id
    if repo_id is None or architecture.family is None:
        return None
    for models_dir in models_dirs:
        for name in (repo_id.rsplit("/", 1)[-1], architecture.family):
            if (models_dir / FOLDER / name / INDEX).is_file():
                return models_dir / FOLDER / name
    for models_dir in models_dirs:
        snapshot = lock.in_use(models_dir).get(repo_id)
        if snapshot is not None and (snapshot / INDEX).is_file():
            return snapshot
    return None


def checked(name: str, inspection: Inspection, config: Path | None) -> Path:
    """The folder with all that the file lacks.

    Raises WeightsError, with the command that helps, when the file cannot be loaded so.
    """
    if inspection.problem:
        raise WeightsError(
            f"The model {name} cannot be used: {inspection.problem}. Choose another model.",
            field="model",
        )
    architecture = inspection.architecture
    if inspection.kind == "diffusion model" and (config is None or not _has_other_parts(config)):
        problem = (
            f"The file {name} holds only a part of {architecture.title}, without its text encoders."
        )
        way = f"Get the rest: fooocus-lite models download {architecture.repo_id}"
        raise _lacking(problem, way, architecture.repo_id)
    if config is None:
        problem = (
            f"The model {name} is a single file, which needs the settings and word lists of "
            f"{architecture.title} beside it (a few megabytes)."
        )
        way = f"Get them once: fooocus-lite models download {architecture.repo_id} --config-only"
        raise _lacking(problem, way, f"{architecture.repo_id}/{INDEX}")
    return config


def _lacking(problem: str, way: str, download: str | None) -> WeightsError:
    error = WeightsError(f"{problem} {way}", field="model")
    error.problem, error.download = problem, download
    return error


def _has_other_parts(config: Path) -> bool:
    return any(config.glob("text_encoder/*.safetensors")) and any(config.glob("vae/*.safetensors"))
