"""Five times killed without warning: every job ends, no picture is lost, none is made twice."""

import time
from collections import Counter

import pytest

from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from tests.browser.live_server import LiveServer

KILLS = 5
REQUEST = ImageRequest(prompt="a fox", count=3, width=64, height=64, num_inference_steps=40, seed=1)


def wait_until(condition, timeout_s=180.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def server(home):
    server = LiveServer(home)
    yield server
    server.stop()


def test_killed_five_times_the_line_still_ends_with_every_picture_once(home, server):
    studio = Studio(load({"home": home}))
    jobs = []
    for kill in range(KILLS):
        server.start()
        jobs.append(studio.start(REQUEST, owner=f"person {kill}"))
        made = sum(len(studio.view(job).pictures) for job in jobs)
        wait_until(lambda made=made: sum(len(studio.view(job).pictures) for job in jobs) > made)
        server.kill()
        assert not all(studio.view(job).is_final for job in jobs)
    server.start()
    wait_until(lambda: all(studio.view(job).is_final for job in jobs))
    for job in jobs:
        view = studio.view(job)
        indexes = Counter(picture.index for picture in view.pictures)
        assert set(indexes.values()) <= {1}
        assert all(picture.path.is_file() for picture in view.pictures)
        if view.state == "completed":
            assert sorted(indexes) == [0, 1, 2]
        else:  # tried three times, as promised, and said so
            assert view.state == "failed"
            assert "ended unexpectedly 3 times" in view.error.message
    assert not list((home / "outputs").rglob("*.part"))
