"""Other sites may neither give orders nor reach the page under a name of their own."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from fooocus_lite.settings import Settings
from fooocus_lite.ui.security import (
    LOCAL_HOSTS,
    MAX_ORDER_BYTES,
    OtherSites,
    PageBodies,
    SameOrigin,
    host_name,
)
from fooocus_lite.ui.server import known_hosts

SOCKET = "ws://127.0.0.1:7865/socket"


async def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.headers.get("x-forwarded-host", "done"))


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def client(is_local_only: bool = True, is_space: bool = False, **given: object) -> TestClient:
    methods = ["GET", "POST", "DELETE", "OPTIONS"]
    app = Starlette(routes=[Route("/", answer, methods=methods), WebSocketRoute("/socket", socket)])
    hosts = LOCAL_HOSTS if is_local_only else ()
    guarded = SameOrigin(app, **{"hosts": hosts, "is_space": is_space, **given})
    return TestClient(guarded, base_url="http://127.0.0.1:7865")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://127.0.0.1:7865"}, 200),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:7865.evil.example"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_orders_come_from_the_page_itself_or_from_no_browser(method, headers, status):
    assert client().request(method, "/", headers=headers).status_code == status


def test_a_link_from_another_site_may_open_the_page():
    assert client().get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:7865", 200),
        ("rebound.example", 400),
        ("rebound.example:7865", 400),
        ("127.0.0.1.evil.example", 400),
        ("[::1", 400),
        ("", 400),
    ],
)
def test_local_only_knows_its_own_names(host, status):
    assert client().get("/", headers={"host": host}).status_code == status


def test_when_others_are_let_in_any_host_goes_but_orders_must_match_it():
    visitor = client(is_local_only=False)
    host = {"host": "pictures.example"}
    assert visitor.get("/", headers=host).status_code == 200
    own = {**host, "origin": "https://pictures.example"}
    assert visitor.post("/", headers=own).status_code == 200
    other = {**host, "origin": "https://evil.example", "x-forwarded-host": "evil.example"}
    assert visitor.post("/", headers=other).status_code == 403


def test_a_space_knows_its_public_name_from_the_proxy():
    headers = {"origin": "https://me-space.hf.space", "x-forwarded-host": "me-space.hf.space"}
    assert client(False, is_space=True).post("/", headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_script_of_another_site_may_not_read_either(method):
    visitor = client(is_local_only=False)
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert visitor.request(method, "/", headers=headers).status_code == 403


def test_sites_that_the_setting_names_may_ask():
    visitor = client(origins=("https://studio.example",))
    headers = {"origin": "https://STUDIO.example", "sec-fetch-site": "cross-site"}
    assert visitor.post("/", headers=headers).status_code == 200
    headers["origin"] = "https://studio.example.evil.example"
    assert visitor.post("/", headers=headers).status_code == 403


def test_a_websocket_is_asked_the_same():
    visitor = client()
    with visitor.websocket_connect(SOCKET, headers={"origin": "http://127.0.0.1:7865"}):
        pass
    headers = {"origin": "https://evil.example"}
    with pytest.raises(WebSocketDisconnect), visitor.websocket_connect(SOCKET, headers=headers):
        pass


def test_a_forwarded_name_is_believed_from_a_known_proxy_only():
    headers = {"x-forwarded-host": "studio.example"}
    assert client().get("/", headers=headers).text == "done"
    assert client(is_proxied=True).get("/", headers=headers).text == "studio.example"
    orders = {**headers, "origin": "https://studio.example"}
    assert client().post("/", headers=orders).status_code == 403
    assert client(is_proxied=True).post("/", headers=orders).status_code == 200


@pytest.mark.parametrize(
    ("given", "hosts"),
    [
        ({}, LOCAL_HOSTS),
        ({"listen": "0.0.0.0"}, frozenset()),
        (
            {"listen": "10.0.0.7", "trusted_hosts": "a.example, b.example"},
            {*LOCAL_HOSTS, "10.0.0.7", "a.example", "b.example"},
        ),
    ],
)
def test_the_names_it_answers_to_follow_from_the_settings(home, given, hosts):
    assert known_hosts(Settings(home=home, output_path=home, **given)) == hosts


def test_every_answer_carries_the_safety_headers():
    headers = client().get("/").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["content-security-policy"] == "frame-ancestors 'self'"
    assert "content-security-policy" not in client(False, is_space=True).get("/").headers


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/api/v1/generate", {"code", "message", "field", "allowed"}),
        ("/v1/images/generations", {"code", "message", "field", "allowed", "param", "type"}),
        ("/sdapi/v1/txt2img", {"code", "message", "field", "allowed"}),
    ],
)
def test_a_program_is_refused_in_the_shape_of_its_api(path, shown):
    headers = {"origin": "https://evil.example"}
    refused = client().post(path, headers=headers)
    unknown = client().post(path, headers={"host": "elsewhere.example"})
    assert (refused.status_code, unknown.status_code) == (403, 400)
    for answer in (refused, unknown):
        assert set(answer.json()["error"]) == shown
        assert ("detail" in answer.json()) == path.startswith("/sdapi")


async def readable_by_all(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("done", headers={"access-control-allow-origin": "*"})


@pytest.mark.parametrize(
    ("origin", "allowed"), [("https://my.site", "https://my.site"), ("https://evil.example", None)]
)
def test_only_scripts_of_named_sites_may_read_and_ask(origin, allowed):
    app = OtherSites(Starlette(routes=[Route("/", readable_by_all)]), ("https://My.site/",))
    visitor = TestClient(app, headers={"origin": origin})
    asking = {"access-control-request-method": "POST", "access-control-request-headers": "x-y"}
    for answer in (visitor.get("/"), visitor.options("/", headers=asking)):
        assert answer.headers.get("access-control-allow-origin") == allowed


async def read(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/gradio_api/queue/join", MAX_ORDER_BYTES, 200),
        ("/gradio_api/queue/join", MAX_ORDER_BYTES + 1, 413),
        ("/login", MAX_ORDER_BYTES + 1, 413),
        ("/inspect", MAX_ORDER_BYTES + 1, 200),
    ],
)
def test_an_order_of_the_page_has_bounds(path, size, status):
    app = PageBodies(Starlette(routes=[Route("/{path:path}", read, methods=["POST"])]))
    assert TestClient(app).post(path, content=b"x" * size).status_code == status


def test_host_names_lose_their_port():
    assert host_name("[::1]:80") == "::1"
    assert host_name("a.example:80") == "a.example"
