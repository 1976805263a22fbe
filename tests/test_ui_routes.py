"""Pictures, thumbnails, history and the sign of life, each only for its owner."""

import io
import re
import time
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from ui_fake import FakeStudio

from fooocus_lite.events import Picture
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import Settings
from fooocus_lite.thinking.link import from_file, from_link
from fooocus_lite.ui.owner import COOKIE
from fooocus_lite.ui.routes import Routes, download_name

MINE, YOURS = "1" * 32, "2" * 32
HOSTILE = "<script>alert(1)</script> “quotes” \n שלום"


@pytest.fixture
def studio(home: Path) -> FakeStudio:
    settings = Settings(home=home, output_path=home / "outputs")
    return FakeStudio(settings, step_s=0.0, steps=1)


def visitor(studio: FakeStudio, owner: str | None) -> TestClient:
    headers = {"cookie": f"{COOKIE}={owner}"} if owner else {}
    return TestClient(Starlette(routes=Routes(studio, "run-1").all()), headers=headers)


def make(studio: FakeStudio, prompt: str = "a hill", count: int = 1) -> list[Picture]:
    job = studio.orders.start(ImageRequest(prompt=prompt, count=count), MINE)
    deadline = time.monotonic() + 120
    while not studio.jobs.view(job, MINE).is_final and time.monotonic() < deadline:
        time.sleep(0.005)
    return list(studio.jobs.view(job, MINE).pictures)


def test_the_owner_gets_the_picture_and_may_keep_it(studio):
    (picture,) = make(studio)
    answer = visitor(studio, MINE).get(f"/pictures/{picture.id}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert "private" in answer.headers["cache-control"]
    assert "content-disposition" not in answer.headers
    assert Image.open(io.BytesIO(answer.content)).size == (256, 256)
    kept = visitor(studio, MINE).get(f"/pictures/{picture.id}?download=1")
    assert kept.headers["content-disposition"] == 'attachment; filename="0001-1000.png"'


def test_the_recipe_of_a_picture_leaves_as_a_link_and_as_a_file(studio):
    (picture,) = make(studio, HOSTILE)
    client = visitor(studio, MINE)
    shared = from_link(client.get(f"/pictures/{picture.id}/link").json()["link"])
    assert shared.recipe == picture.recipe
    assert shared.fingerprint is not None
    answer = client.get(f"/pictures/{picture.id}/recipe")
    assert answer.headers["content-disposition"] == 'attachment; filename="recipe-1000.json"'
    assert from_file(answer.text) == shared
    assert MINE not in answer.text


@pytest.mark.parametrize("owner", [YOURS, None, "not-a-token"])
@pytest.mark.parametrize("end", ["", "/thumbnail", "/link", "/recipe", "?download=1"])
def test_for_a_stranger_there_is_no_picture(studio, owner, end):
    (picture,) = make(studio)
    visitor(studio, MINE).get(f"/pictures/{picture.id}/thumbnail")
    answer = visitor(studio, owner).get(f"/pictures/{picture.id}{end}")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["0" * 32, "..%2f..%2fetc%2fpasswd", "A" * 32, "%00", "1" * 33])
def test_made_up_ids_find_nothing(studio, name):
    assert visitor(studio, MINE).get(f"/pictures/{name}").status_code == 404


def test_a_thumbnail_is_small_and_made_once(studio):
    (picture,) = make(studio)
    routes = Routes(studio, "run-1")
    client = TestClient(Starlette(routes=routes.all()), headers={"cookie": f"{COOKIE}={MINE}"})
    first = client.get(f"/pictures/{picture.id}/thumbnail")
    assert first.headers["content-type"] == "image/webp"
    assert max(Image.open(io.BytesIO(first.content)).size) <= 320
    studio._files.clear()
    assert client.get(f"/pictures/{picture.id}/thumbnail").content == first.content


def test_a_damaged_file_has_no_thumbnail(studio):
    (picture,) = make(studio)
    studio._files[picture.id] = b"no picture"
    assert visitor(studio, MINE).get(f"/pictures/{picture.id}/thumbnail").status_code == 404


def test_history_goes_on_where_it_ended_and_can_be_searched(studio):
    make(studio, "a hill", count=32)
    make(studio, "a lake", count=12)
    client = visitor(studio, MINE)
    first = client.get("/history").json()
    assert len(first["pictures"]) == 40
    assert first["has_more"]
    rest = client.get("/history", params={"before": first["pictures"][-1]["created"]}).json()
    assert len(rest["pictures"]) == 4
    assert not rest["has_more"]
    assert len(client.get("/history?search=LAKE").json()["pictures"]) == 12
    assert client.get("/history?before=soon").status_code == 200
    assert visitor(studio, YOURS).get("/history").json()["pictures"] == []
    assert visitor(studio, None).get("/history").status_code == 404


def test_what_people_typed_travels_as_json_not_as_html(studio):
    make(studio, HOSTILE)
    answer = visitor(studio, MINE).get("/history")
    assert answer.headers["content-type"] == "application/json"
    (card,) = answer.json()["pictures"]
    assert card["prompt"] == HOSTILE
    assert card["seed"] == "1000"


def test_alive_tells_runs_apart_and_who_is_busy(studio):
    answer = visitor(studio, MINE).get("/alive").json()
    assert answer == {
        "instance": "run-1",
        "is_busy": False,
        "is_ready": True,
        "is_settled": True,
        "status": studio.status(),
        "notices": [],
    }
    studio.step_s = 0.2
    studio.orders.start(ImageRequest(prompt="a hill"), MINE)
    assert visitor(studio, MINE).get("/alive").json()["is_busy"]
    assert not visitor(studio, YOURS).get("/alive").json()["is_busy"]


def test_style_cards_show_a_thumbnail_only_when_there_is_one(studio, home):
    client = visitor(studio, MINE)
    assert client.get("/styles/Brass/thumbnail").status_code == 404
    assert client.get("/styles/No%20Such/thumbnail").status_code == 404
    folder = home / "styles" / "thumbnails"
    folder.mkdir(parents=True)
    assert "Brass" not in client.get("/styles/pictures").json()
    Image.new("RGB", (8, 8)).save(folder / "brass.webp")
    assert client.get("/styles/pictures").json()["Brass"] > 0
    answer = client.get("/styles/Brass/thumbnail")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("0007-123.png", "0007-123.png"),
        ('a "b"\r\nX: y.png', "a-b-X-y.png"),
        ("прив ет.webp", None),
    ],
)
def test_download_names_are_safe_anywhere(studio, name, wanted):
    (picture,) = make(studio)
    shown = download_name(Picture(**{**vars(picture), "path": Path("/x") / name}))
    assert re.fullmatch(r"[A-Za-z0-9._-]+", shown)
    assert wanted is None or shown == wanted
