"""Building schedulers from a model's own config."""

import json
from pathlib import Path
from typing import Any

import pytest

from fooocus_lite.engine import schedulers
from fooocus_lite.errors import UnknownName
from fooocus_lite.thinking.schedulers import SCHEDULERS

CONFIG = {
    "_class_name": "EulerDiscreteScheduler",
    "_use_default_values": ["interpolation_type", "timestep_spacing"],
    "prediction_type": "v_prediction",
    "beta_start": 0.00085,
    "beta_schedule": "scaled_linear",
    "interpolation_type": "linear",
    "timestep_spacing": "linspace",
    "clip_sample": True,
}


NOISE = [name for name, entry in SCHEDULERS.items() if not entry.is_flow]
FLOW = [name for name, entry in SCHEDULERS.items() if entry.is_flow]


@pytest.mark.parametrize("name", NOISE)
def test_the_models_config_is_kept_and_the_table_wins(name: str) -> None:
    made = schedulers.build(name, CONFIG, 20)
    assert type(made).__name__ == SCHEDULERS[name].class_name
    assert made.config.prediction_type == "v_prediction"
    assert made.config.beta_start == 0.00085
    for key, value in SCHEDULERS[name].overrides.items():
        assert made.config[key] == value


@pytest.mark.parametrize("name", FLOW)
@pytest.mark.parametrize("config", [{"shift": 3.0}, {"flow_shift": 3.0}])
def test_a_flow_models_shift_is_kept_under_either_name(name: str, config: dict[str, float]) -> None:
    made = schedulers.build(name, config, 10)
    assert made.config.get("flow_shift", made.config.get("shift")) == 3.0
    made.set_timesteps(10)
    # Half of the plain way from 1 to 0 is 3 / 4 when shifted by 3.
    assert float(made.sigmas[5]) == pytest.approx(0.72, abs=0.04)


@pytest.mark.parametrize("name", ["euler_trailing", "ddim_trailing"])
def test_few_steps_begin_at_full_noise(name: str) -> None:
    made = schedulers.build(name, CONFIG, 4)
    made.set_timesteps(4)
    assert made.timesteps.tolist() == [999, 749, 499, 249]


def test_defaults_of_the_class_it_came_from_are_not_taken_over() -> None:
    assert schedulers.build("ddim", CONFIG, 20).config.timestep_spacing == "leading"


def test_many_steps_of_a_distilled_scheduler_are_possible() -> None:
    scheduler = schedulers.build("lcm", CONFIG, 120)
    scheduler.set_timesteps(120)
    assert len(scheduler.timesteps) == 120


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownName, match="There is no scheduler called “eular”"):
        schedulers.build("eular", CONFIG, 20)


def own(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """What is kept of the scheduler of a model that was saved with this config."""
    index = {"scheduler": ["diffusers", config["_class_name"]]}
    (folder / "scheduler").mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(config))
    return dict(schedulers.own(folder).config)


@pytest.mark.parametrize(
    "method",
    [
        {"use_karras_sigmas": True},
        {"use_exponential_sigmas": True},
        {"use_beta_sigmas": True},
        {"use_lu_lambdas": True},
        {"algorithm_type": "sde-dpmsolver++", "solver_order": 3, "solver_type": "heun"},
    ],
)
def test_the_method_a_model_was_saved_with_changes_no_other(
    tmp_path: Path, method: dict[str, Any]
) -> None:
    config = CONFIG | {"_class_name": "DPMSolverMultistepScheduler"}
    plain, saved = own(tmp_path / "plain", config), own(tmp_path / "saved", config | method)
    assert plain["prediction_type"] == "v_prediction"
    for name in NOISE:
        assert schedulers.build(name, saved, 20).config == schedulers.build(name, plain, 20).config
