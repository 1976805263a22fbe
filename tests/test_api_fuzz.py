"""Whatever a program sends by our own description of the APIs, nothing breaks: no 500, ever."""

import json
from random import Random
from urllib.parse import quote

import pytest
from api_client import SHARED, asleep, caller

from fooocus_lite.api import a1111, jobs, openai_images

HOSTILE = (
    None, True, -1, 0, 2**63, -(2**70), 1e308, -0.5, "", "a", " ", "\x00", "\n", "<script>",
    "../../etc/passwd", "%2e%2e%2f", "שלום", "😀 \ud800", "'; DROP TABLE jobs; --", "A" * 20_000,
    "__color__ {a|b} [[x, y]]", "((((((((", "<lora:x:9>", "embedding:x", "1e999", "NaN", [], {},
    [None], {"name": None}, [[["x"]]], {"a": {"b": {}}}, "64x64", "http://127.0.0.1/",
    "eA==",
)  # fmt: skip
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
GOOD = {"prompt": "a cat", "width": 64, "height": 64, "model": None, "init_images": [PNG]}
ROUNDS = 60


@pytest.fixture
def client(home, monkeypatch):
    for module in (jobs, openai_images, a1111):
        monkeypatch.setattr(module, "WAIT_S", 0.0)
    return caller(asleep(home, line_limit=40, waiting_per_owner=40, **SHARED))


@pytest.mark.parametrize("api", ["/api/v1", "/v1", "/sdapi/v1"])
def test_no_request_breaks_it(client, api):
    described = client.get(f"{api}/openapi.json").json()
    random = Random(1)
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for _ in range(ROUNDS if method == "post" and "{" not in path else ROUNDS // 6):
                _call(client, api, path, method, operation, described, random)


def _call(client, api, path, method, operation, described, random):
    place = path
    while "{" in place:
        start, end = place.index("{"), place.index("}") + 1
        place = place[:start] + quote(_text(random)[:200], safe="") + place[end:]
    query = {
        each["name"]: _text(random)
        for each in operation.get("parameters", ())
        if each["in"] == "query" and random.random() < 0.5
    }
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    body = None if content is None else json.dumps(_body(content, described, random))
    answer = client.request(
        method.upper(), api + place, params=query, content=body,
        headers={"content-type": "application/json"},
    )  # fmt: skip
    # Not ready, and a full line, are told so.
    full = ("/ready", "/generate", "/images/generations", "/txt2img", "/img2img")
    expected = (503,) if path in full else ()
    seen = (method, place, query, body and body[:2000], answer.status_code, answer.text[:500])
    assert answer.status_code < 500 or answer.status_code in expected, seen
    if answer.status_code >= 400 and answer.headers["content-type"] == "application/json":
        if path == "/ready" or answer.status_code == 408:
            return
        assert {"code", "message", "field", "allowed"} <= set(answer.json()["error"]), seen


def _body(content, described, random):
    """An object of the fields described, some of them hostile; now and then no object at all."""
    if random.random() < 0.05:
        return random.choice(HOSTILE)
    name = content["schema"]["$ref"].rpartition("/")[2]
    fields = described["components"]["schemas"][name]["properties"]
    chosen = {
        field: random.choice(HOSTILE) for field in fields if random.random() < random.random() / 3
    }
    good = {field: value for field, value in GOOD.items() if field in fields}
    return {**good, **chosen} if random.random() < 0.8 else chosen


def _text(random):
    value = random.choice(HOSTILE)
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace").decode()
