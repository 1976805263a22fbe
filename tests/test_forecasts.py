"""What the page can say of a picture before it is made: measured here, with the real starter."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import tiny

from fooocus_lite.errors import UnknownName
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.thinking.costs import Picture
from fooocus_lite.thinking.forecast import Forecast
from fooocus_lite.thinking.memory import plans
from fooocus_lite.weights import sizes

REQUEST = ImageRequest(
    prompt="a red circle", width=64, height=64, num_inference_steps=4, seed=1, guidance_scale=3
)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    opened = Studio(load({"home": tmp_path}))
    yield opened
    opened.close()


def made(studio: Studio, request: ImageRequest = REQUEST) -> None:
    job_id = studio.orders.start(request)
    for _ in studio.jobs.follow(job_id, interval_s=0.005):
        pass
    assert studio.jobs.view(job_id).state == "completed"


def forecast(studio: Studio, **changes: object) -> Forecast:
    found = studio.orders.forecast(REQUEST.model_copy(update=changes))
    assert found is not None
    return found


def test_before_the_engine_is_there_nothing_is_said(studio: Studio) -> None:
    assert studio.orders.forecast(REQUEST) is None


def test_seconds_are_said_once_a_picture_was_made_and_follow_the_request(studio: Studio) -> None:
    studio.cook()
    made(studio)
    known = forecast(studio)
    assert known.seconds is not None
    assert known.load_s == 0
    assert known.place == "CPU"
    assert 0 < known.uses_mib < known.of_mib
    assert known.text.startswith("≈ ")
    three = forecast(studio, count=3).seconds
    assert three == pytest.approx(3 * known.seconds)
    more_steps, larger = (forecast(studio, num_inference_steps=8), forecast(studio, width=128))
    assert (more_steps.seconds or 0) > known.seconds
    assert (larger.seconds or 0) == pytest.approx(2 * known.seconds)
    assert forecast(studio, width=512, height=512).seconds is None


def test_the_next_start_remembers_and_counts_the_loading(tmp_path: Path) -> None:
    for is_first in (True, False):
        studio = Studio(load({"home": tmp_path}))
        studio.cook()
        if is_first:
            made(studio)
            before = forecast(studio).seconds or 0
        else:
            made_nothing_yet = wait_for_engine(studio)
            assert made_nothing_yet.load_s > 0
            assert made_nothing_yet.seconds == pytest.approx(before + made_nothing_yet.load_s)
        studio.close()


def wait_for_engine(studio: Studio) -> Forecast:
    while (found := studio.orders.forecast(REQUEST)) is None:
        pass
    return found


def test_what_is_loaded_before_the_first_job_is_timed_too(tmp_path: Path) -> None:
    studio = Studio(load({"home": tmp_path}))
    studio.cook()
    kitchen = studio._lane._opening.kitchen(300)
    studio.warm("starter")
    while kitchen.plan is None:
        time.sleep(0.01)
    made(studio)
    studio.close()
    again = Studio(load({"home": tmp_path}))
    again.cook()
    assert wait_for_engine(again).load_s > 0
    again.close()


def test_the_plan_of_a_loaded_model_that_stays_is_said(studio: Studio) -> None:
    studio.cook()
    asked = REQUEST.model_copy(update={"width": 384, "height": 384})
    made(studio, asked)
    before = studio.orders.forecast(asked)
    assert before is not None
    kitchen = studio._lane._opening.kitchen()
    loader = kitchen.loader
    tight = replace(loader.facts(), free_ram_mib=before.uses_mib + 10)
    size = sizes.of_folder(studio.stock.model("starter").folder)
    alone = plans(tight, size, Picture(384, 384, num_inference_steps=4))[0]
    assert alone.place != before.place
    loader._given_facts = tight
    made(studio, asked)
    after = studio.orders.forecast(asked)
    assert after is not None
    assert (after.place, after.load_s, after.uses_mib) == (before.place, 0, before.uses_mib)
    assert "what it takes is still free" in after.reason
    assert kitchen.plan is not None
    assert kitchen.plan.place == after.place


def test_a_model_of_another_size_is_said_without_seconds(studio: Studio) -> None:
    tiny.build(studio.settings.models / "another")
    studio.cook()
    made(studio)
    found = forecast(studio, model="another", width=512, height=512)
    assert found.seconds is None
    assert "≈" not in found.text
    with pytest.raises(UnknownName):
        studio.orders.forecast(REQUEST.model_copy(update={"model": "nobody"}))


def test_a_model_that_is_not_here_is_said_without_a_time(studio: Studio) -> None:
    studio.cook()
    wait_for_engine(studio)
    general = forecast(studio, preset="sdxl", width=1024, height=1024, guidance_scale=None)
    assert not general.is_here
    assert general.seconds is None
    assert 6_000 < general.uses_mib < 16_000
    refined = forecast(studio, preset="sdxl-refined", width=1024, height=1024)
    assert refined.uses_mib > general.uses_mib + 5_000
    assert forecast(studio).is_here


def test_asking_imports_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from fooocus_lite.settings import load; from fooocus_lite.studio import "
        "Studio; from fooocus_lite.recipe import ImageRequest; "
        f"studio = Studio(load({{'home': {str(tmp_path)!r}}})); "
        "print(studio.orders.forecast(ImageRequest(prompt='a')), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "False"]
