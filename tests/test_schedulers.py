"""The scheduler table: every name exists in diffusers, every setting is one of that class's."""

import inspect

import diffusers
import pytest

from fooocus_lite.errors import UnknownName
from fooocus_lite.thinking.schedulers import SCHEDULERS, scheduler_named

ASKED_FOR = {
    *("euler", "euler_a", "heun", "dpm2", "dpmpp_2m", "dpmpp_2m_karras", "dpmpp_2m_sde"),
    *("dpmpp_2m_sde_karras", "dpmpp_sde", "dpmpp_sde_karras", "ddim", "unipc", "pndm"),
    *("deis", "lcm", "tcd"),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_class_and_settings_exist_in_diffusers(name: str) -> None:
    entry = SCHEDULERS[name]
    known = inspect.signature(getattr(diffusers, entry.class_name).__init__).parameters
    assert set(entry.overrides) <= set(known)


def test_the_common_names_are_there() -> None:
    assert ASKED_FOR.issubset(SCHEDULERS)


def test_labels_for_other_programs_are_unique() -> None:
    labels = [entry.a1111 for entry in SCHEDULERS.values()]
    assert len(set(labels)) == len(labels)


def test_a_typo_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match="dpmpp_2m") as caught:
        scheduler_named("dpmp_2m")
    assert "dpmpp_2m" in caught.value.allowed
