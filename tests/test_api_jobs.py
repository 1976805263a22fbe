"""Our own API: from a request to pictures, and everything that is said no to."""

import pytest
from api_client import MINE, SHARED, YOURS, asked, asleep, caller, finished

from fooocus_lite.api import jobs
from fooocus_lite.events import JobError
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.studio import Studio
from fooocus_lite.ui.owner import COOKIE

API = "/api/v1"


@pytest.fixture
def studio(home):
    return asleep(home)


def test_a_job_is_accepted_with_its_place_in_the_line(studio):
    client = caller(studio)
    client.post(f"{API}/generate", json=asked())
    answer = client.post(f"{API}/generate", json=asked(count=2))
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"{API}/generate/{job['id']}"
    assert (job["status"], job["position"], job["progress"]) == ("queued", 2, 0)
    assert (job["eta"], job["results"], job["error"]) == (None, [], None)
    first = client.get(f"{API}/queue").json()["jobs"][0]
    assert (first["position"], first["eta"]) == (1, 0)
    assert client.get(f"{API}/generate/{job['id']}").json() == job


def test_waiting_brings_the_pictures_themselves(working):
    client = caller(working)
    job = client.post(f"{API}/generate?wait=true", json=asked(count=2)).json()
    assert (job["status"], job["progress"], job["error"]) == ("completed", 100, None)
    assert [each["seed"] for each in job["results"]] == [1, 2]
    assert job["results"][0]["metadata"]["request"]["prompt"] == "a red circle"
    picture = client.get(job["results"][0]["image_url"])
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")


def test_who_waits_too_long_gets_what_is_there_and_the_job_goes_on(studio, monkeypatch):
    monkeypatch.setattr(jobs, "WAIT_S", 0.05)
    answer = caller(studio).post(f"{API}/generate?wait=true", json=asked())
    assert answer.status_code == 408
    assert answer.json()["error"]["code"] == "timeout"
    assert answer.json()["status"] == "queued"
    assert studio.jobs.view(answer.json()["id"]).state == "queued"


def test_a_job_that_was_ended_for_its_time_is_a_timeout_with_what_it_has(studio, monkeypatch):
    studio.take_device()
    add = studio._store.add

    def ended(*given):
        job = add(*given)
        studio._store.finish(job.id, "failed", JobError("timeout", "The job was ended."))
        return job

    monkeypatch.setattr(studio._store, "add", ended)
    answer = caller(studio).post(f"{API}/generate?wait=true", json=asked())
    job = answer.json()
    assert (answer.status_code, job["status"], job["results"]) == (408, "failed", [])
    assert job["error"]["code"] == "timeout"
    assert caller(studio).get(f"{API}/generate/{job['id']}").status_code == 200


def test_a_class_of_the_line_is_asked_for_by_name(home):
    studio = asleep(home)
    client = caller(studio)
    slow = client.post(f"{API}/generate", json=asked(priority="relax")).json()
    quick = client.post(f"{API}/generate", json=asked(priority="turbo")).json()
    assert (slow["position"], quick["position"]) == (1, 1)
    assert client.get(f"{API}/generate/{slow['id']}").json()["position"] == 2
    refused = client.post(f"{API}/generate", json=asked(priority="first"))
    assert refused.status_code == 422
    assert refused.json()["error"]["allowed"] == ["turbo", "fast", "relax"]


def test_a_class_above_ones_tier_is_refused_with_those_there_are(home):
    visitors = asleep(home, **SHARED, visitor_tier="standard")
    client = caller(visitors, MINE, host="elsewhere.example")
    answer = client.post(f"{API}/generate", json=asked(priority="turbo"))
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "priority")
    assert answer.json()["error"]["allowed"] == ["fast", "relax"]
    assert client.post(f"{API}/generate", json=asked(priority="relax")).status_code == 202


