"""From a scheduler's common name and a model's own config to the diffusers object."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers

from ..errors import WeightsError
from ..thinking.schedulers import scheduler_named
from ..weights import snapshots, verify

# LCM and TCD skip along the steps their teacher was distilled with; 50 in both papers.
DISTILLED_STEPS = 50
# What a scheduler's name says, so that a model's own choice would make "euler" another one.
METHOD = (
    "use_karras_sigmas",
    "use_exponential_sigmas",
    "use_beta_sigmas",
    "use_lu_lambdas",
    "algorithm_type",
    "solver_order",
    "solver_type",
)


def own(folder: Path) -> Any:
    """The scheduler of a model's folder, without the method it was saved with.

    Some could not even be made: Chroma1-Base asks for beta sigmas, which need scipy. Raises
    WeightsError for models of Karras' own formulation (EDM, arXiv:2206.00364), which take a quarter
    of the noise's logarithm for the time where all others take 0 to 999; and what diffusers raises
    for a config it does not understand.
    """
    _, class_name = verify.model_index(folder)["scheduler"]
    if class_name.startswith("EDM"):
        raise WeightsError(
            f"The model {snapshots.model_name(folder)} was trained for another kind of scheduler "
            f"({class_name}), which is not run here. Choose another model."
        )
    scheduler_class = getattr(diffusers, class_name)
    config = scheduler_class.load_config(folder, subfolder="scheduler", local_files_only=True)
    return scheduler_class.from_config({k: v for k, v in config.items() if k not in METHOD})


def build(name: str, config: Mapping[str, Any], num_inference_steps: int) -> Any:
    """A fresh scheduler: the model's own config with the table's overrides.

    Always fresh, because multistep schedulers carry state from picture to picture.
    Raises UnknownName.
    """
    entry = scheduler_named(name)
    overrides = dict(entry.overrides)
    if name in ("lcm", "tcd"):
        overrides["original_inference_steps"] = max(DISTILLED_STEPS, num_inference_steps)
    # What the config only holds as a default of the class it came from is left behind, so that
    # each class falls back to its own defaults.
    borrowed = config.get("_use_default_values", ())
    scheduler_class = getattr(diffusers, entry.class_name)
    understood = inspect.signature(scheduler_class.__init__).parameters
    config = {**config, **_shift_by_either_name(config)}
    own = {key: value for key, value in config.items() if key in understood and key not in borrowed}
    return scheduler_class.from_config({**own, **overrides})


def _shift_by_either_name(config: Mapping[str, Any]) -> dict[str, Any]:
    """Flow matching's shift under both names that diffusers' classes have for it."""
    shift = config.get("flow_shift", config.get("shift"))
    return {} if shift is None else {"shift": shift, "flow_shift": shift}
