"""Our own API: models that are downloaded while pictures are made, for the host alone."""

import pytest
from api_client import MINE, SHARED, asleep, caller
from local_hub import LocalHub

API = "/api/v1/models/downloads"
NAME = "somebody/tiny"
TIMEOUT_S = 120


@pytest.fixture
def hub(tiny_model):
    with LocalHub() as opened:
        opened.add_repo(NAME, tiny_model)
        yield opened


@pytest.fixture
def studio(home, hub):
    opened = asleep(home, hub_endpoint=hub.endpoint)
    yield opened
    opened.close()


def settle(studio):
    worker = studio.model_store().downloads._worker
    if worker is not None:
        worker.join(TIMEOUT_S)


def test_a_download_is_begun_and_followed_to_its_end(studio):
    client = caller(studio)
    assert client.get(API).json() == []
    answer = client.post(API, json={"name": NAME})
    assert answer.status_code == 202
    assert answer.json()["state"] in ("waiting", "running")
    settle(studio)
    (done,) = client.get(API).json()
    assert (done["name"], done["state"], done["message"]) == (NAME, "done", "")
    assert 0 < done["done_bytes"] == done["total_bytes"]
    assert {"bytes_per_s", "eta_s", "file", "link"} <= done.keys()
    here = {each["name"]: each["is_here"] for each in client.get("/api/v1/models").json()}
    assert here[NAME]


def test_a_download_is_stopped(studio, hub):
    hub.fault("info", status=503)  # which is waited for
    client = caller(studio)
    client.post(API, json={"name": NAME})
    answer = client.post(f"{API}/cancel", json={"name": NAME})
    assert (answer.status_code, answer.json()["name"]) == (200, NAME)
    settle(studio)
    (stopped,) = client.get(API).json()
    assert stopped["state"] == "cancelled"


def test_a_failure_has_its_sentence_and_the_link_that_helps(studio, hub):
    hub.add_repo("somebody/gated", {"model_index.json": b"{}"}, gated=True)
    client = caller(studio)
    client.post(API, json={"name": "somebody/gated"})
    settle(studio)
    (failed,) = client.get(API).json()
    assert failed["state"] == "failed"
    assert "accept" in failed["message"]
    assert failed["link"] == f"{hub.endpoint}/somebody/gated"


@pytest.mark.parametrize(
    ("way", "body", "status"),
    [
        ("", {"name": "../../etc/passwd"}, 400),
        ("", {"name": "has spaces/in it"}, 400),
        ("", {"name": ""}, 422),
        ("", {"name": NAME, "to": "/etc"}, 422),
        ("/cancel", {"name": "nobody/nothing"}, 404),
    ],
)
def test_what_cannot_be_is_refused_in_words(studio, way, body, status):
    answer = caller(studio).post(API + way, json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("way", ["", "/cancel"])
def test_a_visitor_follows_and_changes_nothing(home, hub, way):
    studio = asleep(home, hub_endpoint=hub.endpoint, **SHARED)
    visitor = caller(studio, MINE, host="example.org")
    answer = visitor.post(API + way, json={"name": NAME})
    assert answer.status_code == 403
    assert visitor.get(API).json() == []
    assert not hub.asked(NAME)
    studio.close()
