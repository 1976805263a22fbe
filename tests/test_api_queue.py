"""Our own API: another order of one's own waiting jobs, and the same once more."""

import pytest
from api_client import MINE, SHARED, YOURS, asked, asleep, caller

from fooocus_lite.recipe import ImageRequest

API = "/api/v1"


@pytest.fixture
def studio(home):
    return asleep(home)


def add(client, count: int = 3) -> list[str]:
    return [
        client.post(f"{API}/generate", json=asked(f"circle {place}")).json()["id"]
        for place in range(count)
    ]


def order(client) -> list[str]:
    return [job["id"] for job in client.get(f"{API}/queue").json()["jobs"]]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [({"to": "first"}, [2, 0, 1]), ({"before": 1}, [0, 2, 1]), ({"to": "up"}, [0, 2, 1])],
)
def test_a_waiting_job_is_moved(studio, wish, expected):
    client = caller(studio)
    jobs = add(client)
    wish = {name: jobs[value] if name == "before" else value for name, value in wish.items()}
    answer = client.post(f"{API}/generate/{jobs[2]}/move", json=wish)
    assert answer.status_code == 200
    assert answer.json()["position"] == expected.index(2) + 1
    assert order(client) == [jobs[place] for place in expected]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, 422),
        ({"to": "sideways"}, 422),
        ({"to": "first", "before": "x"}, 422),
        ({"to": "first", "extra": 1}, 422),
        ({"before": "x"}, 404),
    ],
)
def test_a_place_that_is_none_is_refused(studio, wish, status):
    client = caller(studio)
    (job,) = add(client, 1)
    answer = client.post(f"{API}/generate/{job}/move", json=wish)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_a_job_that_has_begun_stays_where_it_is(studio):
    client = caller(studio)
    begun, waiting = add(client, 2)
    studio._store.claim()
    for moved, wish in ((begun, {"to": "last"}), (waiting, {"before": begun})):
        answer = client.post(f"{API}/generate/{moved}/move", json=wish)
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "not_waiting"


def test_alone_on_this_computer_all_jobs_move_but_only_among_those_of_their_owner(studio):
    client = caller(studio)
    (mine,) = add(client, 1)
    pages = [studio.orders.start(ImageRequest(prompt="a fox"), YOURS) for _ in range(2)]
    answer = client.post(f"{API}/generate/{pages[1]}/move", json={"to": "first"})
    assert answer.status_code == 200
    assert studio.jobs.active(YOURS) == [pages[1], pages[0]]
    answer = client.post(f"{API}/generate/{mine}/move", json={"before": pages[0]})
    assert answer.status_code == 400
    assert "one owner" in answer.json()["error"]["message"]


def test_the_same_once_more_draws_a_random_seed_again_and_keeps_a_chosen_one(studio):
    client = caller(studio)
    for seed in (-1, 7):
        body = asked(seed=seed, count=2)
        first = client.post(f"{API}/generate", json=body).json()
        answer = client.post(f"{API}/generate/{first['id']}/duplicate")
        assert answer.status_code == 202
        again = answer.json()
        assert answer.headers["location"] == f"{API}/generate/{again['id']}"
        old, new = (studio.jobs.view(each["id"]) for each in (first, again))
        assert new.id != old.id
        assert new.recipes[0].request == old.recipes[0].request
        assert (new.recipes == old.recipes) is (seed == 7)


def test_the_same_sheet_once_more_has_the_same_styles(studio):
    request = caller(studio).post(f"{API}/generate", json=asked(seed=-1)).json()["id"]
    typed = studio.jobs.view(request).recipes[0].request
    sheet = studio.orders.start_sheet(typed, ["Watercolor", "Pixel Art"])
    again = studio.orders.duplicate(sheet)
    old, new = studio.jobs.view(sheet).recipes, studio.jobs.view(again).recipes
    assert [each.styles for each in new] == [each.styles for each in old]
    assert len({each.seed for each in new}) == 1
    assert new[0].seed != old[0].seed


def test_once_more_goes_through_the_same_limits(home):
    client = caller(asleep(home, waiting_per_owner=1))
    (job,) = add(client, 1)
    answer = client.post(f"{API}/generate/{job}/duplicate")
    assert answer.status_code == 429
    assert len(order(client)) == 1


@pytest.mark.parametrize("act", ["move", "duplicate"])
def test_a_strangers_job_is_not_there(home, act):
    studio = asleep(home, **SHARED)
    (mine,) = add(caller(studio, MINE), 1)
    (yours,) = add(caller(studio, YOURS), 1)
    body = {"json": {"to": "first"}} if act == "move" else {}
    answer = caller(studio, YOURS).post(f"{API}/generate/{mine}/{act}", **body)
    assert answer.status_code == 404
    before = caller(studio, YOURS).post(f"{API}/generate/{yours}/move", json={"before": mine})
    assert before.status_code == 404
    assert len(studio.jobs.active()) == 2
