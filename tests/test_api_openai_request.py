"""The `openai` package, unchanged, changes pictures here: a form, and what it may not hold."""

import asyncio
import base64
import io
from random import Random

import openai
import pytest
from api_client import MINE, SHARED, YOURS, asleep, caller, finished
from PIL import Image

from fooocus_lite.api import openai_images

EDITS = "/v1/images/edits"
PROMPT = {"prompt": "a red circle"}
MANY_PARTS = "".join(
    f'--x\r\ncontent-disposition: form-data; name="n{each}"\r\n\r\n1\r\n' for each in range(60)
)
NO_NAME = "--x\r\ncontent-disposition: form-data\r\n\r\n1\r\n--x--\r\n"


def picture(colour="red", size=(90, 60), kind="PNG"):
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, kind)
    return made.getvalue()


def form(*, image=None, **files):
    """Files for a form as the test client takes them."""
    files = {"image": picture() if image is None else image, **files}
    return {name: (f"{name}.png", content) for name, content in files.items()}


@pytest.fixture
def client(address):
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as made:
        yield made


@pytest.fixture
def no_wait(monkeypatch):
    monkeypatch.setattr(openai_images, "WAIT_S", 0.0)


def opened(b64_json):
    return Image.open(io.BytesIO(base64.b64decode(b64_json)))


def test_their_client_gets_pictures_that_start_from_another(client, working):
    made = client.images.edit(
        image=picture(), prompt="a red circle", size="128x96", n=2, quality="low", model="dall-e-2"
    )
    assert [opened(each.b64_json).size for each in made.data] == [(128, 96)] * 2
    recipe = working.gallery.history()[0].recipe
    family = working.stock.family_of(recipe.model)
    assert (recipe.task, recipe.strength) == ("image-to-image", family.strength)
    assert working.gallery.input_size(recipe.image) == (90, 60)


def test_left_to_the_model_the_answer_has_the_shape_of_the_picture(client):
    made = client.images.edit(
        image=[io.BytesIO(picture(size=(120, 60)))],
        **PROMPT,
        response_format="url",
        output_format="webp",
    )
    width, height = (int(side) for side in made.size.split("x"))
    assert (made.size, width > height) == (made.rendered, True)
    assert made.data[0].url.endswith(f"?format=webp&size={made.size}")


def test_strength_may_be_given_as_an_extra(client, working):
    client.images.edit(image=picture(), **PROMPT, extra_body={"strength": 0.3})
    assert working.gallery.history()[0].recipe.strength == 0.3


def test_a_stream_brings_the_events_of_an_edit(client):
    stream = client.images.edit(
        image=picture(), **PROMPT, size="128x128", quality="high", stream=True, partial_images=1
    )
    events = list(stream)
    assert events[-1].type == "image_edit.completed"
    assert opened(events[-1].b64_json).size == (128, 128)
    assert {each.type for each in events[:-1]} <= {"image_edit.partial_image"}


@pytest.mark.parametrize(
    ("wrong", "error", "param"),
    [
        ({"mask": picture()}, openai.BadRequestError, "mask"),
        ({"image": b"GIF89a not really"}, openai.BadRequestError, "image"),
        ({"image": picture(size=(10_000, 5_001))}, openai.BadRequestError, "image"),
        ({"image": [picture(), picture("blue")]}, openai.BadRequestError, "image"),
        ({"prompt": ""}, openai.BadRequestError, "prompt"),
        ({"size": "large"}, openai.BadRequestError, "size"),
        ({"model": "nobody/none"}, openai.NotFoundError, "model"),
        ({"n": 33}, openai.UnprocessableEntityError, "n"),
        ({"input_fidelity": "high"}, openai.UnprocessableEntityError, "input_fidelity"),
        ({"extra_body": {"strength": 0}}, openai.UnprocessableEntityError, "strength"),
        ({"extra_body": {"stregth": 1}}, openai.UnprocessableEntityError, "stregth"),
    ],
)
def test_what_cannot_be_done_is_refused_in_their_shape(client, working, wrong, error, param):
    kept = sorted(working.settings.state.glob("inputs/*/*"))
    with pytest.raises(error) as refused:
        client.images.edit(**{"image": picture(), **PROMPT, **wrong})
    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"
    assert sorted(working.settings.state.glob("inputs/*/*")) == kept or param == "prompt"


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"json": PROMPT}, "Send a form"),
        ({"data": PROMPT}, "Send a form"),
        ({"data": PROMPT, "files": {"photo": picture()}}, "no field called “photo”"),
        ({"data": PROMPT, "files": {"n": (None, "1")}}, "0 pictures"),
        ({"data": PROMPT, "files": {"image": (None, "file-id")}}, "“image” is text"),
        ({"data": PROMPT, "files": form(markup=picture())}, "markup is not possible yet"),
        ({"files": form()}, "prompt is needed"),
        ({"files": form(prompt=b"a cat")}, "prompt is"),
        ({"data": {**PROMPT, "sise": "auto"}, "files": form()}, "Did you mean size"),
    ],
)
def test_a_form_that_is_no_use_is_told_what_is_wrong_with_it(home, sent, says):
    answer = caller(asleep(home)).post(EDITS, **sent)
    assert answer.status_code in (400, 422)
    assert says in answer.json()["error"]["message"]


