"""The lane with a kitchen that does as it is told: retries, time-outs, lost devices, quick ends."""

import errno
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import PIL.Image
import pytest

from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.estimates import Estimates
from fooocus_lite.archive.inputs import Inputs
from fooocus_lite.archive.job import Job
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.errors import DeviceError, DiskBusy, WeightsError
from fooocus_lite.line import patience
from fooocus_lite.line.board import Board
from fooocus_lite.line.forecasts import Forecasts
from fooocus_lite.line.lane import Lane
from fooocus_lite.line.opening import ON_CPU
from fooocus_lite.recipe import ImageRequest, MadeWith, Recipe
from fooocus_lite.settings import Settings
from fooocus_lite.studio import Studio
from fooocus_lite.supplies.stock import Stock
from fooocus_lite.weights.ingredients import Ingredients

RECIPE = Recipe(
    model="starter", family="starter", prompt="a red fox", num_inference_steps=4, guidance_scale=3,
    scheduler="euler", width=64, height=64, seed=1, request=ImageRequest(prompt="a red fox"),
)  # fmt: skip
MADE_WITH = MadeWith(program="", torch="", diffusers="", device="cpu", dtype="", plan="", threads=1)
HICCUP = DeviceError("The GPU failed for a moment.", is_lost=False)
LOST = DeviceError("The GPU no longer answers.", is_lost=True)
WAIT_S = 120.0


class FakeKitchen:
    """Cooks in four steps; before each picture it does the next thing of `orders`."""

    orders: list[Callable[[], None]]
    opened: list[bool]
    during_step: Callable[[], None]

    def __init__(self, state: Path, is_cpu_only: bool) -> None:
        type(self).opened.append(is_cpu_only)
        self.plan = self.timing = None
        self.loader = SimpleNamespace(facts=lambda: None)

    def load(self, recipe: Recipe, files: Ingredients, on_stage: Callable[[str], None]) -> None:
        on_stage("Loading the model")

    def cook(self, recipe: Recipe, on_step: Callable[[Any], None], **others: Any) -> Any:
        if self.orders:
            self.orders.pop(0)()
        for step in range(5):
            on_step(SimpleNamespace(step=step, total_steps=4, seconds_per_step=None, preview=None))
            type(self).during_step()
        return PIL.Image.new("RGB", (64, 64))

    def fault_of(self, error: Exception) -> DeviceError | None:
        return error if isinstance(error, DeviceError) else None

    def made_with(self) -> MadeWith:
        return MADE_WITH


