"""Health, readiness, numbers, choices, limits of a body, and the description of it all."""

import asyncio
import json
import re

import pytest
from api_client import MINE, SHARED, application, asked, asleep, caller
from starlette.applications import Starlette
from starlette.testclient import TestClient

from fooocus_lite.api import docs_page, metrics
from fooocus_lite.api.body_limit import BodyLimit
from fooocus_lite.line.measures import Measures

API = "/api/v1"


@pytest.fixture
def studio(home):
    return asleep(home)


def test_alive_is_not_ready(studio):
    client = caller(studio)
    assert client.get(f"{API}/health").json()["status"] == "ok"
    answer = client.get(f"{API}/ready")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False


def test_numbers_are_counted_and_name_nobody(home):
    studio = asleep(home, **SHARED)
    client = caller(studio, MINE)
    client.post(f"{API}/generate", json=asked("my secret words"))
    client.post(f"{API}/generate", json={})
    client.get(f"{API}/made/up/address")
    answer = client.get(f"{API}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "fooocus_lite_queue_depth 1" in answer.text
    assert 'fooocus_lite_jobs{state="queued"} 1' in answer.text
    assert 'requests_total{route="/api/v1/generate",status="202"} 1' in answer.text
    assert 'requests_total{route="/api/v1/generate",status="422"} 1' in answer.text
    assert "made/up" not in answer.text
    assert "secret" not in answer.text
    assert MINE not in answer.text


def test_the_numbers_are_the_hosts(home):
    studio = asleep(home, **SHARED)
    visitor = TestClient(application(studio), client=("203.0.113.7", 50_000))
    answer = visitor.get(f"{API}/metrics")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
    assert visitor.get(f"{API}/health").status_code == 200
    assert visitor.get(f"{API}/ready").status_code == 503


def test_every_line_of_the_numbers_is_one_prometheus_can_read():
    measures = Measures(
        jobs={"failed": 2, "queued": 1},
        oldest_wait_s=3.5,
        seconds_per_step=0.25,
        seconds_per_picture=None,
        load_s={'a "quoted"\nmodel\\': 1.5},
        free_vram_mib=1000,
        total_vram_mib=2000,
        retries=4,
        promoted=5,
    )
    requests = metrics.Requests()
    for hundredth in range(1, 101):
        requests.note("/generate", 200, hundredth / 100)
    lines = metrics.text(measures, requests).splitlines()
    label = r'[a-z]+="(?:[^"\\\n]|\\.)*"'
    form = re.compile(rf"# (HELP|TYPE) .+|[a-z_]+(\{{{label}(,{label})*\}})? [0-9.e+-]+")
    assert [line for line in lines if not form.fullmatch(line)] == []
    assert 'fooocus_lite_request_seconds{route="/generate",quantile="0.95"} 0.960000' in lines
    assert "fooocus_lite_failures_total 2" in lines
    assert "fooocus_lite_retries_total 4" in lines
    assert "fooocus_lite_promoted_total 5" in lines
    assert not any("seconds_per_picture" in line for line in lines)


def test_choices_are_listed(studio):
    client = caller(studio)
    models = {each["name"]: each for each in client.get(f"{API}/models").json()}
    assert models["starter"]["is_here"]
    assert "euler" in [each["name"] for each in client.get(f"{API}/schedulers").json()]
    assert "starter" in [each["name"] for each in client.get(f"{API}/presets").json()]
    assert len(client.get(f"{API}/styles").json()) > 100
    sizes = client.get(f"{API}/sizes").json()
    assert sizes["model"] == "starter"
    assert {"width", "height", "aspect"} == set(sizes["native"][0])
    assert client.get(f"{API}/sizes?model=none").status_code == 404


def test_every_choice_can_really_be_asked_for(studio):
    client = caller(studio)
    starter = next(each for each in client.get(f"{API}/models").json() if each["name"] == "starter")
    for scheduler in starter["schedulers"]:
        job = client.post(f"{API}/generate", json={"prompt": "a cat", "scheduler": scheduler})
        assert job.status_code == 202
        client.post(f"{API}/generate/{job.json()['id']}/cancel")


def test_a_body_that_is_too_large_is_refused_before_it_is_read(home):
    client = caller(asleep(home, body_limit_mb=1))
    answer = client.post(f"{API}/generate", content=b"x" * 1_000_001)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    body = (b"x" * 100_000 for _ in range(20))
    assert client.post(f"{API}/generate", content=body).status_code == 413


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[1]", b"\xff\xfe", b'"a"', b"[" * 100_000])
def test_a_body_that_is_no_request_is_refused(studio, body):
    headers = {"content-type": "application/json"}
    answer = caller(studio).post(f"{API}/generate", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


def test_a_body_that_takes_too_long_is_given_up():
    sent = []

    async def nothing_more():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": [], "path": "/"}
    asyncio.run(BodyLimit(Starlette(), 1000, timeout_s=0.01)(scope, nothing_more, send))
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["error"]["code"] == "timeout"


@pytest.mark.parametrize("api", ["/api/v1", "/v1", "/sdapi/v1"])
def test_the_description_is_complete_and_loads_nothing_from_elsewhere(studio, api):
    client = caller(studio)
    described = client.get(f"{api}/openapi.json").json()
    page = client.get(f"{api}/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "http" not in re.sub(r"\bhttps?( or https)? (\(|address)", "", page.text).lower()
    assert "HTTPValidationError" not in described["components"]["schemas"]
    for path, operations in described["paths"].items():
        assert path in page.text
        for operation in operations.values():
            assert operation.get("description") or operation.get("summary")


def test_the_description_is_escaped():
    hostile = "<img src=x onerror=alert(1)>"
    operation = {"description": hostile, "responses": {"200": {"description": hostile}}}
    page = docs_page.page(
        {"info": {"title": hostile}, "paths": {"/" + hostile: {"get": operation}}}
    )
    assert "<img" not in page
