"""Two people on one shared program: nothing without a login, and nobody sees the other's."""

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from fooocus_lite.access.users import UsersFile
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from tests.browser.live_server import LiveServer
from tests.test_uploads import SD15, safetensors

PASSWORD = "correct horse"
REQUEST = ImageRequest(prompt="a fox", width=64, height=64, num_inference_steps=2, seed=1)
GETS = (
    "/config", "/theme.css", "/gradio_api/theme.css", "/gradio_api/info", "/gradio_api/app_id",
    "/gradio_api/openapi.json", "/gradio_api/queue/data?session_hash=x", "/gradio_api/queue/status",
    "/gradio_api/heartbeat/x", "/gradio_api/file=/etc/passwd", "/gradio_api/file/x",
    "/gradio_api/call/x/y", "/gradio_api/user",
    "/gradio_api/token", "/gradio_api/login_check", "/gradio_api/custom_component/x/y/z/style.css",
    "/gradio_api/stream/a/b/c/playlist.m3u8", "/svelte/x.js", "/assets/x.js", "/static/x.js",
    "/docs", "/redoc", "/openapi.json", "/manifest.json", "/pwa_icon", "/robots.txt",
    "/favicon.ico", "/alive", "/history", "/pictures/1", "/pictures/1/thumbnail",
    "/styles/pictures", "/models", "/models/downloads", "/api/v1/docs", "/api/v1/queue",
    "/api/v1/history", "/v1/models", "/sdapi/v1/options", "/nothing/there", "/%63onfig",
)  # fmt: skip
POSTS = (
    "/gradio_api/cancel", "/gradio_api/queue/join", "/gradio_api/reset",
    "/gradio_api/run/submit", "/gradio_api/api/submit", "/gradio_api/call/submit",
    "/gradio_api/component_server", "/gradio_api/stream/x", "/inspect", "/models/download",
    "/models/upload", "/account/log-out", "/account/stop-sharing", "/api/v1/generate",
    "/v1/images/generations", "/sdapi/v1/txt2img",
)  # fmt: skip

MODEL_ORDERS = (
    "download", "update", "cancel", "discard", "remove", "set-back", "sample", "look-up",
    "upload?name=x.safetensors",
)  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The program with two users, an hour of five pictures for one of them, and a host, carl."""
    home: Path = tmp_path_factory.mktemp("home")
    users = UsersFile(home / "users.json")
    users.add("anna", PASSWORD)
    users.add("ben", PASSWORD, "free")
    users.add("carl", PASSWORD, is_host=True)
    (home / "config.toml").write_text("[tiers.free]\npictures_per_hour = 5\n", encoding="utf-8")
    server = LiveServer(home, "--users", str(users.path))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server: LiveServer) -> Iterator[Callable[[str], httpx.Client]]:
    """Opens the door as somebody; "" is a stranger."""
    opened = []

    def come(name: str) -> httpx.Client:
        opened.append(httpx.Client(base_url=server.url, trust_env=False))
        if name:
            answer = opened[-1].post("/login", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303
        return opened[-1]

    yield come
    for each in opened:
        each.close()


@pytest.fixture(scope="module")
def made(server: LiveServer) -> str:
    """Id of a picture of anna's, made by the running program."""
    studio = Studio(load({"home": server.home, "users": server.home / "users.json"}))
    job = studio.orders.start(REQUEST, "user:anna")
    deadline = time.monotonic() + 180
    while not studio.jobs.view(job, "user:anna").is_final and time.monotonic() < deadline:
        time.sleep(0.05)
    (picture,) = studio.jobs.view(job, "user:anna").pictures
    return picture.id


def test_a_stranger_gets_the_login_page_and_nothing_else(client):
    stranger = client("")
    assert stranger.get("/").headers["location"] == "/login"
    assert 'type="password"' in stranger.get("/login").text
    for path in GETS:
        assert stranger.get(path).status_code == 401, path
    for path in POSTS:
        assert stranger.post(path, json={}).status_code == 401, path