def raising(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


class Place:
    """A home with one lane, whose clock is moved by hand."""

    def __init__(self, home: Path, **given: Any) -> None:
        settings = Settings(home=home, output_path=home / "outputs", **given)
        self.database = open_database(home / "jobs.sqlite3")
        self.store = JobStore(self.database, home)
        self.board = Board()
        self.stock = Stock(settings)
        self.settings = settings
        self.now = 0.0
        self.lane = self.new_lane()

    def new_lane(self, only: set[str] | None = None) -> Lane:
        forecasts = Forecasts(Estimates(self.database), self.stock)
        self.lane = Lane(
            self.settings,
            self.store,
            self.board,
            self.stock,
            forecasts,
            Inputs(self.settings.state / "inputs", self.database),
            only,
            lambda: self.now,
        )
        return self.lane

    def add(self, pictures: int = 1) -> str:
        recipes = [RECIPE.model_copy(update={"seed": seed}) for seed in range(pictures)]
        return self.store.add("anna", RECIPE.request, recipes).id

    def ended(self, job_id: str) -> Job:
        wait_for(lambda: self.store.get(job_id).is_final)
        return self.store.get(job_id)

    def made(self, pictures: int = 1) -> Job:
        """A job of so many pictures, cooked by the lane to its end."""
        job_id = self.add(pictures)
        self.lane.start()
        return self.ended(job_id)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def kitchen(monkeypatch: pytest.MonkeyPatch) -> type[FakeKitchen]:
    FakeKitchen.orders, FakeKitchen.opened = [], []
    FakeKitchen.during_step = staticmethod(lambda: None)
    module = SimpleNamespace(Kitchen=FakeKitchen)
    monkeypatch.setitem(sys.modules, "fooocus_lite.engine.kitchen", module)
    monkeypatch.setattr(patience, "PAUSES_S", (0.0, 0.0))
    return FakeKitchen


@pytest.fixture
def place(home: Path) -> Iterator[Place]:
    place = Place(home)
    yield place
    place.lane.close(WAIT_S)
    place.database.close()


def shared(home: Path, **given: Any) -> Place:
    return Place(home, listen="0.0.0.0", open=True, **given)


@pytest.mark.parametrize("fault", [HICCUP, OSError(errno.EIO, "Input/output error")])
def test_a_fault_that_passes_costs_a_try_and_no_picture(place, kitchen, fault):
    kitchen.orders = [lambda: None, raising(fault), raising(fault)]
    job = place.made(pictures=2)
    assert (job.state, job.attempts) == ("completed", 3)
    assert [each.index for each in place.store.pictures_of(job.id)] == [0, 1]


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (HICCUP, "device", "failed for a moment"),
        (OSError(errno.EIO, "Input/output error"), "disk", "Input/output error"),
    ],
)
def test_a_fault_that_stays_fails_the_job_after_three_tries(place, kitchen, fault, code, words):
    kitchen.orders = [lambda: None, *[raising(fault)] * 5]
    job = place.made(pictures=3)
    assert (job.state, job.attempts, len(kitchen.orders)) == ("failed", 3, 2)
    assert job.error.code == code
    assert words in job.error.message
    assert len(place.store.pictures_of(job.id)) == 1
    kitchen.orders = []
    assert place.ended(place.add()).state == "completed"


@pytest.mark.parametrize(
    ("fault", "code"),
    [(WeightsError("Of another family."), "weights"), (ValueError("no"), "internal")],
)
def test_what_cannot_pass_fails_at_once(place, kitchen, fault, code):
    kitchen.orders = [raising(fault)] * 2
    job = place.made()
    assert (job.state, job.attempts, job.error.code) == ("failed", 1, code)
    assert len(kitchen.orders) == 1


def test_a_busy_database_delays_a_picture_but_does_not_make_it_again(place, monkeypatch):
    whole, calls = place.store.add_picture, []

    def busy_twice(*given: Any) -> None:
        calls.append(given)
        if len(calls) < 3:
            raise DiskBusy("The database is busy.")
        whole(*given)

    monkeypatch.setattr(place.store, "add_picture", busy_twice)
    job = place.made()
    assert (job.state, job.attempts, len(calls)) == ("completed", 1, 3)
    assert len({picture.path for picture, _ in calls}) == 1


def test_a_job_that_takes_too_long_ends_with_the_pictures_it_has(home, kitchen):
    place = shared(home)

    def take_a_minute() -> None:
        place.now += 60

    kitchen.during_step = staticmethod(take_a_minute)
    job = place.made(pictures=4)
    place.lane.close(WAIT_S)
    assert (job.state, job.error.code, job.attempts) == ("failed", "timeout", 1)
    assert "600 seconds" in job.error.message
    assert [each.index for each in place.store.pictures_of(job.id)] == [0, 1]


def test_loading_counts_too_and_the_next_job_has_its_own_time(home, kitchen, monkeypatch):
    place = shared(home, job_timeout_s=100)
    loads = []

    def load(_kitchen: Any, _recipe: Any, _files: Any, on_stage: Callable[[str], None]) -> None:
        place.now += 70
        on_stage("Loading the model")
        if not loads:
            loads.append(1)
            place.now += 70
            on_stage("Loading LoRAs")

    monkeypatch.setattr(kitchen, "load", load)
    assert place.made().error.code == "timeout"
    assert place.ended(place.add()).state == "completed"
    place.lane.close(WAIT_S)


