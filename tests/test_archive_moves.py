"""An owner's own waiting jobs trade places; nobody else notices."""

import itertools
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_archive_jobs import RECIPE, recipe_for

from fooocus_lite.archive.database import Database, open_database
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.archive.line import WEIGHTS
from fooocus_lite.archive.moves import cancel_waiting, move, pictures_between
from fooocus_lite.errors import BadRequest, NotWaiting, TooMany


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "jobs.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database, tmp_path: Path) -> JobStore:
    return JobStore(database, tmp_path, waiting_per_owner=50)


def add(store: JobStore, owner: str = "anna", pictures: int = 1) -> str:
    recipes = [recipe_for(seed=seed) for seed in range(pictures)]
    return store.add(owner, RECIPE.request, recipes).id


def owners(store: JobStore) -> list[str]:
    return [store.get(job_id).owner for job_id in store.waiting()]


@pytest.mark.parametrize(
    ("moved", "where", "order"),
    [
        (2, {"to": "first"}, [2, 0, 1, 3]),
        (0, {"to": "first"}, [0, 1, 2, 3]),
        (1, {"to": "last"}, [0, 2, 3, 1]),
        (3, {"to": "up"}, [0, 1, 3, 2]),
        (0, {"to": "up"}, [0, 1, 2, 3]),
        (0, {"to": "down"}, [1, 0, 2, 3]),
        (3, {"to": "down"}, [0, 1, 2, 3]),
        (3, {"before": 1}, [0, 3, 1, 2]),
        (0, {"before": 3}, [1, 2, 0, 3]),
    ],
)
def test_a_job_goes_where_it_is_asked_to(database, store, moved, where, order):
    jobs = [add(store) for _ in range(4)]
    where = {key: jobs[value] if key == "before" else value for key, value in where.items()}
    move(database, "anna", jobs[moved], **where)
    assert list(store.waiting()) == [jobs[place] for place in order]


def test_moved_jobs_are_charged_as_if_they_had_been_asked_for_in_that_order(database, store):
    chance = random.Random(3)
    for _ in range(30):
        add(store, chance.choice(["anna", "ben", "cleo"]), chance.randint(1, 4))
    for _ in range(60):
        owner = chance.choice(["anna", "ben", "cleo"])
        before = turns(database)
        own = [each for each in store.waiting() if store.get(each).owner == owner]
        wish = {"before": chance.choice(own)} if chance.random() < 0.5 else {"to": "up"}
        moved = chance.choice([each for each in own if each != wish.get("before")])
        move(database, owner, moved, **wish)
        after = turns(database)
        now = [each for each in store.waiting() if each in own]
        assert all(after[each] >= before[old] for old, each in zip(own, now, strict=True))
        for one, next_one in itertools.pairwise(now):
            pictures = len(store.get(next_one).recipes)
            assert after[next_one] >= after[one] + pictures / WEIGHTS["fast"] - 1e-9
        assert all(after[each] == before[each] for each in before if each not in own)


def turns(database: Database) -> dict[str, float]:
    rows = database.connection().execute("SELECT id, turn FROM jobs")
    return {row["id"]: row["turn"] for row in rows}


def test_jobs_of_one_size_leave_every_position_as_it_was(database, store):
    for owner in ["anna", "ben", "anna", "cleo", "ben", "anna"]:
        add(store, owner)
    before, own = owners(store), [each for each in store.waiting() if is_annas(store, each)]
    move(database, "anna", own[2], to="first")
    move(database, "anna", own[0], to="last")
    assert owners(store) == before


def is_annas(store: JobStore, job_id: str) -> bool:
    return store.get(job_id).owner == "anna"


def test_a_large_job_is_not_had_for_the_price_of_a_small_one(database, store):
    small, large = add(store, pictures=1), add(store, pictures=32)
    bens = [add(store, "ben") for _ in range(3)]
    move(database, "anna", large, to="first")
    store.request_stop(small)
    assert list(store.waiting()) == [*bens, large]
    assert add(store, "ben") in store.waiting()[:4]


def test_newcomers_wait_no_longer_after_a_move(database, store):
    jobs = [add(store, pictures=4) for _ in range(3)]
    begun = store.claim()
    store.release(begun.id)
    move(database, "anna", begun.id, to="last")
    ben = add(store, "ben")
    assert list(store.waiting()) == [jobs[1], ben, jobs[2], jobs[0]]


def test_the_lane_takes_them_in_the_new_order(database, store):
    first, second, third = (add(store) for _ in range(3))
    move(database, "anna", third, to="first")
    move(database, "anna", first, to="last")
    assert [store.claim().id for _ in range(3)] == [third, second, first]


def test_a_job_that_has_begun_keeps_its_place_and_says_so(database, store):
    begun, waiting, last = (add(store) for _ in range(3))
    store.claim()
    with pytest.raises(NotWaiting, match="does not wait any more"):
        move(database, "anna", begun, to="last")
    with pytest.raises(NotWaiting, match="does not wait any more"):
        move(database, "anna", last, before=begun)
    assert list(store.waiting()) == [waiting, last]


def test_another_owners_job_cannot_be_moved_nor_moved_before(database, store):
    mine, yours = add(store), add(store, "ben")
    with pytest.raises(NotWaiting):
        move(database, "anna", yours, to="first")
    with pytest.raises(NotWaiting):
        move(database, "anna", mine, before=yours)
    with pytest.raises(BadRequest, match="before itself"):
        move(database, "anna", mine, before=mine)


def test_moves_of_many_threads_lose_and_double_no_job(database, store):
    jobs = [add(store, owner) for _ in range(4) for owner in ("anna", "ben")]

    def shuffle(owner: str, seed: int) -> None:
        own = jobs[0::2] if owner == "anna" else jobs[1::2]
        chance = random.Random(seed)
        for _ in range(20):
            move(database, owner, chance.choice(own), to=chance.choice(["first", "down"]))

    asking = [
        threading.Thread(target=shuffle, args=(owner, seed))
        for owner in ("anna", "ben")
        for seed in (1, 2)
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert sorted(store.waiting()) == sorted(jobs)
    assert owners(store) == ["anna", "ben"] * 4


def test_cancelling_all_leaves_what_has_begun_and_other_people(database, store):
    add(store), add(store)
    begun = store.claim().id
    add(store)
    other = add(store, "ben")
    assert cancel_waiting(database, "anna") == 2
    assert store.active(None) == (begun, other)
    assert cancel_waiting(database, "anna") == 0


def test_pictures_of_others_are_counted_where_they_stand(database, store):
    begun = add(store, "ben", pictures=3)
    store.claim()
    first = add(store, pictures=2)
    add(store, "cleo")
    add(store, "ben")
    second = add(store)
    order = store.active(None)
    expected = {first: 0, second: 0}
    waiting, last = 3, None
    for job_id in order[1:]:
        if job_id in expected:
            expected[job_id], waiting, last = waiting, 0, job_id
        else:
            waiting += 1
    assert pictures_between(database, "anna") == expected
    assert expected[first] >= 3
    assert pictures_between(database, "ben")[begun] == 0
    assert last is not None


def test_one_transaction_inside_another_is_a_part_of_it(database, tmp_path):
    store = JobStore(database, tmp_path, waiting_per_owner=2)

    def add_three() -> None:
        with database.transaction(durable=True):
            for _ in range(3):
                add(store)

    with pytest.raises(TooMany):
        add_three()
    assert store.waiting() == ()
    add(store)
    assert len(store.waiting()) == 1