def test_a_mask_that_nobody_chose_is_none(home, no_wait):
    answer = caller(asleep(home)).post(EDITS, data=PROMPT, files=form(mask=b""))
    assert answer.status_code == 408


@pytest.mark.parametrize(
    ("body", "boundary"),
    [
        ("", "x"),
        ("no parts", "x"),
        (NO_NAME, "x"),
        (MANY_PARTS, "x"),
        ("--x\r\nno header\r\n\r\n", "x"),
        ('--x\r\ncontent-disposition: form-data; name="prompt"\r\n\r\n' + "a" * 2_000_000, "x"),
        ("--x--\r\n", "x" * 300),
        (NO_NAME, None),
    ],
)
def test_a_broken_form_is_an_answer_and_no_failure(home, body, boundary):
    kind = "multipart/form-data" + (f"; boundary={boundary}" if boundary else "")
    answer = caller(asleep(home)).post(EDITS, content=body, headers={"content-type": kind})
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["message"].endswith(".")
    assert ".." not in answer.json()["error"]["message"]


# Starlette forgets to close the file of a part that is cut off; it goes with the request.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_form_cut_off_or_bent_anywhere_breaks_nothing(home, no_wait):
    program, random = caller(asleep(home)), Random(1)
    whole = program.build_request("POST", EDITS, data=PROMPT, files=form())
    body, kind = whole.read(), {"content-type": whole.headers["content-type"]}
    for _ in range(40):
        bent = bytearray(body[: random.randrange(len(body))] if random.random() < 0.5 else body)
        for _ in range(random.randrange(4)):
            bent[random.randrange(len(bent) or 1) : 0] = random.randbytes(3)
        answer = program.post(EDITS, content=bytes(bent), headers=kind)
        assert 400 <= answer.status_code < 500, bytes(bent)


def test_the_picture_is_kept_for_its_sender_only(home, no_wait):
    studio = asleep(home, **SHARED)
    mine, yours = caller(studio, MINE), caller(studio, YOURS)
    answer = mine.post(EDITS, data=PROMPT, files=form())
    image = studio.jobs.view(answer.json()["id"], MINE).recipes[0].image
    assert mine.get(f"/api/v1/inputs/{image}/thumbnail").status_code == 200
    assert yours.get(f"/api/v1/inputs/{image}/thumbnail").status_code == 404


def test_quotas_and_the_limit_of_a_body_hold_for_forms_too(home, no_wait):
    limits = {"body_limit_mb": 1, "tiers": {"free": {"pictures_per_hour": 1}}}
    studio = asleep(home, listen="0.0.0.0", **limits)
    studio.doorkeeper.users.add("anna", "correct horse", "free")
    key = studio.doorkeeper.users.add_key("anna", "script")
    program = caller(studio, authorization=f"Bearer {key}")
    answer = program.post(EDITS, data=PROMPT, files=form(image=bytes(10**6)))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    answer = program.post(EDITS, data={**PROMPT, "n": "2"}, files=form())
    assert answer.status_code == 429
    assert caller(studio).post(EDITS, data=PROMPT, files=form()).status_code == 401


def test_who_waits_too_long_gets_the_pictures_there_are_and_does_not_ask_again(
    address, working, monkeypatch
):
    asked = []

    async def one_is_there(working, job_id, owner, _timeout_s):
        asked.append(job_id)
        while not (view := working.jobs.view(job_id, owner)).pictures:
            await asyncio.sleep(0.01)
        return view

    monkeypatch.setattr(openai_images, "ended", one_is_there)
    with (
        openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=2) as client,
        pytest.raises(openai.APIStatusError) as refused,
    ):
        client.images.edit(image=picture(), **PROMPT, n=32, size="128x128", quality="high")
    told = refused.value.response.json()
    assert (refused.value.status_code, refused.value.code) == (408, "timeout")
    assert 1 <= len(told["data"]) < 32
    assert opened(told["data"][0]["b64_json"]).size == (128, 128)
    assert asked == [told["id"]]
    working.orders.stop(told["id"])
    finished(working, told["id"])


def test_the_form_is_described(home):
    program = caller(asleep(home))
    described = program.get("/v1/openapi.json").json()["paths"]["/images/edits"]["post"]
    schema = described["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert schema["required"] == ["image", "prompt"]
    assert {"image", "prompt", "strength", "n", "size"} <= set(schema["properties"])
    page = program.get("/v1/docs").text
    assert "multipart/form-data" in page
    assert "POST /images/edits" in page
    assert "“auto” the answer has its shape" in page
