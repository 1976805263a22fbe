"""Quotas, and what is written down about each job."""

import time
from collections.abc import Iterator

import pytest

from fooocus_lite.archive import audit
from fooocus_lite.archive.audit import Audit, Entry
from fooocus_lite.archive.database import Database, open_database
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.archive.terms import Terms
from fooocus_lite.errors import TooMany
from fooocus_lite.events import JobError
from fooocus_lite.recipe import ImageRequest, Recipe

REQUEST = ImageRequest(prompt="a secret garden")
RECIPE = Recipe(
    model="starter", family="sdxl", prompt=REQUEST.prompt, num_inference_steps=4, guidance_scale=5,
    scheduler="euler", width=256, height=256, seed=1, request=REQUEST,
)  # fmt: skip
NO = JobError("blocked", "Not here.", "prompt")


@pytest.fixture
def database(home) -> Iterator[Database]:
    database = open_database(home / "state" / "jobs.sqlite3")
    yield database
    database.close()


@pytest.fixture
def store(database, home) -> JobStore:
    return JobStore(database, home)


def ask(store: JobStore, pictures: int = 1, account: str = "user:anna", **given) -> str:
    terms = Terms(account, **given)
    return store.add(account, REQUEST, [RECIPE] * pictures, terms=terms).id


def test_the_hour_holds_so_many_pictures_and_says_when_there_are_more(store, database, monkeypatch):
    start = time.time()
    ask(store, 4, pictures_per_hour=10)
    monkeypatch.setattr(time, "time", lambda: start + 600)
    ask(store, 4, pictures_per_hour=10)
    assert Audit(database).pictures_this_hour("user:anna") == 8
    with pytest.raises(TooMany, match="10 pictures an hour and have 2 left") as refused:
        ask(store, 3, pictures_per_hour=10)
    assert refused.value.retry_after_s == pytest.approx(3_000, abs=30)
    ask(store, 2, pictures_per_hour=10)
    ask(store, 10, account="user:ben", pictures_per_hour=10)
    monkeypatch.setattr(time, "time", lambda: start + 3_700)
    ask(store, 4, pictures_per_hour=10)


def test_more_than_an_hour_holds_is_never_possible(store):
    with pytest.raises(TooMany, match="this asks for 11 at once") as refused:
        ask(store, 11, pictures_per_hour=10)
    assert refused.value.retry_after_s is None


def test_a_clock_set_back_locks_nobody_out(store, monkeypatch):
    start = time.time()
    monkeypatch.setattr(time, "time", lambda: start + 86_400)
    ask(store, 10, pictures_per_hour=10)
    monkeypatch.setattr(time, "time", lambda: start)
    assert ask(store, 10, pictures_per_hour=10)


def test_a_refused_job_is_blocked_with_its_reason_and_costs_nothing(store, database):
    job = store.get(ask(store, refused=NO, pictures_per_hour=1))
    assert (job.state, job.error) == ("blocked", NO)
    assert store.claim() is None
    ask(store, pictures_per_hour=1)
    assert [each.outcome for each in Audit(database).latest()] == ["queued", "blocked"]


def test_refused_jobs_are_bounded_by_the_hour_too_and_leave_it_whole(store):
    ask(store, 2, refused=NO, pictures_per_hour=3)
    with pytest.raises(TooMany):
        ask(store, 2, refused=NO, pictures_per_hour=3)
    ask(store, 3, pictures_per_hour=3)


def test_a_tier_may_have_fewer_jobs_waiting_than_the_line_allows(store):
    ask(store, waiting_jobs=1)
    with pytest.raises(TooMany, match="limit is 1"):
        ask(store, waiting_jobs=1)


def test_the_log_shows_how_a_job_ended_and_no_prompt(store, database):
    job_id = ask(store)
    store.request_stop(job_id)
    (entry,) = Audit(database).latest()
    assert (entry.who, entry.action, entry.outcome) == ("user:anna", "generate", "cancelled")
    assert entry.prompt is None
    ask(store, is_prompt_kept=True)
    assert Audit(database).latest()[0].prompt == REQUEST.prompt


def test_usage_is_counted_for_each_account(store, database):
    ask(store, 3)
    ask(store, 2)
    ask(store, 1, account="user:ben")
    ask(store, 9, account="user:ben", refused=NO)
    log = Audit(database)
    assert [(each.who, each.jobs, each.pictures) for each in log.usage()] == [
        ("user:anna", 2, 5),
        ("user:ben", 1, 1),
    ]
    assert [each.who for each in log.latest(who="user:ben")] == ["user:ben"] * 2


def test_old_lines_are_forgotten(database, monkeypatch):
    log = Audit(database)
    log.note(Entry("anna", "login", at=time.time() - audit.KEPT_S - 60))
    for _ in range(999):
        log.note(Entry("anna", "login"))
    assert len(log.latest(2_000)) == 999
