"""Every address is closed until somebody is known, and each request says truly whose it is."""

import asyncio
import base64

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from fooocus_lite.archive.audit import Audit
from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.sessions import Sessions
from fooocus_lite.reception.doorkeeper import Doorkeeper
from fooocus_lite.settings import Settings
from fooocus_lite.ui.gate import CLOSED, OPEN, SESSION, Gate
from fooocus_lite.ui.owner import COOKIE, OwnerCookie, find_owner
from fooocus_lite.visitor import visitor_of

TOKEN = "0123456789abcdef" * 2
PASSWORD = "correct horse"
HERE, THERE = ("127.0.0.1", 50_000), ("203.0.113.7", 50_000)
LOCAL_URL = "http://127.0.0.1:7865"


async def who(request: Request) -> JSONResponse:
    visitor = visitor_of(request)
    owner = find_owner(request.headers.get("cookie", ""))
    return JSONResponse({"owner": visitor.owner, "cookie": owner, "host": visitor.is_host})


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


class Place:
    """A program behind its gate; `visit` comes to it from somewhere."""

    def __init__(self, home, **given) -> None:
        settings = Settings(home=home, output_path=home / "outputs", **given)
        database = open_database(settings.state / "jobs.sqlite3")
        self.keeper = Doorkeeper(settings, Sessions(database), Audit(database))
        routes = [
            WebSocketRoute("/socket", socket),
            Route("/{path:path}", who, methods=["GET", "POST"]),
        ]
        self.app = OwnerCookie(Gate(Starlette(routes=routes), self.keeper))

    def visit(self, client=THERE, url=LOCAL_URL, **headers: str) -> TestClient:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return TestClient(
            self.app, client=client, base_url=url, headers=named, follow_redirects=False
        )

    def session(self, name: str) -> str:
        return f"{SESSION}={self.keeper.log_in(name, PASSWORD, HERE[0])}"


@pytest.fixture
def shared(home) -> Place:
    place = Place(home, listen="0.0.0.0")
    place.keeper.users.add("anna", PASSWORD)
    place.keeper.users.add("carl", PASSWORD, is_host=True)
    return place


GUARDED = (
    "/config", "/docs", "/history", "/pictures/1", "/gradio_api/queue/join", "/api/v1/generate",
    "/login/", "/LOGIN", "/login/x", "/loginx", "/api/v1/healthy", "/anything",
)  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_what_is_not_named_as_open_is_closed(shared, method):
    visit = shared.visit(client=HERE)
    for path in GUARDED:
        answer = visit.request(method, path)
        assert answer.status_code == 401, path
        assert answer.json()["error"]["code"] == "not_logged_in"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/account"])
def test_who_opens_the_page_is_led_to_the_login(shared, path):
    answer = shared.visit().get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert shared.visit().post(path).status_code == 401


@pytest.mark.parametrize("path", sorted(OPEN))
def test_the_few_open_addresses_answer_and_know_nobody(shared, path):
    assert shared.visit(cookie=f"{COOKIE}={TOKEN}").get(path).json()["owner"] == ""


def test_parts_of_gradio_that_nobody_needs_are_not_there(shared):
    visit = shared.visit(cookie=shared.session("anna"))
    for path in CLOSED:
        assert visit.get(path + "x").status_code == 404, path


def test_a_login_is_its_user_whatever_the_browser_claims(shared):
    claims = f"{COOKIE}=user:carl; {shared.session('anna')}; {COOKIE}={TOKEN}"
    answer = shared.visit(cookie=claims).get("/history").json()
    assert answer == {"owner": "user:anna", "cookie": "user:anna", "host": False}


@pytest.mark.parametrize("claimed", ["user:anna", "local", "user:", TOKEN])
def test_a_cookie_alone_is_nobody(shared, claimed):
    assert shared.visit(cookie=f"{COOKIE}={claimed}").get("/history").status_code == 401


def test_on_an_open_page_whoever_has_logged_in_is_known_and_nobody_else(home):
    place = Place(home, is_space=True, listen="0.0.0.0", host_password=PASSWORD)
    browser = f"{COOKIE}={TOKEN}"
    host = place.visit(cookie=f"{browser}; {place.session('host')}").get("/history").json()
    assert host == {"owner": "user:host", "cookie": "user:host", "host": True}
    for forged in ("", f"; {SESSION}=user:host", f"; {COOKIE}=user:host"):
        answer = place.visit(cookie=browser + forged).get("/history").json()
        assert (answer["owner"], answer["host"]) == (TOKEN, False)


def test_on_an_open_page_a_key_is_its_users_and_an_unknown_one_no_offence(home):
    place = Place(home, listen="0.0.0.0", open=True)
    place.keeper.users.add("carl", PASSWORD, is_host=True)
    key = place.keeper.users.add_key("carl", "numbers")
    known = place.visit(authorization=f"Bearer {key}").get("/api/v1/metrics").json()
    assert (known["owner"], known["host"]) == ("user:carl", True)
    for _ in range(7):  # clients of OpenAI send some key, whatever they are told
        answer = place.visit(authorization="Bearer none", cookie=f"{COOKIE}={TOKEN}").get("/x")
        assert (answer.json()["owner"], answer.json()["host"]) == (TOKEN, False)


