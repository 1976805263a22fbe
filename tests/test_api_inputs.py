"""Pictures to start from, by HTTP: sent, named in a request, and nobody else's."""

import io

import pytest
from api_client import MINE, SHARED, YOURS, asked, asleep, awake, caller
from PIL import Image

API = "/api/v1"


def picture(colour="red", size=(90, 60), kind="PNG"):
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, kind)
    return made.getvalue()


@pytest.fixture
def studio(tmp_path):
    opened = asleep(tmp_path, **SHARED)
    yield opened
    opened.close()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_kept_and_shown_small_to_its_sender_only(studio, kind):
    mine, yours = caller(studio, MINE), caller(studio, YOURS)
    answer = mine.post(f"{API}/inputs", content=picture(kind=kind))
    assert answer.status_code == 201
    kept = answer.json()
    assert (kept["width"], kept["height"]) == (90, 60)
    shown = mine.get(kept["thumbnail_url"])
    assert Image.open(io.BytesIO(shown.content)).size == (90, 60)
    assert yours.get(kept["thumbnail_url"]).status_code == 404


def test_a_request_may_name_only_a_picture_of_ones_own(studio):
    mine, yours = caller(studio, MINE), caller(studio, YOURS)
    image = mine.post(f"{API}/inputs", content=picture()).json()["id"]
    refused = yours.post(f"{API}/generate", json=asked(image=image))
    assert refused.status_code == 400
    assert refused.json()["error"]["field"] == "image"
    assert yours.post(f"{API}/inputs", content=picture()).json()["id"] == image
    assert yours.post(f"{API}/generate", json=asked(image=image)).status_code == 202


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (b"", 400, "empty"),
        (b"GIF89a not really", 400, "no PNG, JPEG or WebP"),
        (picture()[:60], 400, "no PNG, JPEG or WebP"),
        (b"\0" * 20_000_001, 413, "larger than 20 MB"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(studio, content, status, says):
    answer = caller(studio, MINE).post(f"{API}/inputs", content=content)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]


def test_a_form_is_told_how_to_send_it(studio):
    answer = caller(studio, MINE).post(f"{API}/inputs", files={"file": picture()})
    assert "not a form" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"strength": 0.5}, "strength"),
        ({"image": "../../etc/passwd"}, "image"),
        ({"image": "0" * 64, "strength": 0}, "strength"),
        ({"image": "0" * 64, "strength": 1.5}, "strength"),
        ({"image": "0" * 64}, "Add it again"),
    ],
)
def test_wrong_values_are_refused_by_name(studio, values, says):
    answer = caller(studio, MINE).post(f"{API}/generate", json=asked(**values))
    assert answer.status_code in (400, 422)
    assert says in answer.json()["error"]["message"]


def test_a_picture_is_made_from_another(tmp_path):
    studio = awake(tmp_path)
    try:
        program = caller(studio)
        image = program.post(f"{API}/inputs", content=picture()).json()["id"]
        values = asked(image=image, strength=0.5, num_inference_steps=4)
        answer = program.post(f"{API}/generate?wait=true", json=values).json()
        (made,) = answer["results"]
        assert (made["metadata"]["image"], made["metadata"]["strength"]) == (image, 0.5)
    finally:
        studio.close()