def test_alone_on_localhost_a_job_takes_its_time_unless_the_setting_says_otherwise(home):
    alone = {"home": home, "output_path": home}
    assert Settings(**alone).time_limit_s is None
    assert Settings(**alone, job_timeout_s=5).time_limit_s == 5
    assert Settings(**alone, listen="0.0.0.0").time_limit_s == 600


def test_a_lost_gpu_ends_the_lane_and_the_job_is_back_in_the_line(place, kitchen):
    job_id = place.add()
    for attempt in (1, 2):
        kitchen.orders = [raising(LOST)]
        place.lane.start()
        wait_for(lambda: place.lane.is_device_lost)
        job = place.store.get(job_id)
        assert (job.state, job.attempts) == ("queued", attempt)
        assert place.lane.trouble == LOST.message
        assert place.lane.close(WAIT_S)
        place.new_lane()
    kitchen.orders = [raising(LOST)]
    place.lane.start()
    assert place.ended(job_id).error.code == "crashed"


def test_a_command_line_fails_its_job_when_the_gpu_is_lost(place, kitchen):
    kitchen.orders = [raising(LOST)]
    job_id = place.add()
    place.new_lane(only={job_id}).start()
    assert place.ended(job_id).error.message == LOST.message
    assert not place.lane.is_device_lost


def test_with_the_cpu_as_fallback_the_job_goes_on_there_and_says_so(home, kitchen):
    place = Place(home, cpu_fallback=True)
    kitchen.orders = [lambda: None, raising(LOST)]
    job = place.made(pictures=2)
    wait_for(lambda: place.board.notices(job.id))
    assert (job.state, job.attempts, kitchen.opened) == ("completed", 1, [False, True])
    assert place.board.notices(job.id) == (ON_CPU,)
    assert place.lane.notice == ON_CPU
    assert not place.lane.is_device_lost
    place.lane.close(WAIT_S)


@pytest.mark.parametrize("cpu_fallback", [True, False])
def test_a_gpu_that_cannot_be_opened_is_left_alone_only_by_the_setting(
    home, kitchen, monkeypatch, cpu_fallback
):
    place = Place(home, cpu_fallback=cpu_fallback)
    begin = kitchen.__init__

    def broken(self: FakeKitchen, state: Path, is_cpu_only: bool) -> None:
        begin(self, state, is_cpu_only)
        if not is_cpu_only:
            raise RuntimeError("CUDA driver initialization failed")

    monkeypatch.setattr(kitchen, "__init__", broken)
    assert place.made().state == ("completed" if cpu_fallback else "failed")
    assert (place.lane.trouble is None) == cpu_fallback
    place.lane.close(WAIT_S)


class LongStep:
    """A step that takes until it is let end."""

    def __init__(self) -> None:
        self.has_begun, self.may_end = Event(), Event()

    def __call__(self) -> None:
        self.has_begun.set()
        assert self.may_end.wait(WAIT_S)


@pytest.fixture
def long_step(kitchen: type[FakeKitchen]) -> Iterator[LongStep]:
    step = LongStep()
    kitchen.during_step = staticmethod(step)
    yield step
    step.may_end.set()


def test_in_mid_step_the_job_is_back_in_the_line_at_once_and_no_try_counts(place, long_step):
    job_id, other = place.add(), place.add()
    place.lane.start()
    assert long_step.has_begun.wait(WAIT_S)
    assert not place.lane.close(0.0)
    for _ in range(2):
        job = place.store.get(job_id)
        assert (job.state, job.attempts, job.error) == ("queued", 0, None)
        long_step.may_end.set()
        assert place.lane.close(WAIT_S)
    assert place.store.pictures_of(job_id) == ()
    assert place.store.get(other).attempts == 0


def test_what_breaks_while_the_program_ends_is_not_the_jobs_end(place, kitchen, long_step):
    def break_afterwards() -> None:
        long_step()
        raise RuntimeError("torn down")

    kitchen.during_step = staticmethod(break_afterwards)
    job_id = place.add()
    place.lane.start()
    assert long_step.has_begun.wait(WAIT_S)
    place.lane.let_go()
    long_step.may_end.set()
    assert place.lane.close(WAIT_S)
    assert (place.store.get(job_id).state, place.store.get(job_id).attempts) == ("queued", 0)


