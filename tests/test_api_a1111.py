"""The `webuiapi` package, unchanged, makes pictures here."""

import asyncio
import base64
import io
import json
import threading

import pytest
import webuiapi
from api_client import MINE, SHARED, YOURS, asleep, caller, finished
from PIL import Image

from fooocus_lite.api import a1111
from fooocus_lite.api.a1111_request import OFF, OFF_WITH_IMAGE, Img2ImgRequest, Txt2ImgRequest

API = "/sdapi/v1"
QUICK = {"prompt": "a red circle", "steps": 2, "width": 128, "height": 128, "seed": 5}


def picture(colour="red", size=(90, 60)):
    """In base64."""
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, "PNG")
    return base64.b64encode(made.getvalue()).decode("ascii")


FROM_IMAGE = {**QUICK, "init_images": [picture()]}


@pytest.fixture
def client(address):
    made = webuiapi.WebUIApi(baseurl=f"{address}{API}")
    yield made
    made.session.close()


def test_their_client_gets_pictures_with_everything_it_sends_by_default(client):
    made = client.txt2img(**QUICK, batch_size=2)
    assert [image.size for image in made.images] == [(128, 128)] * 2
    assert made.info["all_seeds"] == [5, 6]
    assert made.info["steps"] == 2
    assert (made.info["width"], made.info["height"]) == (128, 128)
    assert "x" in made.info["rendered"]
    assert made.parameters["prompt"] == "a red circle"
    assert "Steps: 2" in made.images[0].text["parameters"]


def test_their_client_gets_pictures_that_start_from_another(client, working):
    red = Image.new("RGB", (90, 60), "red")
    made = client.img2img(images=[red], **QUICK, denoising_strength=0.4, n_iter=2)
    assert [image.size for image in made.images] == [(128, 128)] * 2
    assert made.info["denoising_strength"] == 0.4
    assert made.parameters["init_images"] is None
    recipe = working.gallery.history()[0].recipe
    assert (recipe.task, recipe.strength) == ("image-to-image", 0.4)
    assert working.gallery.input_size(recipe.image) == (90, 60)


def test_what_little_may_change_keeps_the_colour_it_had(client):
    blue = Image.new("RGB", (128, 128), "blue")
    made = client.img2img(images=[blue], **{**QUICK, "steps": 10}, denoising_strength=0.1)
    red, _, blue = made.image.convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert blue > 2 * red


def test_the_picture_is_given_back_to_who_asks_for_it(client):
    red = Image.new("RGB", (90, 60), "red")
    made = client.img2img(images=[red], **QUICK, include_init_images=True)
    (given,) = made.parameters["init_images"]
    assert given.startswith("data:image/png;base64,")


def test_what_a_picture_says_is_read_back(client):
    picture = client.txt2img(**QUICK).image
    found = client.png_info(picture)
    assert "Steps: 2" in found.info
    assert found.parameters["seed"] == 5


def test_a_sampler_is_asked_for_by_their_name(client):
    made = client.txt2img(**QUICK, sampler_name="DPM++ 2M", scheduler="karras")
    assert made.info["sampler_name"] == "DPM++ 2M Karras"


def test_choices_are_listed_as_they_expect(client):
    assert "Euler a" in client.util_get_sampler_names()
    assert "karras" in client.util_get_scheduler_names()
    assert client.util_get_model_names() == ["starter"]
    assert client.util_get_current_model() == "starter"
    assert {"name", "alias", "path", "metadata"} == set(client.get_loras()[0])
    assert "Watercolor" in [style["name"] for style in client.get_prompt_styles()]
    assert not client.has_controlnet


def test_the_model_is_chosen_in_the_options(client):
    client.util_set_model("Starter")
    assert client.get_options()["sd_model_checkpoint"] == "starter"
    answer = client.set_options({"sd_model_checkpoint": "none"})
    assert answer["error"]["allowed"] == ["starter"]
    answer = client.set_options({"CLIP_stop_at_last_layers": 2})
    assert answer["error"]["field"] == "CLIP_stop_at_last_layers"


