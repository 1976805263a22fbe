"""Counts and times out of the database."""

import time

import pytest

from fooocus_lite.archive import measuring
from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.estimates import Estimates, Setting
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.events import Picture
from fooocus_lite.recipe import ImageRequest, Recipe

ASKED = ImageRequest(prompt="a cat")
RECIPE = Recipe(
    model="starter", family="starter", prompt="a cat", num_inference_steps=4, guidance_scale=3,
    scheduler="euler", width=64, height=64, seed=1, request=ASKED,
)  # fmt: skip


@pytest.fixture
def database(tmp_path):
    opened = open_database(tmp_path / "jobs.sqlite3")
    yield opened
    opened.close()


def test_of_an_empty_database_nothing_is_known(database):
    assert measuring.jobs_by_state(database) == {}
    assert measuring.waiting(database) == 0
    assert measuring.oldest_wait_s(database) == 0
    assert measuring.seconds_per_step(database) is None
    assert measuring.load_times(database) == {}


def test_jobs_are_counted_by_state_and_the_oldest_waits_longest(database, tmp_path, monkeypatch):
    store = JobStore(database, tmp_path)
    monkeypatch.setattr(time, "time", lambda: 1_000.0)
    first, second = (store.add("anna", ASKED, [RECIPE]).id for _ in range(2))
    monkeypatch.setattr(time, "time", lambda: 1_010.0)
    third = store.add("bert", ASKED, [RECIPE]).id
    assert store.claim().id == first
    store.finish(first, "failed")
    assert measuring.jobs_by_state(database) == {"failed": 1, "queued": 2}
    assert measuring.waiting(database) == 2
    assert measuring.oldest_wait_s(database) == 10
    store.request_stop(second)
    monkeypatch.setattr(time, "time", lambda: 1_005.0)
    assert measuring.oldest_wait_s(database) == 0
    store.request_stop(third)
    assert measuring.waiting(database) == 0


def test_the_newest_job_with_a_step_tells_the_speed(database, tmp_path):
    store = JobStore(database, tmp_path)
    for seconds in (2.0, 0.5):
        store.add("anna", ASKED, [RECIPE])
        job = store.claim()
        store.heartbeat(job.id, 0, 1, 4, seconds)
    store.add("anna", ASKED, [RECIPE])
    assert measuring.seconds_per_step(database) == 0.5


def test_the_usual_time_of_a_picture_is_the_median_of_the_latest(database, tmp_path):
    assert measuring.seconds_per_picture(database) is None
    store = JobStore(database, tmp_path)
    job = store.add("anna", ASKED, [RECIPE] * 3)
    for index, cook_s in enumerate((1.0, 5.0, 60.0)):
        path = tmp_path / f"{index}.png"
        picture = Picture(str(index), job.id, index, "anna", path, RECIPE, index, 64, 64)
        store.add_picture(picture, cook_s)
    assert measuring.seconds_per_picture(database) == 5.0


def test_tries_after_the_first_are_counted(database, tmp_path):
    store = JobStore(database, tmp_path)
    for tries in (1, 2, 3):
        job = store.add("anna", ASKED, [RECIPE])
        store.claim()
        for _ in range(1, tries):
            store.try_again(job.id)
    assert measuring.retries(database) == 3
    assert measuring.promoted(database) == 0


def test_the_slowest_plan_of_a_model_tells_how_long_it_loads(database):
    estimates = Estimates(database)
    for plan, seconds in (("bfloat16", 2.0), ("float32", 6.0)):
        estimates.note_load(Setting("A GPU", "sdxl", plan), seconds)
    assert measuring.load_times(database) == {"sdxl": 6.0}
