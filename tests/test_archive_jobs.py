import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fooocus_lite.archive.database import Database, open_database
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.errors import BadRequest, NotFound
from fooocus_lite.events import JobError, Picture
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.visitor import PRIORITIES, Priority


def recipe_for(prompt: str = "a red fox", seed: int = 1) -> Recipe:
    return Recipe(
        model="starter",
        family="sdxl",
        prompt=prompt,
        num_inference_steps=4,
        guidance_scale=5,
        scheduler="euler",
        width=256,
        height=256,
        seed=seed,
        request=ImageRequest(prompt=prompt),
    )


RECIPE = recipe_for()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "state" / "archive.sqlite")
    yield database
    database.close()


@pytest.fixture
def store(database: Database, tmp_path: Path) -> JobStore:
    return JobStore(database, tmp_path / "outputs", line_limit=10_000, waiting_per_owner=1_000)


def add(
    store: JobStore, owner: str = "anna", pictures: int = 1, priority: Priority = "fast"
) -> str:
    recipes = [recipe_for(seed=seed) for seed in range(pictures)]
    return store.add(owner, RECIPE.request, recipes, priority).id


def position(store: JobStore, job_id: str) -> int:
    place = store.place(job_id)
    assert place is not None
    return place.position


def picture_of(store: JobStore, job_id: str, index: int, folder: Path) -> Picture:
    return Picture(
        id=f"{job_id}-{index}",
        job_id=job_id,
        index=index,
        owner=store.get(job_id).owner,
        path=folder / f"{job_id}-{index}.png",
        recipe=RECIPE,
        created=time.time(),
        width=256,
        height=256,
    )


def claimed_owners(store: JobStore) -> list[str]:
    owners = []
    while job := store.claim():
        owners.append(job.owner)
        store.finish(job.id, "completed")
    return owners


def test_a_job_comes_back_as_it_was_given(store: JobStore) -> None:
    request = ImageRequest(prompt="“🦊” שועל <script>\nsecond line", seed=-1, count=2)
    job = store.add("anna", request, [recipe_for("a", 1), recipe_for("b", 2)], "turbo")
    assert store.get(job.id) == job
    assert (job.state, job.attempts, job.priority) == ("queued", 0, "turbo")
    assert len(job.id) == 32


def test_a_job_without_recipes_is_a_mistake_of_the_caller(store: JobStore) -> None:
    with pytest.raises(ValueError, match="at least one"):
        store.add("anna", RECIPE.request, [])


def test_an_accepted_job_is_there_for_another_program(store: JobStore, tmp_path: Path) -> None:
    job_id = add(store)
    other = open_database(tmp_path / "state" / "archive.sqlite")
    assert JobStore(other, tmp_path).get(job_id).id == job_id
    other.close()


def test_a_stranger_finds_no_job(store: JobStore) -> None:
    job_id = add(store, "anna")
    assert store.get(job_id, owner="anna").id == job_id
    for name, owner in ((job_id, "bert"), ("nonsense", None)):
        with pytest.raises(NotFound, match="no job"):
            store.get(name, owner)


def test_a_full_line_refuses_with_the_numbers(database: Database, tmp_path: Path) -> None:
    store = JobStore(database, tmp_path, line_limit=3, waiting_per_owner=2)
    first = add(store, "anna")
    add(store, "anna")
    with pytest.raises(BadRequest, match=r"2 jobs waiting; the limit is 2"):
        add(store, "anna")
    add(store, "bert")
    with pytest.raises(BadRequest, match=r"line is full: 3 jobs"):
        add(store, "carl")
    assert len(store.waiting()) == 3
    store.request_stop(first)
    add(store, "anna")


def test_twenty_owners_take_turns_whatever_order_they_came_in(store: JobStore) -> None:
    owners = [f"owner {number}" for number in range(20)] * 15
    random.Random(3).shuffle(owners)
    for owner in owners:
        add(store, owner)
    served = claimed_owners(store)
    assert len(served) == 300
    for start in range(0, 300, 20):
        assert len(set(served[start : start + 20])) == 20


def test_a_newcomer_does_not_wait_for_all_of_somebody_elses_jobs(store: JobStore) -> None:
    for _ in range(30):
        add(store, "greedy")
    for _ in range(10):
        store.finish(store.claim().id, "completed")  # type: ignore[union-attr]
    job_id = add(store, "newcomer")
    assert position(store, job_id) == 2
    assert claimed_owners(store)[:2] == ["greedy", "newcomer"]


def test_an_owner_who_was_alone_pays_nothing_back_later(store: JobStore) -> None:
    for _ in range(30):
        add(store, "early")
    claimed_owners(store)
    for owner in ("late", "early", "late", "early"):
        add(store, owner)
    assert (
        claimed_owners(store) == ["early", "late", "early", "late"] or claimed_owners(store) == []
    )


