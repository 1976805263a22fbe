"""Ended politely in a long step: at once back in the line, nothing lost or doubled."""

import os
import shutil
import signal
import sqlite3
import sys
import time
from types import SimpleNamespace

import pytest

from fooocus_lite.cli.page import DEVICE_LOST
from fooocus_lite.errors import DeviceError
from fooocus_lite.events import Step
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from tests.browser.forked import Forked
from tests.browser.live_server import LiveServer, environment, program

END_S = 30.0
"""The program promises ten seconds, of which a busy machine takes some away."""
QUICK = ImageRequest(prompt="a fox", width=64, height=64, num_inference_steps=4, count=2)
SIDE = 1536
"""Pixels that the tiny model looks at for some seconds in one step."""
LONG = ImageRequest(
    prompt="a fox", model="slow", width=SIDE, height=SIDE, num_inference_steps=1, seed=2
)


def wait_until(condition, timeout_s=180.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_stepping(studio, job_id):
    return isinstance(studio.jobs.view(job_id).now, Step)


def row(home, job_id):
    with sqlite3.connect(home / "state" / "jobs.sqlite3") as connection:
        return connection.execute(
            "SELECT state, attempts FROM jobs WHERE id = ?", (job_id,)
        ).fetchone()


@pytest.fixture(autouse=True)
def _slow_model(home, tiny_model):
    shutil.copytree(tiny_model, home / "models" / "slow")


@pytest.fixture
def server(home):
    server = LiveServer(home)
    yield server
    server.stop()


def test_ended_in_mid_step_the_job_waits_and_is_finished_by_the_next_start(home, server):
    studio = Studio(load({"home": home}))
    server.start()
    quick, long = studio.orders.start(QUICK), studio.orders.start(LONG)
    wait_until(lambda: is_stepping(studio, long))
    os.kill(server.pid, signal.SIGTERM)
    began = time.monotonic()
    wait_until(lambda: row(home, long)[0] == "queued", END_S)
    server.stop()
    assert time.monotonic() - began < END_S
    assert row(home, long) == ("queued", 0)
    server.start()
    wait_until(lambda: studio.jobs.view(long).is_final)
    assert row(home, long) == ("completed", 1)
    made = [*studio.jobs.view(quick).pictures, *studio.jobs.view(long).pictures]
    assert [picture.job_id for picture in made] == [quick, quick, long]
    assert {picture.path for picture in made} == set((home / "outputs").rglob("*.png"))


def test_a_command_line_interrupted_in_mid_step_ends_in_time_and_cancels_its_job(home):
    studio = Studio(load({"home": home}))
    arguments = ["generate", "a fox", "--model", "slow", "--size", f"{SIDE}x{SIDE}", "--steps", "1"]
    log = home / "terminal.log"
    process = Forked(program, (arguments,), environment(home), log)
    wait_until(lambda: process.poll() is not None or studio.jobs.active())
    (job_id,) = studio.jobs.active()
    wait_until(lambda: is_stepping(studio, job_id))
    process.send_signal(signal.SIGINT)
    assert process.wait(END_S) == 130, log.read_text()
    assert studio.jobs.view(job_id).state == "cancelled"


class LostKitchen:
    """One whose GPU is gone for good."""

    plan = timing = None
    loader = SimpleNamespace(facts=lambda: None)

    def __init__(self, **given: object) -> None:
        pass

    def load(self, *given: object) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    def fault_of(self, error: Exception) -> DeviceError:
        return DeviceError("The GPU no longer answers.", is_lost=True)


def program_without_gpu(arguments: list[str]) -> int:
    sys.modules["fooocus_lite.engine.kitchen"] = SimpleNamespace(Kitchen=LostKitchen)
    return program(arguments)


def test_a_page_whose_gpu_is_lost_ends_as_after_a_crash_with_the_job_in_the_line(home):
    studio = Studio(load({"home": home}))
    job_id = studio.orders.start(QUICK)
    log = home / "terminal.log"
    arguments = ["--disable-in-browser"]
    process = Forked(program_without_gpu, (arguments,), environment(home), log)
    assert process.wait(180.0) == DEVICE_LOST, log.read_text()
    assert "no longer answers" in log.read_text()
    assert row(home, job_id) == ("queued", 1)