@pytest.mark.parametrize(
    ("alias", "value", "field"),
    [
        ("steps", 7, "num_inference_steps"),
        ("cfg_scale", 2.5, "guidance_scale"),
        ("sampler", "heun", "scheduler"),
        ("batch_size", 3, "count"),
        ("n", 3, "count"),
        ("format", "webp", "image_format"),
        ("aspect_ratio", "1:1", "aspect"),
    ],
)
def test_the_names_people_use_are_understood(studio, alias, value, field):
    answer = caller(studio).post(f"{API}/generate", json={"prompt": "a cat", alias: value})
    assert answer.status_code == 202, answer.text
    assert getattr(studio._store.get(answer.json()["id"]).request, field) == value


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"prompt": " "}, 422, "bad_request", "prompt"),
        ({}, 422, "missing", "prompt"),
        (asked(stepps=3), 422, "unknown_field", "stepps"),
        (asked(steps=3), 422, "bad_request", "num_inference_steps"),
        (asked(count=33), 422, "bad_request", "count"),
        (asked(seed=2**63), 422, "bad_request", "seed"),
        (asked(seed=-2), 422, "bad_request", "seed"),
        (asked(num_inference_steps=151), 422, "bad_request", "num_inference_steps"),
        (asked(guidance_scale=31), 422, "bad_request", "guidance_scale"),
        (asked(image_format="gif"), 422, "bad_request", "image_format"),
        (asked(prompt="a\x00b"), 422, "bad_request", "prompt"),
        (asked(prompt="a" * 10_001), 422, "bad_request", "prompt"),
        (asked(width=100), 400, "bad_request", "width"),
        (asked(style="Noir"), 422, "unknown_field", "style"),
        (asked(styles=["Noirr"]), 400, "unknown_name", "styles"),
        (asked(model="nobody/none"), 404, "unknown_name", "model"),
        (asked(preset="none"), 400, "unknown_name", "preset"),
        (asked(scheduler="best"), 400, "unknown_name", "scheduler"),
        (asked(loras=[{"name": "none"}]), 400, "unknown_name", "loras"),
        ([], 422, "bad_json", None),
    ],
)
def test_a_refusal_names_the_field_and_what_would_do(studio, body, status, code, field):
    answer = caller(studio).post(f"{API}/generate", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (status, code, field), error
    assert set(error) == {"code", "message", "field", "allowed"}
    assert error["message"].endswith((".", "?"))
    assert studio.jobs.waiting() == 0


@pytest.mark.parametrize(
    ("wrong", "allowed"),
    [
        ({"count": 33}, ["1 to 32"]),
        ({"image_format": "gif"}, ["png", "jpeg", "webp"]),
        ({"width": 100}, ["96", "104"]),
        ({"schedule": "euler"}, ["scheduler"]),
        ({"scheduler": "eulr"}, ["euler", "euler_a", "heun"]),
    ],
)
def test_what_is_allowed_is_said(studio, wrong, allowed):
    error = caller(studio).post(f"{API}/generate", json=asked(**wrong)).json()["error"]
    assert set(error["allowed"]) & set(allowed)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"count": 33}, "count is “33”: it may be at most 32."),
        ({"num_inference_steps": 0}, "num_inference_steps is “0”: it has to be at least 1."),
        ({"steps": 3}, "num_inference_steps and steps mean the same. Give one of them."),
    ],
)
def test_a_wrong_number_is_told_in_the_words_of_the_command_line(studio, wrong, says):
    answer = caller(studio).post(f"{API}/generate", json=asked(**wrong))
    assert answer.json()["error"]["message"] == says


def test_an_unknown_model_gets_the_list_of_those_there_are(studio):
    error = caller(studio).post(f"{API}/generate", json=asked(model="zzz")).json()["error"]
    assert "starter" in error["allowed"]


def test_a_model_that_is_not_downloaded_is_a_conflict(studio):
    here = studio.stock.models()
    absent = next(p.model for p in studio.stock.presets.values() if p.model not in here)
    answer = caller(studio).post(f"{API}/generate", json={"prompt": "a cat", "model": absent})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "weights")


def test_too_many_of_ones_own_and_a_full_line_differ(home):
    studio = asleep(home, waiting_per_owner=1, line_limit=2, **SHARED)
    mine, yours = caller(studio, MINE), caller(studio, YOURS)
    assert mine.post(f"{API}/generate", json=asked()).status_code == 202
    answer = mine.post(f"{API}/generate", json=asked())
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many")
    assert int(answer.headers["retry-after"]) > 0
    assert yours.post(f"{API}/generate", json=asked()).status_code == 202
    answer = caller(studio, "3" * 32).post(f"{API}/generate", json=asked())
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "line_full")
    assert int(answer.headers["retry-after"]) > 0


def test_cancel_ends_a_waiting_job_and_the_queue_forgets_it(studio):
    client = caller(studio)
    job_id = client.post(f"{API}/generate", json=asked()).json()["id"]
    line = client.get(f"{API}/queue").json()
    assert (line["waiting"], [each["id"] for each in line["jobs"]]) == (1, [job_id])
    assert client.post(f"{API}/generate/{job_id}/cancel").json()["status"] == "cancelled"
    assert client.get(f"{API}/queue").json() == {"waiting": 0, "jobs": []}
    assert client.post(f"{API}/generate/{job_id}/cancel").json()["status"] == "cancelled"


