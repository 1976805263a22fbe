"""Five times killed without warning: every job ends, no picture is lost, none is made twice."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from benchmarks.hundred_kills import survive, troubles_of
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from tests.browser.live_server import LiveServer

KILLS = 5


@pytest.fixture
def server(home: Path) -> Iterator[LiveServer]:
    server = LiveServer(home)
    yield server
    server.stop()


def test_killed_five_times_the_line_still_ends_with_every_picture_once(home, server):
    studio = Studio(load({"home": home}))
    survived = survive(server, studio, KILLS, Random(3))
    assert survived.troubles == []
    assert survived.kills_at_work > 0
    assert len(survived.ended) == len(survived.jobs)
    # What would have been found: a file nobody recorded, and a picture that is gone.
    lost = next(picture for job in survived.jobs for picture in studio.jobs.view(job).pictures)
    lost.path.rename(lost.path.with_name("stray.png"))
    assert len(troubles_of(studio, survived.jobs)) == 2
