"""Other sites may neither give orders nor reach the page under a name of their own."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from fooocus_lite.ui.security import SameOrigin, host_name


async def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse("done")


def client(is_local_only: bool = True, is_space: bool = False) -> TestClient:
    app = Starlette(routes=[Route("/", answer, methods=["GET", "POST", "DELETE", "OPTIONS"])])
    guarded = SameOrigin(app, is_local_only=is_local_only, is_space=is_space)
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


def test_every_answer_carries_the_safety_headers():
    headers = client().get("/").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["content-security-policy"] == "frame-ancestors 'self'"
    assert "content-security-policy" not in client(False, is_space=True).get("/").headers


def test_host_names_lose_their_port():
    assert host_name("[::1]:80") == "::1"
    assert host_name("a.example:80") == "a.example"