def test_skip_leaves_the_picture_being_made(working: Studio):
    client = caller(working)
    body = asked(num_inference_steps=100, count=2)
    job_id = client.post(f"{API}/generate", json=body).json()["id"]
    while client.get(f"{API}/generate/{job_id}").json()["status"] != "running":
        pass
    client.post(f"{API}/generate/{job_id}/skip")
    finished(working, job_id)
    job = client.get(f"{API}/generate/{job_id}").json()
    assert (job["status"], job["skipped"]) == ("completed", [0])
    assert len(job["results"]) == 1


ROUTES = [
    ("GET", "/generate/{job}"),
    ("POST", "/generate/{job}/cancel"),
    ("POST", "/generate/{job}/skip"),
    ("GET", "/generate/{job}/stream"),
]


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_somebody_elses_job_is_not_there(home, method, route):
    studio = asleep(home, **SHARED)
    job_id = caller(studio, MINE).post(f"{API}/generate", json=asked()).json()["id"]
    answer = caller(studio, YOURS).request(method, API + route.format(job=job_id))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert MINE not in answer.text
    assert studio.jobs.view(job_id).state == "queued"
    assert caller(studio, YOURS).get(f"{API}/queue").json()["jobs"] == []


@pytest.mark.parametrize(("method", "route"), ROUTES)
@pytest.mark.parametrize(
    "job_id", ["0" * 32, "%00", "..%2f..%2fetc", "'%20OR%201=1", "a" * 5000, "<script>"]
)
def test_made_up_ids_find_nothing(studio, method, route, job_id):
    answer = caller(studio).request(method, API + route.format(job=job_id))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


def test_a_job_that_another_version_wrote_is_not_there(studio):
    job_id = studio.orders.start(ImageRequest(prompt="a fox"))
    studio._database.connection().execute("UPDATE recipes SET recipe = '{\"version\": 9}'")
    answer = caller(studio).get(f"{API}/generate/{job_id}")
    assert answer.status_code == 404
    assert "another version" in answer.json()["error"]["message"]


def test_a_program_without_a_cookie_is_given_one_when_others_are_let_in(home):
    studio = asleep(home, **SHARED)
    client = caller(studio)
    answer = client.post(f"{API}/generate", json=asked())
    job = answer.json()
    # Who reads the answer, such as a webhook's receiver, must not become its owner.
    assert len(job["owner"]) == 32
    assert answer.cookies[COOKIE] not in answer.text
    assert client.get(f"{API}/generate/{job['id']}").status_code == 200
    assert caller(studio).get(f"{API}/generate/{job['id']}").status_code == 404


def test_with_users_a_program_comes_in_by_its_key_and_sees_only_its_own(home, tmp_path):
    studio = asleep(home, users=str(tmp_path / "users.json"))
    users = studio.doorkeeper.users
    keys = {}
    for name in ("anna", "bert"):
        users.add(name, "a long password")
        keys[name] = users.add_key(name, "program")
    anna, bert = (caller(studio, authorization=f"Bearer {keys[name]}") for name in keys)
    job = anna.post(f"{API}/generate", json=asked()).json()
    assert job["owner"].endswith("anna")
    assert anna.get(f"{API}/generate/{job['id']}").status_code == 200
    assert bert.get(f"{API}/generate/{job['id']}").status_code == 404
    nobody = caller(studio, MINE).post(f"{API}/generate", json=asked())
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (401, "not_logged_in")
    assert caller(studio).get("/v1/models").status_code == 401
    assert caller(studio).get("/sdapi/v1/options").status_code == 401
    assert caller(studio).get(f"{API}/health").status_code == 200


def test_alone_on_localhost_a_program_sees_the_jobs_of_the_page(studio):
    job_id = caller(studio, MINE).post(f"{API}/generate", json=asked()).json()["id"]
    assert caller(studio).get(f"{API}/generate/{job_id}").status_code == 200


def test_script_in_what_was_sent_comes_back_as_json_only(studio):
    answer = caller(studio).post(f"{API}/generate", json={"prompt": "x", "<script>": "<img>"})
    assert "<script>" in answer.json()["error"]["message"]
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/nothing", "/generate", "/outputs"])
def test_an_address_that_is_not_there_answers_in_the_same_shape(studio, path):
    answer = caller(studio).get(API + path)
    assert answer.status_code in (404, 405)
    assert set(answer.json()["error"]) == {"code", "message", "field", "allowed"}
