"""Who is served when: classes, fairness between owners, promotion, and clocks that jump."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fooocus_lite.archive import measuring, moves
from fooocus_lite.archive.database import Database, open_database
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.archive.line import PROMOTED_AFTER_S
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.visitor import Priority, Spare

RECIPE = Recipe(
    model="starter", family="sdxl", prompt="a red fox", num_inference_steps=4, guidance_scale=5,
    scheduler="euler", width=256, height=256, seed=1, request=ImageRequest(prompt="a red fox"),
)  # fmt: skip


class Clock:
    """Seconds of a clock that nobody sets, moved by hand."""

    def __init__(self) -> None:
        self.now = 50_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "archive.sqlite")
    yield database
    database.close()


@pytest.fixture
def store(database: Database, tmp_path: Path, clock: Clock) -> JobStore:
    return JobStore(database, tmp_path, 10_000, 1_000, clock)


def add(
    store: JobStore, owner: str = "anna", priority: Priority | Spare = "fast", pictures: int = 1
) -> str:
    return store.add(owner, RECIPE.request, [RECIPE] * pictures, priority).id


def serve(store: JobStore, clock: Clock | None = None, takes_s: float = 0.0) -> str | None:
    """The owner of the job made next, which takes so long."""
    job = store.claim()
    if job is None:
        return None
    if clock is not None:
        clock.now += takes_s
    store.heartbeat(job.id, 0, 1, 4)
    store.finish(job.id, "completed")
    return job.owner


def wait(store: JobStore, clock: Clock, seconds: float) -> None:
    """Time goes by while another process's job is being made, or none at all."""
    store.claim(only=set())
    clock.now += seconds
    store.claim(only=set())


def test_turbo_fast_and_relax_share_ten_to_five_to_one(store: JobStore) -> None:
    for _ in range(200):
        for owner in ("turbo", "fast", "relax"):
            add(store, owner, owner)  # type: ignore[arg-type]
    served = Counter(serve(store) for _ in range(160))
    assert served == {"turbo": 100, "fast": 50, "relax": 10}


def test_within_a_class_every_owner_gets_as_much(store: JobStore) -> None:
    owners = [f"owner {number}" for number in range(5)] * 20
    random.Random(5).shuffle(owners)
    for owner in owners:
        add(store, owner, "relax")
    for _ in range(40):
        add(store, "quick", "turbo")
    served = Counter(serve(store) for _ in range(60))
    assert served["quick"] == 40
    relaxed = [count for owner, count in served.items() if owner != "quick"]
    assert sum(relaxed) == 20
    assert max(relaxed) - min(relaxed) <= 1


def test_spare_jobs_have_what_others_leave_and_hold_nobody_back(
    store: JobStore, clock: Clock
) -> None:
    spare = [add(store, "program", "spare") for _ in range(2)]
    assert serve(store) == "program"
    slow, quick = add(store, "slow", "relax", pictures=8), add(store, "quick")
    wait(store, clock, 3_600)
    assert store.waiting() == (quick, slow, spare[1])
    assert [serve(store) for _ in range(3)] == ["quick", "slow", "program"]
    newcomer = add(store, "newcomer", pictures=3)
    add(store, "program", "spare")
    assert store.waiting()[0] == newcomer


def test_the_same_jobs_are_served_in_the_same_order_every_time(tmp_path: Path) -> None:
    orders = []
    for run in range(2):
        database = open_database(tmp_path / f"{run}.sqlite")
        store = JobStore(database, tmp_path, 1_000, 1_000)
        chance = random.Random(11)
        for _ in range(80):
            priority = chance.choice(("turbo", "fast", "relax"))
            add(store, f"o{chance.randrange(5)}", priority, chance.randint(1, 4))
        orders.append([serve(store) for _ in range(80)])
        database.close()
    assert orders[0] == orders[1]


def test_an_owners_slow_jobs_do_not_hold_back_their_quick_one(store: JobStore) -> None:
    for _ in range(5):
        add(store, "anna", "relax")
        add(store, "bert", "fast")
    quick = add(store, "anna", "turbo")
    assert store.waiting()[0] == quick