def test_many_pictures_weigh_more_than_one(store: JobStore) -> None:
    add(store, "big", pictures=10)
    add(store, "small")
    add(store, "small")
    assert claimed_owners(store) == ["small", "small", "big"]


def test_a_cancelled_job_costs_its_owner_nothing(store: JobStore) -> None:
    for _ in range(20):
        store.request_stop(add(store, "anna", pictures=8))
    add(store, "bert")
    add(store, "bert")
    job_id = add(store, "anna")
    assert position(store, job_id) == 2


def test_the_position_shown_is_the_order_served(store: JobStore) -> None:
    chance = random.Random(7)
    for _ in range(60):
        add(store, f"o{chance.randrange(6)}", chance.randint(1, 8), chance.choice(PRIORITIES))
    line = store.waiting()
    assert [position(store, job_id) for job_id in line] == list(range(1, 61))
    assert tuple(store.claim().id for _ in line) == line  # type: ignore[union-attr]
    assert store.place(line[0]) is None


def test_a_command_line_takes_only_its_own(store: JobStore) -> None:
    add(store, "anna")
    own = add(store, "local")
    assert store.claim(only=set()) is None
    assert store.claim(only={own}).id == own  # type: ignore[union-attr]
    assert store.claim(only={own}) is None
    assert len(store.waiting()) == 1


def test_two_threads_never_claim_the_same_job(store: JobStore) -> None:
    for _ in range(60):
        add(store)
    claimed: list[str] = []

    def work() -> None:
        while job := store.claim():
            claimed.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 60


def test_a_heartbeat_notes_progress_and_brings_wishes(store: JobStore) -> None:
    job_id = add(store, pictures=2)
    store.claim()
    wish = store.heartbeat(job_id, 0, 0, 4, stage="Loading the starter model")
    assert (wish.stop, wish.skip) == (False, False)
    assert (store.get(job_id).state, store.get(job_id).stage) == (
        "loading",
        "Loading the starter model",
    )
    store.heartbeat(job_id, 0, 1, 4, 0.25)
    job = store.get(job_id)
    assert (job.state, job.stage, job.picture_index, job.step) == ("running", None, 0, 1)
    assert (job.total_steps, job.seconds_per_step) == (4, 0.25)
    store.request_skip(job_id, 0)
    assert store.heartbeat(job_id, 0, 2, 4).skip
    store.mark_skipped(job_id, 0)
    assert not store.heartbeat(job_id, 1, 0, 4).skip
    store.request_stop(job_id)
    assert store.heartbeat(job_id, 1, 1, 4).stop


def test_a_job_that_is_no_longer_the_lanes_answers_with_stop(store: JobStore) -> None:
    job_id = add(store)
    store.claim()
    store.finish(job_id, "failed", JobError("failed", "why"))
    assert store.heartbeat(job_id, 0, 1, 4).stop
    assert store.get(job_id).state == "failed"


def test_a_job_ends_once(store: JobStore) -> None:
    job_id = add(store)
    store.claim()
    error = JobError("out_of_memory", "Too large: 4096×4096 “🦊”.", "width")
    assert store.finish(job_id, "failed", error)
    assert not store.finish(job_id, "completed")
    store.request_stop(job_id)
    job = store.get(job_id)
    assert (job.state, job.error, job.is_final, job.stop_requested) == (
        "failed",
        error,
        True,
        False,
    )
    with pytest.raises(ValueError, match="no final state"):
        store.finish(job_id, "running")


def test_the_next_picture_is_the_first_missing_one(store: JobStore, tmp_path: Path) -> None:
    job_id = add(store, pictures=4)
    store.claim()
    store.add_picture(picture_of(store, job_id, 0, tmp_path))
    store.mark_skipped(job_id, 1)
    assert store.next_index(job_id) == 2
    store.add_picture(picture_of(store, job_id, 2, tmp_path))
    store.mark_skipped(job_id, 3)
    assert store.next_index(job_id) is None
    assert store.get(job_id).skipped == (1, 3)
    assert [each.index for each in store.pictures_of(job_id)] == [0, 2]


def test_the_same_picture_twice_is_recorded_once(store: JobStore, tmp_path: Path) -> None:
    job_id = add(store, pictures=2)
    picture = picture_of(store, job_id, 0, tmp_path)
    store.add_picture(picture)
    store.add_picture(picture)
    assert store.pictures_of(job_id) == (picture,)
    assert store.next_index(job_id) == 1


