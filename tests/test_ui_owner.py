"""The owner's cookie: who gets one, of which kind, and what the first request already sees."""

import re

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from fooocus_lite.ui.owner import (
    COOKIE,
    NoOwner,
    OwnerCookie,
    browser_token,
    find_owner,
    owner_of,
)

TOKEN = "0123456789abcdef" * 2


async def who(request: Request) -> PlainTextResponse:
    return PlainTextResponse(find_owner(request.headers.get("cookie", "")) or "nobody")


def client(is_space: bool = False, base_url: str = "http://127.0.0.1") -> TestClient:
    app = Starlette(routes=[Route("/{path:path}", who)])
    return TestClient(OwnerCookie(app, is_space=is_space), base_url=base_url)


def test_the_first_page_sets_a_token_and_the_same_request_sees_it():
    answer = client().get("/")
    assert re.fullmatch(r"[0-9a-f]{32}", answer.text)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}={answer.text};")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_the_token_stays_for_all_later_requests():
    visitor = client()
    first = visitor.get("/")
    second = visitor.get("/")
    assert second.text == first.text
    assert "set-cookie" not in second.headers
    assert visitor.get("/pictures").text == first.text


def test_two_visitors_are_two_owners():
    assert client().get("/").text != client().get("/").text


def test_a_program_gets_its_token_with_its_first_call():
    program = client()
    first = program.get("/api/v1/queue")
    assert first.headers["set-cookie"].startswith(f"{COOKIE}={first.text};")
    assert program.get("/api/v1/queue").text == first.text


def test_nobody_but_the_gate_makes_a_user_the_owner():
    answer = client().get("/", headers={"cookie": f"{COOKIE}=user:anna"})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.text)
    assert find_owner(f"{COOKIE}=user:anna") == "user:anna"
    assert browser_token(f"{COOKIE}=user:anna") is None


def test_a_header_that_claims_https_is_not_believed_here():
    answer = client().get("/", headers={"x-forwarded-proto": "https"})
    assert "Secure" not in answer.headers["set-cookie"]


@pytest.mark.parametrize("value", ["", "abc", TOKEN.upper(), TOKEN + "0", "<script>", "../" * 9])
def test_a_malformed_token_is_replaced(value):
    answer = client().get("/", headers={"cookie": f"other=1; {COOKIE}={value}"})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.text)
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}={answer.text};")


def test_other_addresses_set_no_cookie():
    answer = client().get("/pictures")
    assert answer.text == "nobody"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("is_space", "headers", "base_url"),
    [
        (True, {}, "http://127.0.0.1"),
        (False, {}, "https://pictures.example"),
    ],
)
def test_behind_https_the_cookie_also_lives_in_a_frame(is_space, headers, base_url):
    cookie = client(is_space, base_url).get("/", headers=headers).headers["set-cookie"]
    assert cookie.endswith("SameSite=None; Secure; Partitioned")


def test_without_a_cookie_a_sentence_says_what_to_do():
    with pytest.raises(NoOwner, match="Allow cookies"):
        owner_of({})
    assert owner_of({"cookie": f"a=b; {COOKIE}={TOKEN}"}) == TOKEN