def test_a_picture_finished_after_all_is_kept_and_not_made_again(place, kitchen, long_step):
    kitchen.orders = [long_step]
    kitchen.during_step = staticmethod(lambda: None)
    place.lane._cooking._obey = lambda _wish: None  # the last step has been made
    job_id = place.add()
    place.lane.start()
    assert long_step.has_begun.wait(WAIT_S)
    place.lane.let_go()
    assert place.store.get(job_id).state == "queued"
    long_step.may_end.set()
    assert place.lane.close(WAIT_S)
    assert place.store.get(job_id).state == "completed"
    assert len(place.store.pictures_of(job_id)) == 1


def test_a_job_that_was_asked_to_stop_is_cancelled_by_the_end(place, long_step):
    job_id = place.add()
    place.lane.start()
    assert long_step.has_begun.wait(WAIT_S)
    place.store.request_stop(job_id)
    place.lane.let_go()
    assert place.store.get(job_id).state == "cancelled"


def test_the_device_is_kept_until_the_step_has_ended(home, long_step):
    first, second = (Studio(Settings(home=home, output_path=home / "outputs")) for _ in range(2))
    job_id = first.orders.start(RECIPE.request)
    assert first.cook()
    assert long_step.has_begun.wait(WAIT_S)
    first.let_go()
    assert not first.close(0.0)
    assert first.jobs.view(job_id).state == "queued"
    assert not second.take_device()
    long_step.may_end.set()
    assert first.close(WAIT_S)
    assert second.take_device()
    assert second.close()


def test_a_lane_that_breaks_begins_again_three_times_and_then_says_so(place, monkeypatch):
    whole, left = place.store.claim, [3]

    def broken(only: Any = None) -> Job | None:
        if left[0]:
            left[0] -= 1
            raise RuntimeError("broken")
        return whole(only)

    monkeypatch.setattr(place.store, "claim", broken)
    assert place.made().state == "completed"
    assert place.lane.trouble is None
    left[0] = 1
    place.lane.wake()
    wait_for(lambda: place.lane.trouble)
    assert "broke again and again" in place.lane.trouble
    waiting = place.add()
    assert place.lane.close(WAIT_S)
    assert place.store.get(waiting).state == "queued"


def test_a_skipped_picture_takes_no_other_with_it(place, kitchen):
    job_id = place.add(pictures=3)
    kitchen.orders = [lambda: place.store.request_skip(job_id, 0)]
    place.lane.start()
    job = place.ended(job_id)
    assert job.state == "completed"
    assert [each.index for each in place.store.pictures_of(job_id)] == [1, 2]
    assert job.skipped == (0,)


@pytest.mark.parametrize("index", [0, 1])
def test_a_picture_can_be_skipped_before_it_is_tried_again(place, kitchen, index):
    job_id = place.add(pictures=2)

    def skip_and_fail() -> None:
        place.store.request_skip(job_id, index)
        raise HICCUP

    kitchen.orders = [*[lambda: None] * index, skip_and_fail]
    place.lane.start()
    job = place.ended(job_id)
    assert job.state == "completed"
    assert (job.skipped, job.attempts) == ((index,), 2)


def test_a_picture_can_be_skipped_while_its_model_is_read(place, kitchen, monkeypatch):
    job_id, loads = place.add(pictures=2), []

    def load(_kitchen: Any, recipe: Recipe, _files: Any, on_stage: Callable[[str], None]) -> None:
        loads.append(recipe.seed)
        if recipe.seed == 1:
            place.store.request_skip(job_id, 1)
        on_stage("Loading the model")
        assert recipe.seed == 0, "nobody waits for a model that is not wanted"

    monkeypatch.setattr(kitchen, "load", load)
    place.lane.start()
    job = place.ended(job_id)
    assert (job.state, job.skipped, loads) == ("completed", (1,), [0, 1])
