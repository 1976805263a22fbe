"""The `webuiapi` package, unchanged, makes pictures here."""

import base64
import io
import json
import threading

import pytest
import webuiapi
from api_client import asleep, awake, caller, served
from PIL import Image

from fooocus_lite.api import a1111
from fooocus_lite.api.a1111_request import OFF, Txt2ImgRequest

API = "/sdapi/v1"
QUICK = {"prompt": "a red circle", "steps": 2, "width": 128, "height": 128, "seed": 5}


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    opened = awake(tmp_path_factory.mktemp("home"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def address(studio):
    with served(studio) as found:
        yield found


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


def test_progress_is_told_and_interrupt_ends_the_job(client, address, studio):
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
    assert studio.jobs.active() == []


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
