"""Lines and frames of the stage; following a job from its start, its middle or after its end."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from ui_fake import FakeStudio

from fooocus_lite.events import (
    Event,
    Finished,
    JobView,
    Loading,
    Picture,
    PictureReady,
    Queued,
    Step,
)
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.settings import Settings
from fooocus_lite.ui import progress
from fooocus_lite.ui.progress import Shown, frames, line_of

OWNER = "1" * 32
RECIPE = Recipe(
    model="starter", family="starter", prompt="a hill", num_inference_steps=5, guidance_scale=3,
    scheduler="euler", width=64, height=64, seed=1, request=ImageRequest(prompt="a hill"),
)  # fmt: skip


def view(state="running", pictures=(), skipped=()) -> JobView:
    return JobView("j", OWNER, state, 0.0, (), pictures, skipped, None, None)


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (Queued(1, None), "You are next"),
        (Queued(2, 0.2), "1 job ahead of yours"),
        (Queued(4, 90.0), "3 jobs ahead of yours · starts in about 90 s"),
        (Loading("Loading the model..."), "Loading the model…"),
        (Step(1, 1, 0, 20), "Step 0 of 20"),
        (Step(1, 1, 5, 20, 0.1, 1.5), "Step 5 of 20 · 0.1 s/step · about 2 s left"),
        (
            Step(2, 4, 3, 2, 12.34, 7200),
            "Picture 2 of 4 · step 2 of 2 · 12 s/step · about 2 h left",
        ),
        (None, "Getting ready…"),
    ],
)
def test_a_line_says_what_is_happening(now, line):
    assert line_of(view(), now) == line


def test_the_last_line_says_how_it_ended():
    assert line_of(view("completed"), None) == "Done: 0 pictures"
    assert line_of(view("completed", skipped=(1,)), None) == "Done: 0 pictures, 1 skipped"
    told = replace(view("completed"), notices=("Of the LoRA “x” 3 of 4 layers are used",))
    assert line_of(told, None) == "Done: 0 pictures. Of the LoRA “x” 3 of 4 layers are used"
    assert line_of(view("cancelled"), None) == "Stopped"
    assert line_of(view("failed"), None) == "This did not work out"


def test_a_screen_reader_is_told_only_now_and_then():
    now = [0.0]
    speak = progress._Speaker(lambda: now[0])
    assert speak("one") == "one"
    now[0] = 1.0
    assert speak("two") == "one"
    assert speak("done", is_urgent=True) == "done"
    now[0] = 9.0
    assert speak("three") == "three"


@pytest.fixture
def studio(home: Path) -> FakeStudio:
    return FakeStudio(Settings(home=home, output_path=home / "outputs"), step_s=0.02, steps=5)


def followed(studio: FakeStudio, newest: str = "") -> list[Shown]:
    async def follow() -> list[Shown]:
        return [shown async for shown in frames(studio, OWNER, newest)]

    return asyncio.run(follow())


def test_nothing_to_follow_ends_at_once(studio):
    assert followed(studio) == []


def test_a_job_is_followed_to_its_end(studio):
    job = studio.orders.start(ImageRequest(prompt="a hill", count=2), OWNER)
    shown = followed(studio)
    assert shown[-1].is_last
    assert shown[-1].frame["state"] == "completed"
    assert shown[-1].frame["share"] == 1.0
    assert len(shown[-1].pictures or ()) == 2
    assert {each.frame["job"] for each in shown} == {job}
    assert any("preview" in each.frame for each in shown)
    shares = [each.frame["share"] for each in shown]
    assert shares == sorted(shares)


def test_a_job_that_ended_before_anybody_looked_is_still_shown(studio):
    job = studio.orders.start(ImageRequest(prompt="a hill"), OWNER)
    deadline = time.monotonic() + 120
    while studio.jobs.active(OWNER) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert followed(studio, newest=job)[-1].frame["state"] == "completed"


def test_jobs_are_followed_one_after_the_other(studio):
    jobs = [studio.orders.start(ImageRequest(prompt="a hill"), OWNER) for _ in range(3)]
    seen = [each.frame["job"] for each in followed(studio) if each.is_last]
    assert seen == jobs


def test_the_stage_follows_the_order_as_it_is_changed(studio):
    studio.orders.start(ImageRequest(prompt="a slow hill"), "2" * 32)
    first, second = (studio.orders.start(ImageRequest(prompt="a hill"), OWNER) for _ in range(2))

    async def follow() -> list[str]:
        seen = []
        async for shown in frames(studio, OWNER):
            if not seen:
                studio.orders.move(second, to="up", owner=OWNER)
            seen.append(shown.frame["job"])
        return list(dict.fromkeys(seen))

    seen = asyncio.run(follow())
    assert seen == [first, second]
    assert (
        studio.jobs.view(second, OWNER).pictures[0].created
        < studio.jobs.view(first, OWNER).pictures[0].created
    )


def test_a_job_cancelled_while_it_waited_does_not_take_the_stage(studio):
    kept = studio.orders.start(ImageRequest(prompt="a slow hill"), OWNER)
    cancelled = studio.orders.start(ImageRequest(prompt="a hill"), OWNER)

    async def follow() -> list[Shown]:
        seen = []
        async for shown in frames(studio, OWNER):
            studio.orders.stop(cancelled, OWNER)
            seen.append(shown)
        return seen

    seen = asyncio.run(follow())
    assert {each.frame["job"] for each in seen} == {kept}
    assert seen[-1].frame["state"] == "completed"


def test_a_job_of_somebody_else_is_passed_by(studio):
    job = studio.orders.start(ImageRequest(prompt="a hill"), "2" * 32)
    assert followed(studio, newest=job) == []


class Hurrying:
    """A studio whose one job has gone on whenever it is looked at, and is heard of later."""

    picture = Picture("p", "j", 0, OWNER, Path("1.png"), RECIPE, 0.0, 64, 64)

    def __init__(self) -> None:
        steps = [Step(1, 2, 5, 5), Step(1, 2, 5, 5), Step(2, 2, 3, 5), Step(2, 2, 4, 5)]
        self.looks = [replace(view(pictures=(self.picture,)), now=step) for step in steps]

    @property
    def jobs(self) -> "Hurrying":
        return self

    def active(self, owner: str) -> list[str]:
        return ["j"] if self.looks else []

    def view(self, job_id: str, owner: str) -> JobView:
        return self.looks.pop(0) if self.looks else view("completed", (self.picture,))

    async def watch(self, job_id: str, owner: str) -> AsyncIterator[Event]:
        for event in (PictureReady(self.picture), Step(2, 2, 0, 5), Finished(1, 0)):
            yield event


def test_a_frame_is_of_what_was_heard_not_of_a_later_look():
    shown = followed(Hurrying())
    assert [each.frame["share"] for each in shown] == [0.5, 0.5, 0.5, 1.0, 1.0]


def test_silence_is_broken_by_a_heartbeat_that_falls_back_to_no_earlier_step(studio, monkeypatch):
    monkeypatch.setattr(progress, "HEARTBEAT_S", 0.05)
    studio.step_s = 0.4
    studio.steps = 2
    studio.orders.start(ImageRequest(prompt="a hill"), OWNER)
    shown = followed(studio)
    assert any("beat" in each.frame for each in shown)
    shares = [each.frame["share"] for each in shown]
    assert shares == sorted(shares)
