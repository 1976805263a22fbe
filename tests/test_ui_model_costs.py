"""What a card says that a picture takes here, also for models that no preset names."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from fooocus_lite.errors import WeightsError
from fooocus_lite.thinking.forecast import Forecast
from fooocus_lite.thinking.model_size import ALIKE_BYTES
from fooocus_lite.thinking.presets import Preset
from fooocus_lite.ui.model_costs import ModelCosts
from fooocus_lite.weights.catalogue import Model

OWN = Model("dream", Path("dream.safetensors"), "sdxl", "Dream", "unknown", 25 * ALIKE_BYTES)
HERE = object()


class Asked:
    """A studio that notes what it is asked about."""

    def __init__(self, answer: Forecast | Exception | None) -> None:
        self.requests = []
        self.answer = answer
        self.orders = SimpleNamespace(forecast=self.forecast)
        self.stock = SimpleNamespace(is_distilled=lambda name: "turbo" in name)

    def forecast(self, request, listing):
        assert listing is HERE
        self.requests.append((request.model, request.preset))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


TAKES = Forecast(14.0, 0.0, 5_222, 8_192, "model offload", "Its parts take turns.")


def test_a_model_of_ones_own_is_told_with_what_it_takes_here():
    asked = Asked(TAKES)
    assert ModelCosts(asked, HERE).of(OWN, []) is TAKES
    assert asked.requests == [("dream", None)]


def test_models_alike_are_asked_about_once():
    asked = Asked(TAKES)
    costs = ModelCosts(asked, HERE)
    for name in ("dream", "night", "day"):
        assert costs.of(replace(OWN, name=name), []) is TAKES
    for other in ({"size_bytes": ALIKE_BYTES}, {"name": "a-turbo"}, {"family": "sd15"}):
        costs.of(replace(OWN, **other), [])
    assert [name for name, _ in asked.requests] == ["dream", "dream", "a-turbo", "dream"]


def test_a_preset_of_the_model_is_what_people_will_use():
    asked = Asked(TAKES)
    others = [Preset(name="other", model="o/other"), Preset(name="night dream", model="dream")]
    assert ModelCosts(asked, HERE).of(OWN, others) is TAKES
    assert asked.requests == [("dream", "night dream")]


@pytest.mark.parametrize("answer", [None, WeightsError("damaged")])
def test_where_nothing_is_known_nothing_is_said(answer):
    assert ModelCosts(Asked(answer), HERE).of(OWN, []) is None


def test_a_refiner_makes_no_pictures_of_its_own_but_those_of_its_preset():
    asked, refiner = Asked(TAKES), replace(OWN, name="polish", family="sdxl-refiner")
    assert ModelCosts(asked, HERE).of(refiner, []) is None
    assert asked.requests == []
    refined = Preset(name="refined", model="dream", refiner="polish")
    assert ModelCosts(asked, HERE).of(refiner, [refined]) is TAKES
    assert asked.requests == [("dream", "refined")]


def test_what_is_not_here_is_asked_about_by_its_preset():
    asked = Asked(replace(TAKES, is_here=False))
    preset = Preset(name="night dream", model="dream")
    assert ModelCosts(asked, HERE).of_preset(preset) == asked.answer
    assert asked.requests == [("dream", "night dream")]