def test_progress_is_told_and_interrupt_ends_the_job(client, address, working):
    assert client.get_progress()["state"]["job_count"] == 0
    answers = []
    job = threading.Thread(
        target=lambda: answers.append(client.txt2img(**{**QUICK, "steps": 150}, n_iter=4))
    )
    job.start()
    other = webuiapi.WebUIApi(baseurl=f"{address}{API}")
    while not (told := other.get_progress())["current_image"]:
        assert job.is_alive()
    assert 0 < told["progress"] < 1
    assert told["state"]["sampling_steps"] == 150
    image = Image.open(io.BytesIO(base64.b64decode(told["current_image"])))
    assert image.format == "JPEG"
    other.skip()
    other.interrupt()
    job.join()
    other.session.close()
    assert len(answers[0].images) < 4
    assert working.jobs.active() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("enable_hr", True),
        ("restore_faces", True),
        ("tiling", True),
        ("subseed_strength", 0.5),
        ("s_churn", 1),
        ("script_name", "x/y/z plot"),
        ("refiner_checkpoint", "other"),
        ("alwayson_scripts", {"ControlNet": {"args": [{"enabled": True}]}}),
        ("alwayson_scripts", [1]),
        ("override_settings", {"CLIP_stop_at_last_layers": 2}),
        ("init_images", []),
        ("do_not_save_samples", True),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(home, field, value):
    answer = caller(asleep(home)).post(f"{API}/txt2img", json={**QUICK, field: value})
    assert answer.status_code == 422
    last = next(iter(value)) if field == "override_settings" else field
    assert last in answer.json()["detail"]
    assert answer.json()["error"]["field"].endswith(last)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"sampler_name": "Restart"}, 400),
        ({"sampler_name": "DPM++ 2M", "scheduler": "Polyexponential"}, 400),
        ({"batch_size": 8, "n_iter": 8}, 400),
        ({"override_settings": {"sd_model_checkpoint": "none"}}, 404),
        ({"styles": ["Nonsense"]}, 400),
        ({"width": 32}, 422),
    ],
)
def test_values_that_are_not_possible_are_refused(home, wrong, status):
    studio = asleep(home)
    answer = caller(studio).post(f"{API}/txt2img", json={**QUICK, **wrong})
    assert (answer.status_code, studio.jobs.waiting()) == (status, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mask", picture()),
        ("latent_mask", picture()),
        ("resize_mode", 2),
        ("initial_noise_multiplier", 0.5),
        ("enable_hr", True),
        ("init_image", picture()),
    ],
)
def test_of_another_picture_too_what_cannot_be_honoured_is_refused_by_name(home, field, value):
    studio = asleep(home)
    answer = caller(studio).post(f"{API}/img2img", json={**FROM_IMAGE, field: value})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert field in answer.json()["detail"]
    assert not list(studio.settings.state.glob("inputs/*/*"))


@pytest.mark.parametrize(
    ("wrong", "status", "says"),
    [
        ({"init_images": []}, 400, "has 0 pictures"),
        ({"init_images": [picture(), picture("blue")]}, 400, "has 2 pictures"),
        ({"init_images": ["no base64!"]}, 400, "not in base64"),
        ({"init_images": ["http://127.0.0.1/picture.png"]}, 400, "not in base64"),
        ({"init_images": ["eA=="]}, 400, "no PNG, JPEG or WebP"),
        ({"init_images": [picture(size=(10_000, 5_001))]}, 400, "at most 50 megapixels"),
        ({"init_images": None}, 422, "init_images"),
        ({"denoising_strength": 0}, 422, "denoising_strength"),
        ({"denoising_strength": 1.5}, 422, "denoising_strength"),
        ({"sampler_name": "Restart"}, 400, "no sampler"),
    ],
)
def test_a_picture_that_is_no_use_starts_nothing(home, wrong, status, says):
    studio = asleep(home)
    answer = caller(studio).post(f"{API}/img2img", json={**FROM_IMAGE, **wrong})
    assert answer.status_code == status
    assert says in answer.json()["detail"]
    assert answer.json()["error"]["field"] == next(iter(wrong))
    assert studio.jobs.waiting() == 0
    assert not list(studio.settings.state.glob("inputs/*/*"))


