"""The request log: orders and refusals, with the id of the answer and without any words."""

import logging

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from fooocus_lite.ui.request_log import HEADER, RequestLog


async def answer(request: Request) -> PlainTextResponse:
    if request.url.path == "/broken":
        raise ZeroDivisionError
    return PlainTextResponse("", int(request.query_params.get("status", 200)))


@pytest.fixture
def visit(caplog: pytest.LogCaptureFixture) -> TestClient:
    caplog.set_level(logging.INFO, logger="fooocus_lite.ui.request_log")
    routes = [Route("/{path:path}", answer, methods=["GET", "POST"])]
    app = Starlette(routes=routes, middleware=[Middleware(RequestLog)])
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("method", "address", "is_logged"),
    [("GET", "/a", False), ("GET", "/a?status=404", True), ("POST", "/a", True)],
)
def test_orders_and_refusals_are_logged(visit, caplog, method, address, is_logged):
    request_id = visit.request(method, address).headers[HEADER]
    assert (request_id in caplog.text) is is_logged


def test_neither_words_nor_lines_of_a_visitor_reach_the_log(visit, caplog):
    visit.post("/a%0Ab?search=secret+garden")
    (record,) = caplog.records
    assert "secret" not in record.getMessage()
    assert "\n" not in record.getMessage()
    assert "'/a\\nb'" in record.getMessage()


def test_a_defect_is_logged_with_its_id_and_where_it_was(visit, caplog):
    assert visit.get("/broken").status_code == 500
    assert "ZeroDivisionError" in caplog.text
    assert "'/broken' failed" in caplog.text
