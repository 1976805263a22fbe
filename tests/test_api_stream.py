"""Server-sent events: in order, to the end, resumed where they broke off, and no more."""

import asyncio
import base64
import io
import json
import sqlite3
import time

import httpx
import pytest
from api_client import SHARED, asked, asleep, awake, caller, finished, served
from PIL import Image

from fooocus_lite.api import relay, stream
from fooocus_lite.api.relay import Relay, Relays
from fooocus_lite.events import Finished, PictureReady, Queued, Step

API = "/api/v1"
LONG = {"num_inference_steps": 100}


@pytest.fixture(scope="module")
def working(tmp_path_factory):
    opened = awake(tmp_path_factory.mktemp("home"))
    client = caller(opened)
    assert client.post(f"{API}/generate?wait=true", json=asked()).status_code == 200
    yield opened
    opened.close()


def events(text):
    """(id, data) of each message but the last, which has to say that all is done."""
    *messages, done = [each for each in text.split("\n\n") if each and not each.startswith(":")]
    assert done == "data: [DONE]"
    pairs = (message.split("\n") for message in messages)
    return [
        (one.removeprefix("id: "), json.loads(two.removeprefix("data: "))) for one, two in pairs
    ]


def test_a_stream_tells_steps_with_previews_pictures_and_the_end(working, monkeypatch):
    monkeypatch.setattr(relay, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(stream, "STEP_EVERY_S", 0.02)
    client = caller(working)
    job_id = client.post(f"{API}/generate", json=asked(count=2, **LONG)).json()["id"]
    answer = client.get(f"{API}/generate/{job_id}/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    told = [data for _, data in events(answer.text)]
    steps = [each for each in told if each["event"] == "step"]
    assert steps
    assert all(each["total_steps"] == 100 for each in steps)
    assert [each["progress"] for each in steps] == sorted(each["progress"] for each in steps)
    image = base64.b64decode([each["image"] for each in steps if each["image"]][-1])
    assert Image.open(io.BytesIO(image)).format == "JPEG"
    pictures = [each for each in told if each["event"] == "picture"]
    assert [each["seed"] for each in pictures] == [1, 2]
    assert told[-1] == {
        "event": "completed", "progress": 100, "pictures": 2, "skipped": 0, "notices": [],
    }  # fmt: skip


def test_a_job_that_has_ended_is_told_in_one_go(working):
    client = caller(working)
    job_id = client.post(f"{API}/generate?wait=true", json=asked()).json()["id"]
    told = events(client.get(f"{API}/generate/{job_id}/stream").text)
    assert [data["event"] for _, data in told] == ["picture", "completed"]


def test_a_broken_stream_goes_on_after_the_last_event_seen(working):
    client = caller(working)
    job_id = client.post(f"{API}/generate?wait=true", json=asked(count=3)).json()["id"]
    told = events(client.get(f"{API}/generate/{job_id}/stream").text)
    seen = told[1][0]
    rest = client.get(f"{API}/generate/{job_id}/stream", headers={"last-event-id": seen})
    assert [(data["event"], data.get("index")) for _, data in events(rest.text)] == [
        ("picture", 2),
        ("completed", None),
    ]


@pytest.mark.parametrize("strange", ["x", "1.2", "-1.0.0", "1.1.99999999999999", "<b>", "٣.0.0"])
def test_a_strange_last_event_id_begins_anew(working, strange):
    client = caller(working)
    job_id = client.post(f"{API}/generate?wait=true", json=asked()).json()["id"]
    headers = {"last-event-id": strange.encode("utf-8")}
    told = events(client.get(f"{API}/generate/{job_id}/stream", headers=headers).text)
    assert [data["event"] for _, data in told] == ["picture", "completed"]


def told_of(steps, last_event_id=""):
    """What one listener is told at once of these steps, one after the other."""
    source = Relay()
    listener = stream._Listener(source, last_event_id)
    messages = []
    for step in steps:
        source._take(step)
        messages += listener.news()
    return [json.loads(each.split("data: ")[1]) for each in messages], messages


def test_steps_come_not_too_often_but_the_first_of_each_picture_at_once():
    told, _ = told_of([Step(1, 2, 1, 9), Step(1, 2, 2, 9), Step(1, 2, 3, 9), Step(2, 2, 1, 9)])
    assert [(each["picture"], each["step"]) for each in told] == [(1, 1), (2, 1)]


def test_a_step_already_seen_is_not_told_again():
    _, messages = told_of([Step(1, 2, 5, 10)])
    seen = messages[0].split("\n")[0].removeprefix("id: ")
    assert told_of([Step(1, 2, 5, 10)], seen)[0] == []
    assert len(told_of([Step(2, 2, 5, 10)], seen)[0]) == 1


def test_what_comes_while_a_slow_reader_takes_its_time_is_told_before_the_end(working):
    client = caller(working)
    view = finished(working, client.post(f"{API}/generate", json=asked()).json()["id"])
    source = Relay()
    source._take(Step(1, 1, 1, 9))
    messages = stream._Listener(source, "").news()
    told = [next(messages)]
    source._take(PictureReady(view.pictures[0]))
    source._take(Finished(1, 0))
    kinds = [json.loads(each.split("data: ")[1])["event"] for each in [*told, *messages]]
    assert kinds == ["step", "picture", "completed"]


def test_silence_is_filled_with_comments_and_the_job_is_left_with_its_last_listener(monkeypatch):
    monkeypatch.setattr(stream, "COMMENT_EVERY_S", 0.01)
    closed = []

    class Silent:
        @property
        def jobs(self):
            return self

        async def watch(self, *_which):
            try:
                await asyncio.Event().wait()
                yield Finished(0, 0)
            finally:
                closed.append(True)

    async def listen():
        relays = Relays(Silent())
        one, two = (stream.messages(relays, "job", "anna") for _ in range(2))
        heard = [await anext(one), await anext(two), await anext(one)]
        await one.aclose()
        assert closed == []
        await two.aclose()
        await asyncio.sleep(0)
        assert relays._relays == {}
        return heard

    assert asyncio.run(listen()) == [stream.COMMENT] * 3
    assert closed == [True]


def test_a_listener_is_told_when_the_job_cannot_be_read_any_more(home, monkeypatch):
    studio = asleep(home)
    client = caller(studio)
    job_id = client.post(f"{API}/generate", json=asked()).json()["id"]

    async def broken(*_which):
        yield Queued(1, None)
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(studio.jobs, "watch", broken)
    told = events(client.get(f"{API}/generate/{job_id}/stream").text)
    assert told[-1][1]["error"]["code"] == "internal"


def test_a_cancelled_job_says_so(home):
    studio = asleep(home)
    client = caller(studio)
    job_id = client.post(f"{API}/generate", json=asked()).json()["id"]
    client.post(f"{API}/generate/{job_id}/cancel")
    told = events(client.get(f"{API}/generate/{job_id}/stream").text)
    assert told[-1][1] == {"event": "cancelled", "pictures": 0}


def test_whoever_leaves_is_no_longer_followed_and_the_job_goes_on(working, monkeypatch):
    monkeypatch.setattr(relay, "LOOK_EVERY_S", 0.02)
    with served(working) as address, httpx.Client(base_url=address) as client:
        job_id = client.post(f"{API}/generate", json=asked(count=2, **LONG)).json()["id"]
        with client.stream("GET", f"{API}/generate/{job_id}/stream") as answer:
            lines = answer.iter_lines()
            while '"step"' not in next(lines):
                pass
            assert working.board.is_watched(job_id)
        deadline = time.monotonic() + 120
        while working.board.is_watched(job_id):
            assert time.monotonic() < deadline, "still followed"
            time.sleep(0.01)
        assert finished(working, job_id).state == "completed"


def test_many_follow_one_waiting_job_and_each_hears_its_end(home):
    studio = asleep(home, **SHARED)
    with served(studio) as address, httpx.Client(base_url=address) as client:
        job_id = client.post(f"{API}/generate", json=asked()).json()["id"]
        cookies = dict(client.cookies)

        async def follow(asking, heard):
            async with asking.stream("GET", f"{API}/generate/{job_id}/stream") as answer:
                async for line in answer.aiter_lines():
                    heard.append(line)
                    if '"queued"' in line:
                        studio.orders.stop(job_id)
            return heard[-2]

        async def all_of_them():
            limits = httpx.Limits(max_connections=30)
            async with httpx.AsyncClient(
                base_url=address, cookies=cookies, limits=limits, timeout=60
            ) as asking:
                return await asyncio.gather(*(follow(asking, []) for _ in range(20)))

        assert asyncio.run(all_of_them()) == ["data: [DONE]"] * 20
