"""Several programs share one database, and some of them are killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.jobs import JobStore

HEAD = """
import sys
from pathlib import Path
from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.recipe import ImageRequest, Recipe
request = ImageRequest(prompt="a red fox")
recipe = Recipe(model="starter", family="sdxl", prompt="a red fox", num_inference_steps=4,
    guidance_scale=5, scheduler="euler", width=256, height=256, seed=1, request=request)
store = JobStore(open_database(Path(sys.argv[1])), Path("."), 10**6, 10**6)
"""
SUBMIT_FOREVER = (
    HEAD
    + """
while True:
    print(store.add("anna", request, [recipe]).id, flush=True)
"""
)
SUBMIT_ONE = (
    HEAD
    + """
store.add("anna", request, [recipe])
"""
)
SUBMIT_40_AND_CLAIM = (
    HEAD
    + """
for _ in range(40):
    store.add(sys.argv[2], request, [recipe])
while job := store.claim():
    print(job.id, flush=True)
"""
)
CLAIM_AND_COOK = (
    HEAD
    + """
import itertools
job = store.claim()
print(job.id, flush=True)
for step in itertools.count():
    store.heartbeat(job.id, 0, step, 10**9)
"""
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "archive.sqlite"


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
        env={**os.environ, "PYTHONPATH": "."},
    )


def kill(program: subprocess.Popen[str]) -> None:
    """As `kill -9` does."""
    program.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[JobStore]:
    database = open_database(path)
    assert database.notices == ()
    yield JobStore(database, path.parent)
    database.close()


def test_every_acknowledged_job_survives_a_killed_program(path: Path) -> None:
    program = start(SUBMIT_FOREVER, path)
    assert program.stdout is not None
    first = program.stdout.readline()
    time.sleep(0.3)
    kill(program)
    lines = (first + program.communicate()[0]).split("\n")
    acknowledged = [line for line in lines if len(line) == 32]
    assert acknowledged
    with opened(path) as store:
        waiting = store.waiting()
        assert set(acknowledged) <= set(waiting)
        assert len(waiting) <= len(acknowledged) + 1
        assert store.get(waiting[-1]).state == "queued"


def test_three_programs_starting_at_once_share_the_line(path: Path) -> None:
    programs = [start(SUBMIT_40_AND_CLAIM, path, f"owner {number}") for number in range(3)]
    claimed = [line for program in programs for line in program.communicate()[0].split()]
    assert [program.returncode for program in programs] == [0, 0, 0]
    assert len(claimed) == len(set(claimed)) == 120


def test_a_killed_lane_leaves_a_job_that_is_taken_up_again(path: Path) -> None:
    with opened(path) as store:
        start(SUBMIT_ONE, path).communicate()
        (job_id,) = store.waiting()
        for attempt in (1, 2, 3):
            program = start(CLAIM_AND_COOK, path)
            assert program.stdout is not None
            assert program.stdout.readline().strip() == job_id
            kill(program)
            program.communicate()
            assert store.get(job_id).attempts == attempt
            store.recover()
        assert store.get(job_id).state == "failed"