def test_after_five_minutes_without_a_picture_the_next_job_goes_first(
    store: JobStore, clock: Clock, database: Database
) -> None:
    slow = add(store, "slow", "relax", pictures=8)
    for _ in range(40):
        add(store, "busy", "turbo")
    served = [serve(store, clock, 60.0) for _ in range(6)]
    assert served == ["busy"] * 5 + ["slow"]
    assert store.get(slow).state == "completed"
    assert measuring.promoted(database) == 1
    assert serve(store, clock) == "busy"


def test_the_promoted_go_in_the_order_they_began_to_wait(store: JobStore, clock: Clock) -> None:
    store.claim(only=set())
    for owner in ("first", "second", "third"):
        add(store, owner, "relax", pictures=30)
        clock.now += 10
    late = add(store, "late", "turbo")
    assert store.waiting()[0] == late
    wait(store, clock, PROMOTED_AFTER_S - 15)
    add(store, "new", "turbo")
    order = [store.get(job_id).owner for job_id in store.waiting()]
    assert order == ["first", "second", "late", "new", "third"]


def test_one_owners_long_row_of_jobs_is_not_promoted_as_a_whole(
    store: JobStore, clock: Clock
) -> None:
    for _ in range(20):
        add(store, "greedy")
    wait(store, clock, 3_600)
    newcomer = add(store, "newcomer")
    assert store.waiting().index(newcomer) <= 2
    assert [serve(store) for _ in range(3)].count("newcomer") == 1


def test_whose_own_job_is_being_made_is_not_promoted(store: JobStore, clock: Clock) -> None:
    add(store, "busy", pictures=30)
    own = add(store, "busy")
    made = store.claim()
    assert made is not None
    other = add(store, "other", "relax")
    for _ in range(8):
        clock.now += 60
        store.heartbeat(made.id, 0, 1, 4)
    assert store.waiting() == (other, own)


def test_a_promoted_job_pushes_no_newcomer_back(store: JobStore, clock: Clock) -> None:
    add(store, "slow", "relax", pictures=30)
    for _ in range(3):
        add(store, "anna")
    wait(store, clock, 301)
    while serve(store) != "slow":
        pass
    newcomer = add(store, "newcomer")
    assert store.waiting().index(newcomer) <= 1


@pytest.mark.parametrize("jump_s", [-86_400.0, 86_400.0 * 365])
def test_a_time_of_day_that_jumps_changes_neither_order_nor_promotion(
    store: JobStore, clock: Clock, monkeypatch: pytest.MonkeyPatch, jump_s: float
) -> None:
    ids = [add(store, owner, "relax") for owner in ("anna", "bert")]
    wait(store, clock, 10)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + jump_s)
    quick = add(store, "carl", "turbo")
    later = add(store, "anna", "relax")
    wait(store, clock, 100)
    assert store.waiting() == (quick, *ids, later)
    wait(store, clock, 250)
    assert store.waiting() == (*ids, quick, later)
    assert [serve(store) for _ in range(5)] == ["anna", "bert", "carl", "anna", None]


def test_time_while_the_program_is_off_promotes_nobody(
    store: JobStore, clock: Clock, database: Database, tmp_path: Path
) -> None:
    add(store, "slow", "relax")
    wait(store, clock, 200)
    clock.now = 3.0  # the computer was started again, a day later
    again = JobStore(database, tmp_path, clock=clock)
    quick = add(again, "quick", "turbo")
    wait(again, clock, 90)
    assert again.waiting()[0] == quick
    wait(again, clock, 20)
    assert again.waiting()[1] == quick


def test_an_owner_may_give_a_promoted_place_to_another_of_their_jobs(
    store: JobStore, clock: Clock, database: Database
) -> None:
    first, second = (add(store, "slow", "relax") for _ in range(2))
    wait(store, clock, 400)
    quick = add(store, "quick", "turbo")
    moves.move(database, "slow", second, "first")
    assert store.waiting() == (second, quick, first)


def test_a_job_put_back_keeps_its_promotion(store: JobStore, clock: Clock) -> None:
    slow = add(store, "slow", "relax")
    wait(store, clock, 400)
    add(store, "quick", "turbo")
    for _ in range(2):
        job = store.claim()
        assert job is not None
        assert job.id == slow
        store.release(job.id)
    assert store.waiting()[0] == slow