@pytest.mark.parametrize("way_in", ["key", "login"])
def test_on_an_open_page_too_what_is_open_ends_with_the_login_or_key(home, way_in):
    place = Place(home, listen="0.0.0.0", open=True)
    users = place.keeper.users
    users.add("anna", PASSWORD)
    headers = {
        "key": {"authorization": f"Bearer {users.add_key('anna', 'script')}"},
        "login": {"cookie": place.session("anna")},
    }[way_in]

    async def stream(_scope, _receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        users.remove("anna")
        await asyncio.sleep(60)

    place.app.app = Gate(stream, place.keeper, ask_every_s=0.01)
    assert place.visit(**headers).get("/x").content == b""


def test_without_logins_a_browser_cannot_claim_a_users_name(home):
    place = Place(home, listen="0.0.0.0", open=True)
    answer = place.visit(cookie=f"{COOKIE}=user:anna").get("/history").json()
    assert (answer["owner"], answer["cookie"]) == ("", None)
    assert place.visit(cookie=f"{COOKIE}={TOKEN}").get("/history").json()["owner"] == TOKEN


def test_keys_come_as_bearer_or_as_the_password_of_basic(shared):
    key = shared.keeper.users.add_key("anna", "script")
    basic = base64.b64encode(f"whoever:{key}".encode()).decode()
    for authorization in (f"Bearer {key}", f"bearer  {key}", f"Basic {basic}"):
        answer = shared.visit(authorization=authorization).get("/api/v1/queue")
        assert answer.json()["owner"] == "user:anna"


@pytest.mark.parametrize("authorization", ["Bearer x", "Basic x", "Basic eDp5", f"Bearer {TOKEN}"])
def test_a_wrong_key_is_refused_even_beside_a_good_login(shared, authorization):
    visit = shared.visit(authorization=authorization, cookie=shared.session("anna"))
    assert visit.get("/api/v1/queue").status_code == 401


def test_guessing_keys_is_answered_with_how_long_to_wait(shared):
    visit = shared.visit(authorization="Bearer x")
    statuses = [visit.get("/api/v1/queue").status_code for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert int(visit.get("/api/v1/queue").headers["retry-after"]) >= 1


def test_a_websocket_needs_a_login_too(shared):
    with pytest.raises(WebSocketDisconnect), shared.visit().websocket_connect("/socket"):
        pass
    with shared.visit(cookie=shared.session("anna")).websocket_connect("/socket"):
        pass


def test_when_sharing_is_stopped_only_the_host_comes_in(shared):
    shared.keeper.stop_sharing()
    key = shared.keeper.users.add_key("anna", "script")
    answer = shared.visit(authorization=f"Bearer {key}").get("/history")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
    assert shared.visit(cookie=shared.session("carl")).get("/history").status_code == 200


def test_a_damaged_users_file_lets_nobody_in(shared):
    cookie = shared.session("anna")
    shared.keeper.users.path.write_text("{", encoding="utf-8")
    answer = shared.visit(cookie=cookie).get("/history")
    assert answer.status_code == 503
    assert "cannot be used" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("client", "url", "headers", "is_host"),
    [
        (HERE, LOCAL_URL, {}, True),
        (("::1", 1), "http://localhost:7865", {}, True),
        (THERE, LOCAL_URL, {}, False),
        (HERE, "https://abc.gradio.live", {}, False),
        (HERE, LOCAL_URL, {"x_forwarded_for": "127.0.0.1"}, False),
        (HERE, LOCAL_URL, {"forwarded": "for=127.0.0.1"}, False),
        (HERE, LOCAL_URL, {"via": "1.1 proxy"}, False),
    ],
)
def test_the_host_sits_at_this_machine(home, client, url, headers, is_host):
    place = Place(home, listen="0.0.0.0", open=True)
    answer = place.visit(client, url, cookie=f"{COOKIE}={TOKEN}", **headers).get("/history")
    assert answer.json()["host"] is is_host


def test_behind_a_known_proxy_nobody_on_the_page_is_the_host(home):
    place = Place(home, open=True, share=True, trusted_proxies="127.0.0.1")
    assert not place.visit(HERE, cookie=f"{COOKIE}={TOKEN}").get("/history").json()["host"]


def test_alone_on_localhost_a_script_needs_no_cookie(home):
    answer = Place(home).visit(HERE).get("/history").json()
    assert answer == {"owner": "local", "cookie": None, "host": True}


def test_who_comes_in_beside_the_gate_is_a_defect_not_a_visitor():
    app = Starlette(routes=[Route("/", who)])
    with pytest.raises(RuntimeError, match="beside the gate"):
        TestClient(app).get("/")