def test_a_forged_cookie_opens_nothing(client):
    stranger = client("")
    for owner in ("user:anna", "local", "0" * 32):
        headers = {"cookie": f"fooocus_lite_owner={owner}; fooocus_lite_session={owner}"}
        for path in ("/history", "/config", "/alive"):
            assert stranger.get(path, headers=headers).status_code == 401


def test_everybody_sees_only_their_own_pictures(client, made):
    anna, ben = client("anna"), client("ben")
    assert [each["id"] for each in anna.get("/history").json()["pictures"]] == [made]
    assert ben.get("/history").json()["pictures"] == []
    session = ben.cookies["fooocus_lite_session"]
    forged = {"cookie": f"fooocus_lite_owner=user:anna; fooocus_lite_session={session}"}
    for part in ("", "/thumbnail", "/link", "/recipe"):
        assert anna.get(f"/pictures/{made}{part}").status_code == 200, part
        assert ben.get(f"/pictures/{made}{part}").status_code == 404, part
        assert ben.get(f"/pictures/{made}{part}", headers=forged).status_code == 404, part


def test_the_api_keeps_them_apart_and_counts_them_too(client, made):
    anna, ben = client("anna"), client("ben")
    assert anna.get(f"/api/v1/outputs/{made}").status_code == 200
    assert ben.get(f"/api/v1/outputs/{made}").status_code == 404
    assert ben.delete(f"/api/v1/outputs/{made}").status_code == 404
    asked = {"prompt": "a fox", "width": 64, "height": 64, "steps": 1, "batch_size": 4}
    job = ben.post("/api/v1/generate", json=asked).json()["id"]
    assert ben.get(f"/api/v1/generate/{job}").status_code == 200
    assert anna.get(f"/api/v1/generate/{job}").status_code == 404
    assert anna.post(f"/api/v1/generate/{job}/cancel").status_code == 404
    too_many = ben.post("/api/v1/generate", json=asked)
    assert too_many.status_code == 429
    assert int(too_many.headers["retry-after"]) > 3_000


def test_gradio_serves_no_picture_past_the_owner(client, server, made):
    paths = list((server.home / "outputs").rglob("*.png"))
    assert paths
    for name, path in itertools.product(("anna", "ben"), paths):
        visitor = client(name)
        for address in (f"/gradio_api/file={path}", f"/gradio_api/file/{path}"):
            assert visitor.get(address).status_code in (403, 404)


def press(client: httpx.Client, handler: str, **values: object) -> str:
    """What Gradio's own route says when a button of the page is pressed with these values."""
    config = client.get("/config").json()
    (event,) = (each for each in config["dependencies"] if each["api_name"] == handler)
    parts = {each["id"]: each["props"] for each in config["components"]}
    given = {parts[each].get("elem_id"): parts[each].get("value") for each in event["inputs"]}
    data = [values.get(name, value) for name, value in given.items()]
    order = {"fn_index": event["id"], "data": data, "session_hash": "x"}
    return client.post("/gradio_api/run/predict", json=order).text


def test_a_visitor_changes_nothing_on_the_host(client, server):
    visitor = client("anna")
    before = sorted((server.home / "models").rglob("*"))
    for order in MODEL_ORDERS:
        answer = visitor.post(f"/models/{order}", json={"name": "starter", "revision": "x"})
        assert answer.status_code == 403, order
    for path in ("/api/v1/models", "/api/v1/models/starter", "/api/v1/presets", "/v1/models"):
        assert visitor.post(path, json={}).status_code in (404, 405), path
        assert visitor.delete(path).status_code in (404, 405), path
    said = press(visitor, "save", **{"fl-preset-name": "Stolen"})
    assert "only by the host" in said
    assert not (server.home / "presets").exists()
    assert sorted((server.home / "models").rglob("*")) == before
    visitor.post("/account/stop-sharing")
    assert visitor.get("/history").status_code == 200


def test_a_visitor_is_shown_no_way_to_change_the_host_and_the_host_is(client):
    for name, is_host in (("anna", False), ("carl", True)):
        assert client(name).get("/models").json()["is_host"] is is_host
        assert f'"visible":{str(is_host).lower()}' in press(client(name), "refresh")


