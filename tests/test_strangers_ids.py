"""Another's id leads nowhere, on any address that takes one: also on those that are new."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from api_client import MINE, SHARED, YOURS, asked, awake, caller
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from fooocus_lite.studio import Studio
from fooocus_lite.ui.gate import Gate
from fooocus_lite.ui.routes import Routes

APIS = ("/api/v1", "/v1", "/sdapi/v1")
NOT_OWNED = {"name"}
"""What is the same for everybody: a style."""


class Address(NamedTuple):
    method: str
    path: str


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = awake(tmp_path_factory.mktemp("home"), **SHARED)
    yield studio
    studio.close()


@pytest.fixture(scope="module")
def mine(studio: Studio) -> dict[str, str]:
    """Ids of mine by the names that addresses give them."""
    me = caller(studio, MINE)
    job = me.post("/api/v1/generate?wait=true", json=asked()).json()
    drawn = me.get(job["results"][0]["image_url"]).content
    image = me.post("/api/v1/inputs", content=drawn).json()["id"]
    return {"job_id": job["id"], "picture_id": job["results"][0]["id"], "image": image}


@pytest.fixture(scope="module")
def theirs(studio: Studio) -> TestClient:
    """Somebody else's program."""
    return caller(studio, YOURS)


@pytest.fixture(scope="module")
def their_page(studio: Studio) -> TestClient:
    """Somebody else's browser, before the addresses of the page."""
    gate = Middleware(Gate, doorkeeper=studio.doorkeeper)
    app = Starlette(routes=Routes(studio, "test").all(), middleware=[gate])
    return TestClient(app, headers={"cookie": f"fooocus_lite_owner={YOURS}"})


def filled(path: str, ids: dict[str, str]) -> list[str]:
    """The path with my ids in it: the one of its name, or each where the name is a new one."""
    (name, *rest) = re.findall(r"{(\w+)}", path)
    assert not rest, f"{path} takes two ids; teach this test how to fill them"
    chosen = [ids[name]] if name in ids else ids.values()
    return [path.replace("{" + name + "}", each) for each in chosen]


def described(client: TestClient) -> Iterator[Address]:
    """Every operation of the APIs."""
    for api in APIS:
        for path, operations in client.get(f"{api}/openapi.json").json()["paths"].items():
            for method in operations:
                yield Address(method.upper(), api + path)


def test_there_is_nothing_of_mine_for_them_in_the_apis(studio, mine, theirs):
    tried = 0
    for method, path in described(theirs):
        for address in filled(path, mine) if "{" in path else ():
            tried += 1
            answer = theirs.request(method, address, json={})
            assert 400 <= answer.status_code < 500, (method, address, answer.text)
            assert MINE not in answer.text
            assert theirs.head(address).status_code in (404, 405)
    assert tried >= 8
    assert studio.jobs.view(mine["job_id"]).state == "completed"
    assert studio.gallery.picture(mine["picture_id"]).path.is_file()


def test_there_is_nothing_of_mine_for_them_on_the_page(studio, mine, their_page):
    tried = 0
    for route in Routes(studio, "test").all():
        names = set(route.param_convertors)
        if not names or names <= NOT_OWNED:
            continue
        for address in filled(route.path, mine):
            tried += 1
            assert their_page.get(address).status_code == 404, address
    assert tried >= 4


def test_no_list_has_anything_of_mine(studio, mine, theirs, their_page):
    """Every address without an id that only reads, and the history of the page."""
    words = [*mine.values(), MINE]
    for method, path in described(theirs):
        if method == "GET" and "{" not in path:
            text = theirs.get(path).text
            assert not [word for word in words if word in text], path
    assert json.loads(their_page.get("/history").text)["pictures"] == []
