"""The `openai` package, unchanged, makes pictures here."""

import base64
import io
import json

import httpx
import openai
import pytest
from api_client import SHARED, asleep, caller
from PIL import Image

from fooocus_lite.api import openai_images


@pytest.fixture
def client(address):
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as made:
        yield made


def opened(b64_json):
    return Image.open(io.BytesIO(base64.b64decode(b64_json)))


def test_models_are_listed(client):
    assert "starter" in [model.id for model in client.models.list()]


def test_a_picture_is_drawn_at_home_and_brought_to_the_size_asked(client):
    answer = client.images.with_raw_response.generate(
        prompt="a red circle", size="300x150", quality="low", n=2, output_format="webp"
    )
    made = answer.parse()
    assert len(made.data) == 2
    assert [opened(each.b64_json).size for each in made.data] == [(300, 150)] * 2
    assert opened(made.data[0].b64_json).format == "WEBP"
    assert made.size == "300x150"
    assert answer.headers["x-fooocus-lite-rendered"] == made.rendered
    width, height = (int(side) for side in made.rendered.split("x"))
    assert width > height
    assert made.data[0].revised_prompt


def test_left_to_the_model_the_size_is_its_own(client):
    made = client.images.generate(prompt="a red circle", model="dall-e-3", quality="low")
    assert made.size == made.rendered
    assert opened(made.data[0].b64_json).size == tuple(int(side) for side in made.size.split("x"))


def test_an_address_can_be_asked_for_in_place_of_the_bytes(client, address):
    made = client.images.generate(
        prompt="a red circle", model="starter", quality="low", size="128x128", response_format="url"
    )
    url = made.data[0].url
    assert url.startswith(f"{address}/api/v1/outputs/")
    assert Image.open(io.BytesIO(httpx.get(url).content)).size == (128, 128)


def test_a_stream_brings_partial_images_and_then_the_picture(client):
    stream = client.images.generate(
        prompt="a red circle", size="128x128", quality="high", stream=True, partial_images=2
    )
    events = list(stream)
    assert events[-1].type == "image_generation.completed"
    assert opened(events[-1].b64_json).size == (128, 128)
    partial = [each for each in events if each.type == "image_generation.partial_image"]
    assert [each.partial_image_index for each in partial] == list(range(len(partial)))
    assert 1 <= len(partial) <= 2
    assert opened(partial[0].b64_json).format == "JPEG"


@pytest.mark.parametrize(
    ("wrong", "error", "param"),
    [
        ({"prompt": ""}, openai.BadRequestError, "prompt"),
        ({"size": "10x10"}, openai.BadRequestError, "size"),
        ({"size": "large"}, openai.BadRequestError, "size"),
        ({"size": "999999999999x1"}, openai.BadRequestError, "size"),
        ({"model": "nobody/none"}, openai.NotFoundError, "model"),
        ({"n": 33}, openai.UnprocessableEntityError, "n"),
        ({"quality": "best"}, openai.UnprocessableEntityError, "quality"),
        ({"background": "transparent"}, openai.UnprocessableEntityError, "background"),
        ({"output_compression": 50}, openai.UnprocessableEntityError, "output_compression"),
        ({"output_format": "gif"}, openai.UnprocessableEntityError, "output_format"),
    ],
)
def test_what_cannot_be_done_is_refused_in_their_shape(client, wrong, error, param):
    with pytest.raises(error) as refused:
        client.images.generate(**{"prompt": "a cat", **wrong})
    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"
    assert refused.value.code


def test_who_waits_too_long_is_told_that_it_goes_on(home, monkeypatch):
    monkeypatch.setattr(openai_images, "WAIT_S", 0.05)
    answer = caller(asleep(home)).post("/v1/images/generations", json={"prompt": "a cat"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (408, "timeout")


def test_a_stream_says_in_their_shape_why_there_is_no_picture(home):
    studio = asleep(home, **SHARED)
    asked = {"prompt": "a naked child", "stream": True}
    answer = caller(studio).post("/v1/images/generations", json=asked)
    error = json.loads(answer.text.partition("data: ")[2].partition("\n")[0])["error"]
    assert (error["code"], error["param"]) == ("blocked", "prompt")
    assert error["type"] == "invalid_request_error"
