"""Pictures by HTTP: only one's own, in any format, smaller, and deleted for good."""

import io

import pytest
from api_client import MINE, SHARED, YOURS, asked, awake, caller
from PIL import Image

API = "/api/v1"


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    opened = awake(tmp_path_factory.mktemp("home"), **SHARED)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def pictures(studio):
    """Three of mine, the newest last."""
    answer = caller(studio, MINE).post(f"{API}/generate?wait=true", json=asked("a barn", count=3))
    return answer.json()["results"]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_picture_comes_in_the_format_asked_with_its_recipe_inside(studio, pictures, kind):
    address = f"{API}/outputs/{pictures[0]['id']}"
    answer = caller(studio, MINE).get(address, params={"format": kind})
    assert answer.headers["content-type"] == f"image/{kind}"
    assert "private" in answer.headers["cache-control"]
    assert Image.open(io.BytesIO(answer.content)).format == kind.upper()
    found = studio.gallery.inspect(answer.content)
    assert found.recipe.model_dump(mode="json") == pictures[0]["metadata"]
    assert found.made_with is not None


def test_a_format_that_is_none_is_refused_with_those_there_are(studio, pictures):
    answer = caller(studio, MINE).get(f"{API}/outputs/{pictures[0]['id']}?format=gif")
    assert answer.status_code == 422


def test_a_picture_saved_without_its_recipe_stays_without(studio):
    body = asked(save_metadata=False)
    job = caller(studio, MINE).post(f"{API}/generate?wait=true", json=body).json()
    address = f"{API}/outputs/{job['results'][0]['id']}?format=webp"
    assert studio.gallery.inspect(caller(studio, MINE).get(address).content).recipe is None


def test_a_thumbnail_is_a_small_webp(studio, pictures):
    answer = caller(studio, MINE).get(pictures[0]["thumbnail_url"])
    assert answer.headers["content-type"] == "image/webp"
    assert max(Image.open(io.BytesIO(answer.content)).size) <= 192


def test_history_is_searched_and_read_page_by_page(studio, pictures):
    client = caller(studio, MINE)
    first = client.get(f"{API}/history", params={"search": "BARN", "limit": 2}).json()
    assert [each["seed"] for each in first["results"]] == [3, 2]
    rest = client.get(
        f"{API}/history", params={"search": "barn", "limit": 2, "before": first["next"]}
    ).json()
    assert [each["seed"] for each in rest["results"]] == [1]
    assert rest["next"] is None
    assert client.get(f"{API}/history", params={"search": "no such word"}).json()["results"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "before=soon", "before=nan"])
def test_wrong_paging_is_refused(studio, query):
    assert caller(studio, MINE).get(f"{API}/history?{query}").status_code == 422


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("end", ["", "/thumbnail"])
def test_somebody_elses_picture_is_not_there(studio, pictures, method, end):
    address = f"{API}/outputs/{pictures[0]['id']}{end}"
    answer = caller(studio, YOURS).request(method, address)
    assert answer.status_code == (405 if (method, end) == ("DELETE", "/thumbnail") else 404)
    assert caller(studio, MINE).get(address).status_code == 200
    assert caller(studio, YOURS).get(f"{API}/history").json()["results"] == []


@pytest.mark.parametrize("name", ["0" * 32, "..%2f..%2fstate%2fjobs.sqlite3", "%00", "a" * 300])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_made_up_ids_find_nothing(studio, method, name):
    answer = caller(studio, MINE).request(method, f"{API}/outputs/{name}")
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("place", ["outputs", "history"])
def test_a_deleted_picture_is_gone_from_disk_and_history(studio, place):
    client = caller(studio, MINE)
    job = client.post(f"{API}/generate?wait=true", json=asked("one to delete")).json()
    picture_id = job["results"][0]["id"]
    path = studio.gallery.picture(picture_id).path
    assert client.delete(f"{API}/{place}/{picture_id}").json() == {"status": "ok"}
    assert not path.exists()
    assert client.get(f"{API}/outputs/{picture_id}").status_code == 404
    assert client.get(f"{API}/history", params={"search": "delete"}).json()["results"] == []
    assert client.delete(f"{API}/{place}/{picture_id}").status_code == 404
    assert client.get(f"{API}/generate/{job['id']}").json()["status"] == "completed"


def test_a_file_outside_the_outputs_folder_is_never_deleted(studio, tmp_path):
    client = caller(studio, MINE)
    job = client.post(f"{API}/generate?wait=true", json=asked("moved away")).json()
    picture_id = job["results"][0]["id"]
    path = studio.gallery.picture(picture_id).path
    outside = tmp_path / path.name
    path.rename(outside)
    path.symlink_to(outside)
    answer = client.delete(f"{API}/outputs/{picture_id}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert outside.exists()