def test_a_picture_without_the_start_of_a_data_url_is_kept_for_its_sender_only(home, monkeypatch):
    monkeypatch.setattr(a1111, "WAIT_S", 0.0)
    studio = asleep(home, **SHARED)
    mine, yours = caller(studio, MINE), caller(studio, YOURS)
    answer = mine.post(f"{API}/img2img", json=FROM_IMAGE)
    image = studio.jobs.view(answer.json()["job"], MINE).recipes[0].image
    assert mine.get(f"/api/v1/inputs/{image}/thumbnail").status_code == 200
    assert yours.get(f"/api/v1/inputs/{image}/thumbnail").status_code == 404


def test_quotas_and_the_limit_of_a_body_hold_for_pictures_too(home, monkeypatch):
    monkeypatch.setattr(a1111, "WAIT_S", 0.0)
    limits = {"body_limit_mb": 1, "tiers": {"free": {"pictures_per_hour": 1}}}
    studio = asleep(home, listen="0.0.0.0", **limits)
    studio.doorkeeper.users.add("anna", "correct horse", "free")
    key = studio.doorkeeper.users.add_key("anna", "script")
    program = caller(studio, authorization=f"Bearer {key}")
    answer = program.post(f"{API}/img2img", json={**FROM_IMAGE, "init_images": ["A" * 10**6]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    answer = program.post(f"{API}/img2img", json={**FROM_IMAGE, "batch_size": 2})
    assert answer.status_code == 429
    assert "1 pictures an hour" in answer.json()["detail"]
    assert caller(studio).post(f"{API}/img2img", json=FROM_IMAGE).status_code == 401


@pytest.mark.parametrize(
    ("kind", "values"), [("txt2img", QUICK), ("img2img", FROM_IMAGE)], ids=["text", "picture"]
)
def test_who_waits_too_long_gets_the_pictures_there_are_and_the_job(
    working, monkeypatch, kind, values
):
    async def one_is_there(studio, job_id, owner, _timeout_s):
        while not (view := studio.jobs.view(job_id, owner)).pictures:
            await asyncio.sleep(0.01)
        return view

    monkeypatch.setattr(a1111, "ended_while_watched", one_is_there)
    answer = caller(working).post(f"{API}/{kind}", json={**values, "n_iter": 32, "steps": 20})
    assert (answer.status_code, answer.json()["error"]["code"]) == (408, "timeout")
    told = answer.json()
    assert 1 <= len(told["images"]) < 32
    assert Image.open(io.BytesIO(base64.b64decode(told["images"][0]))).size == (128, 128)
    assert json.loads(told["info"])["seed"] == 5
    working.orders.stop(told["job"])
    finished(working, told["job"])


@pytest.mark.parametrize("field", sorted(OFF_WITH_IMAGE))
def test_of_another_picture_too_a_field_that_asks_for_nothing_is_taken(field):
    asked = Img2ImgRequest.model_validate({**FROM_IMAGE, field: None})
    assert asked.denoising_strength is None


@pytest.mark.parametrize("field", sorted(OFF))
def test_a_field_that_asks_for_nothing_is_taken(field):
    assert Txt2ImgRequest.model_validate({"prompt": "a cat", field: None}).prompt == "a cat"


def test_the_usual_sampler_is_no_wish_where_the_model_cannot_do_it(home):
    studio = asleep(home)
    families = studio.stock.pantry().families
    flow = next(name for name, each in families.items() if "euler_a" not in each.schedulers)
    asked = Txt2ImgRequest(prompt="a cat", sampler_name="Euler a", scheduler="automatic")
    assert a1111._scheduler(studio, asked, flow) is None
    assert a1111._scheduler(studio, asked, "starter") == "euler_a"


@pytest.mark.parametrize("image", ["", "no base64!", "data:image/png;base64,eA==", "eA=="])
def test_png_info_of_no_picture_is_no_failure(home, image):
    answer = caller(asleep(home)).post(f"{API}/png-info", json={"image": image})
    assert answer.status_code in (200, 400)
    assert json.loads(answer.text)
