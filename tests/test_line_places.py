"""The position and the time that every waiting job is told."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fooocus_lite.archive import places
from fooocus_lite.archive.database import Database, open_database
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.archive.places import Place
from fooocus_lite.events import Picture
from fooocus_lite.recipe import ImageRequest, Recipe

RECIPE = Recipe(
    model="starter", family="sdxl", prompt="a red fox", num_inference_steps=4, guidance_scale=5,
    scheduler="euler", width=256, height=256, seed=1, request=ImageRequest(prompt="a red fox"),
)  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "archive.sqlite")
    yield database
    database.close()


@pytest.fixture
def store(database: Database, tmp_path: Path) -> JobStore:
    return JobStore(database, tmp_path, 10_000, 10_000)


def add(
    store: JobStore, owner: str = "anna", pictures: int = 1, picture_s: float | None = None
) -> str:
    recipes = [RECIPE] * pictures
    return store.add(owner, RECIPE.request, recipes, picture_s=picture_s).id


def make(store: JobStore, job_id: str, index: int, cook_s: float) -> None:
    """Records a picture that took so long."""
    path = Path(f"/{job_id}-{index}.png")
    picture = Picture(
        f"{job_id}-{index}", job_id, index, "anna", path, RECIPE, time.time(), 256, 256
    )
    store.add_picture(picture, cook_s)


def test_before_any_picture_only_the_first_knows_when_it_begins(store: JobStore) -> None:
    first, second = add(store), add(store)
    assert store.place(first) == Place(1, 0.0)
    assert store.place(second) == Place(2, None)
    assert store.place("nobody") is None


def test_what_goes_before_is_counted_by_each_jobs_own_forecast(store: JobStore) -> None:
    waiting = [add(store, "anna", 2, 3.0), add(store, "bert", 3, 10.0), add(store, "carl", 4, 1.0)]
    assert [store.place(each) for each in waiting] == [
        Place(1, 0.0),
        Place(2, 6.0),
        Place(3, 36.0),
    ]


def test_a_job_without_a_forecast_counts_as_the_usual_picture(store: JobStore) -> None:
    done = add(store, pictures=3)
    store.claim()
    for index, cook_s in enumerate((1.0, 5.0, 30.0)):
        make(store, done, index, cook_s)
    store.finish(done, "completed")
    unknown, last = add(store, "bert", 2), add(store, "carl", 4)
    assert store.place(unknown) == Place(1, 0.0)
    assert store.place(last) == Place(2, 10.0)


def test_the_job_being_made_counts_by_what_is_left_of_it(store: JobStore) -> None:
    made, waiting = add(store, "anna", 4, 20.0), add(store, "bert")
    store.claim(only={made})
    assert store.place(waiting) == Place(1, 80.0)
    store.heartbeat(made, 0, 0, 10, None)
    store.heartbeat(made, 0, 5, 10, None)
    assert store.place(waiting) == Place(1, 70.0)
    store.heartbeat(made, 0, 5, 10, 1.0)
    assert store.place(waiting) == Place(1, 35.0)
    make(store, made, 0, 10.0)
    assert store.place(waiting) == Place(1, 30.0)
    store.mark_skipped(made, 1)
    store.mark_skipped(made, 2)
    store.mark_skipped(made, 3)
    assert store.place(waiting) == Place(1, 0.0)


def test_places_follow_every_change_by_whichever_program(store: JobStore, tmp_path: Path) -> None:
    first, second, third = (add(store, picture_s=2.0) for _ in range(3))
    assert store.place(third) == Place(3, 4.0)
    elsewhere = open_database(tmp_path / "archive.sqlite")
    JobStore(elsewhere, tmp_path).request_stop(second)
    elsewhere.close()
    assert store.place(third) == Place(2, 2.0)
    store.request_stop(first)
    assert store.place(third) == Place(1, 0.0)
    store.claim()
    assert store.place(third) is None


def test_a_thousand_followers_cost_one_look_at_the_line(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [add(store, f"owner {number}", picture_s=1.0) for number in range(60)]
    looks = []
    whole = places._places
    monkeypatch.setattr(places, "_places", lambda database: looks.append(1) or whole(database))
    told = [store.place(job_id) for job_id in ids for _ in range(4)]
    assert [each.position for each in told[::4] if each] == list(range(1, 61))
    assert len(looks) == 1
    store.request_stop(ids[0])
    assert store.place(ids[1]) == Place(1, 0.0)
    assert len(looks) == 2