def test_a_host_uploads_removes_and_saves_on_a_shared_page_and_it_is_written_down(client, server):
    host = client("carl")
    data = safetensors(SD15)
    sent = host.post("/models/upload", params={"name": "dream.safetensors"}, content=data)
    assert sent.json()["text"] == "“dream” is here: checkpoint for Stable Diffusion 1.5."
    assert host.post("/models/remove", json={"name": "dream"}).status_code == 200
    assert "Saved as the preset" in press(host, "save", **{"fl-preset-name": "Ours"})
    assert [each.name for each in (server.home / "presets").iterdir()] == ["ours.json"]
    assert host.post("/models/remove", json={"name": "starter"}).status_code == 400
    studio = Studio(load({"home": server.home, "users": server.home / "users.json"}))
    lines = [(each.action, each.outcome) for each in studio.doorkeeper.audit.latest(who="carl")]
    assert lines[:4] == [
        ("remove", "bad_request"), ("save preset", "done"), ("remove", "done"), ("upload", "done"),
    ]  # fmt: skip


def test_orders_of_another_site_are_refused_even_with_a_login(client):
    anna = client("anna")
    evil = {"origin": "https://evil.example"}
    assert anna.post("/account/log-out-everywhere", headers=evil).status_code == 403
    assert anna.get("/history", headers=evil).status_code == 403
    assert anna.get("/history").status_code == 200


def test_no_other_site_may_read_under_any_name(client):
    """Gradio lets every site read, once it is called by a name that is not localhost."""
    evil = {"origin": "https://evil.example", "host": "studio.example"}
    asking = {**evil, "access-control-request-method": "POST"}
    for answer in (client("").get("/", headers=evil), client("").options("/", headers=asking)):
        assert "access-control-allow-origin" not in answer.headers


def test_when_sharing_ends_what_strangers_have_open_is_cut_off(client, server):
    settings = load({"home": server.home, "users": server.home / "users.json"})
    studio, anna, host = Studio(settings), client("anna"), client("carl")
    endless = REQUEST.model_copy(update={"num_inference_steps": 150, "count": 32})
    jobs = [studio.orders.start(endless, owner) for owner in ("user:anna", "user:carl")]
    hers, his = (f"/api/v1/generate/{job}/stream" for job in jobs)
    with anna.stream("GET", hers) as hers, host.stream("GET", his) as his:
        heard, hears = hers.iter_lines(), his.iter_lines()
        assert next(heard)
        assert next(hears)
        studio.doorkeeper.stop_sharing()
        assert "data: [DONE]" not in list(heard)
        for job in jobs:
            studio.orders.stop(job)
        assert "data: [DONE]" in list(hears)
    assert anna.get("/history").status_code == 401
    assert host.get("/history").status_code == 200
    studio.doorkeeper.start_sharing()


def test_a_login_survives_a_restart_and_ends_everywhere(client, server):
    one, two = client("anna"), client("anna")
    server.restart()
    assert one.get("/history").status_code == 200
    one.post("/account/log-out-everywhere")
    assert two.get("/history").status_code == 401


def test_a_key_is_taken_up_by_the_running_program_and_may_be_revoked(client, server):
    users = UsersFile(server.home / "users.json")
    key = users.add_key("ben", "script")
    stranger = client("")
    headers = {"authorization": f"Bearer {key}"}
    assert stranger.get("/history", headers=headers).status_code == 200
    users.remove_key("ben", "script")
    assert stranger.get("/history", headers=headers).status_code == 401


def test_a_thousand_wrong_logins_keep_nobody_else_waiting(client, server):
    anna, guesser = client("anna"), client("")
    statuses = [
        guesser.post("/login", data={"name": f"name{n}", "password": "x"}).status_code
        for n in range(1_000)
    ]
    assert anna.get("/history").status_code == 200
    server.restart()  # it has counted this address
    assert set(statuses) == {401, 429}
    assert statuses.count(401) < 20
