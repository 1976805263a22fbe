"""Building schedulers from a model's own config."""

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


@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_models_config_is_kept_and_the_table_wins(name: str) -> None:
    made = schedulers.build(name, CONFIG, 20)
    assert type(made).__name__ == SCHEDULERS[name].class_name
    assert made.config.prediction_type == "v_prediction"
    assert made.config.beta_start == 0.00085
    for key, value in SCHEDULERS[name].overrides.items():
        assert made.config[key] == value


def test_defaults_of_the_class_it_came_from_are_not_taken_over() -> None:
    assert schedulers.build("ddim", CONFIG, 20).config.timestep_spacing == "leading"


def test_many_steps_of_a_distilled_scheduler_are_possible() -> None:
    scheduler = schedulers.build("lcm", CONFIG, 120)
    scheduler.set_timesteps(120)
    assert len(scheduler.timesteps) == 120


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownName, match="There is no scheduler called “eular”"):
        schedulers.build("eular", CONFIG, 20)