def test_a_completed_recipe_replaces_the_planned_one(store: JobStore) -> None:
    job_id = add(store, pictures=2)
    full = recipe_for().model_copy(update={"model_hashes": {"unet.safetensors": "ab" * 32}})
    store.set_recipe(job_id, 1, full)
    assert store.get(job_id).recipes == (recipe_for(seed=0), full)


def test_a_waiting_job_is_cancelled_at_once(store: JobStore) -> None:
    job_id = add(store)
    store.request_stop(job_id)
    assert store.get(job_id).state == "cancelled"
    assert store.claim() is None


def test_active_lists_the_running_job_first(store: JobStore) -> None:
    first, second, third = (add(store) for _ in range(3))
    add(store, "bert")
    store.claim(only={second})
    assert store.active("anna") == (second, first, third)
    store.finish(second, "completed")
    assert store.active("anna") == (first, third)


def test_a_clean_stop_counts_no_try_and_keeps_the_place(store: JobStore) -> None:
    first = add(store)
    add(store)
    for _ in range(5):
        job = store.claim()
        assert job is not None
        assert (job.id, job.attempts) == (first, 1)
        store.release(job.id)
    assert store.get(first).attempts == 0


def test_a_released_job_that_should_stop_is_cancelled(store: JobStore) -> None:
    job_id = add(store)
    store.claim()
    store.request_stop(job_id)
    store.release(job_id)
    assert store.get(job_id).state == "cancelled"


def test_recovery_tries_three_times_in_all(store: JobStore) -> None:
    job_id = add(store)
    for attempt in (1, 2):
        assert store.claim().attempts == attempt  # type: ignore[union-attr]
        assert store.recover().queued == (job_id,)
        assert store.get(job_id).state == "queued"
    store.claim()
    assert store.recover().failed == (job_id,)
    job = store.get(job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert "3 times" in job.error.message
    assert store.recover().failed == ()


def test_recovery_does_what_was_about_to_happen(store: JobStore, tmp_path: Path) -> None:
    stopped, done, waiting = (add(store) for _ in range(3))
    store.claim(only={stopped})
    store.claim(only={done})
    store.request_stop(stopped)
    store.add_picture(picture_of(store, done, 0, tmp_path))
    found = store.recover()
    assert (found.cancelled, found.completed, found.queued) == ((stopped,), (done,), ())
    assert store.get(waiting).state == "queued"


def test_a_job_made_again_counts_its_tries_and_has_no_more_than_three(store: JobStore) -> None:
    job_id = add(store)
    assert store.try_again(job_id) is None
    store.claim()
    assert [store.try_again(job_id) for _ in range(3)] == [2, 3, None]
    assert store.get(job_id).attempts == 3


def test_a_picture_saved_but_not_written_down_is_found_by_the_next_start(
    store: JobStore, tmp_path: Path
) -> None:
    job_id, other = add(store, pictures=3), add(store, "bert")
    store.claim(only={job_id})
    store.claim(only={other})
    paths = [tmp_path / "outputs" / f"{index}.png" for index in range(3)]
    store.expect_picture(job_id, 0, paths[0])
    store.add_picture(picture_of(store, job_id, 0, tmp_path))
    for index in (1, 2):
        store.expect_picture(job_id, index, paths[index])
    paths[1].parent.mkdir()
    paths[1].write_bytes(b"a whole picture")
    store.release(other)
    assert store.recover().queued == (job_id,)
    found = store.pictures_of(job_id)
    assert [(each.index, each.owner) for each in found] == [(0, "anna"), (1, "anna")]
    assert found[1].path == paths[1]
    assert store.next_index(job_id) == 2
    assert store.recover().queued == ()
    assert len(store.pictures_of(job_id)) == 2


def test_an_unreadable_job_fails_and_the_next_is_served_and_the_log_has_no_prompt(
    store: JobStore, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    broken, good = add(store), add(store)
    recipe = '{"version": 9, "prompt": "a secret garden"}'
    database.connection().execute(
        "UPDATE recipes SET recipe = ? WHERE job_id = ?", (recipe, broken)
    )
    assert store.claim().id == good  # type: ignore[union-attr]
    row = database.connection().execute("SELECT state FROM jobs WHERE id = ?", (broken,)).fetchone()
    assert row["state"] == "failed"
    assert broken in caplog.text
    assert "secret" not in caplog.text


def test_a_failed_transaction_leaves_nothing(store: JobStore, database: Database) -> None:
    twice = [("a", "b"), ("a", "b")]
    with pytest.raises(sqlite3.IntegrityError), database.transaction(durable=True) as connection:
        connection.executemany("INSERT INTO requests VALUES (?, ?)", twice)
    (count,) = database.connection().execute("SELECT count(*) FROM requests").fetchone()
    assert count == 0
    (level,) = database.connection().execute("PRAGMA synchronous").fetchone()
    assert level == 1
