"""What is dropped on the page: read only for somebody with a page, within limits, and forgotten."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from starlette.applications import Starlette
from starlette.testclient import TestClient
from ui_fake import FakeStudio

from fooocus_lite.settings import Settings
from fooocus_lite.thinking.foreign.found import FoundSettings
from fooocus_lite.ui.drop import MAX_PICTURE_BYTES, MAX_TEXT_BYTES, Drop, shown_rows
from fooocus_lite.ui.owner import COOKIE

BLOCK = (
    "a <b>fox</b> <lora:gone:0.5>\nNegative prompt: rain\n"
    "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 9007199254740993, Size: 240x160, Clip skip: 2"
)


@pytest.fixture
def visitor(home: Path) -> TestClient:
    studio = FakeStudio(Settings(home=home, output_path=home / "outputs"))
    return TestClient(
        Starlette(routes=Drop(studio).all()), headers={"cookie": f"{COOKIE}={'1' * 32}"}
    )


def picture(**texts: str) -> bytes:
    kept = PngInfo()
    for name, text in texts.items():
        kept.add_text(name, text)
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=kept)
    return file.getvalue()


def asked(visitor: TestClient, body: bytes | str) -> dict:
    is_text = isinstance(body, str)
    kind = "text/plain" if is_text else "application/octet-stream"
    answer = visitor.post("/inspect", content=body, headers={"content-type": kind})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


@pytest.mark.parametrize("body", [BLOCK, picture(parameters=BLOCK)], ids=["text", "picture"])
def test_settings_are_shown_in_words_and_given_as_text_to_use(visitor, body):
    answer = asked(visitor, body)
    assert answer["source"] == "A1111"
    rows = dict(answer["rows"])
    assert rows["Prompt"] == "a <b>fox</b>"
    assert (rows["Avoid"], rows["Size"]) == ("rain", "240 × 160")
    assert rows["LoRAs"] == "gone 0.5"
    assert rows["Seed"] == "9007199254740993"  # a browser's number would end in 2
    assert FoundSettings.model_validate_json(answer["settings"]).seed == 9007199254740993
    assert answer["notes"] == [
        "Not used here: Clip skip: 2.",
        "Without the LoRA “gone”: not here for this model.",
    ]
    assert answer["problem"] == ""


def test_a_picture_that_began_with_another_says_so():
    found = FoundSettings(source="Fooocus Lite", image="0" * 64, strength=0.8)
    assert shown_rows(found) == [("Starts from", "another picture, changed 80%")]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (picture(), "says nothing about how it was made"),
        (b"", "says nothing"),
        (b"GIF89a", "says nothing"),
        ("#r=damaged", "recipe link"),
    ],
)
def test_nothing_to_use_is_a_sentence(visitor, body, says):
    answer = asked(visitor, body)
    assert answer["settings"] == ""
    assert answer["rows"] == []
    assert says in answer["problem"] or "no PNG, JPEG or WebP" in answer["problem"]


def test_a_graph_nobody_understands_is_only_a_note(visitor):
    answer = asked(visitor, picture(prompt='{"1": {"class_type": "LoadImage", "inputs": {}}}'))
    assert (answer["source"], answer["settings"]) == ("ComfyUI", "")
    assert "not a plain text-to-image graph" in answer["notes"][0]


@pytest.mark.parametrize("text", ["a fox", "", "{red|blue} fox", "[" * 100_000, "\0"])
def test_words_are_no_settings_and_no_problem(visitor, text):
    answer = asked(visitor, text)
    assert (answer["source"], answer["settings"], answer["problem"]) == ("", "", "")


def test_half_characters_and_endless_numbers_reach_no_browser(visitor):
    text = '{"prompt": "a \\ud800", "styles": "[]", "guidance_scale": NaN, "steps": 1e999}'
    json.dumps(asked(visitor, text), allow_nan=False).encode()


def test_without_a_page_there_is_nothing(visitor):
    visitor.headers.pop("cookie")
    assert visitor.post("/inspect", content=BLOCK).status_code == 404
    assert visitor.get("/inspect").status_code == 405


@pytest.mark.parametrize(
    ("kind", "limit"), [("text/plain", MAX_TEXT_BYTES), ("image/png", MAX_PICTURE_BYTES)]
)
@pytest.mark.parametrize("is_declared", [True, False])
def test_too_much_is_refused_while_it_comes_in(visitor, kind, limit, is_declared):
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(limit // 500_000 + 2):
            sent += 500_000
            yield bytes(500_000)

    headers = {"content-type": kind}
    content = bytes(limit + 1) if is_declared else pieces()
    answer = visitor.post("/inspect", content=content, headers=headers)
    assert answer.status_code == 413
    assert "MB can be read here" in answer.json()["problem"]
