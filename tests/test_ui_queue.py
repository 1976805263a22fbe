"""The Queue panel: what it says and may order, several prompts at once, adding while busy."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from api_client import SHARED, asleep
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from fooocus_lite.errors import BadRequest, TooMany
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.studio import Studio
from fooocus_lite.ui import page
from fooocus_lite.ui.answers import MAX_ORDER_BYTES
from fooocus_lite.ui.owner import COOKIE
from fooocus_lite.ui.queue_panel import MAX_CHARACTERS, MAX_PROMPTS, QueuePanel
from fooocus_lite.ui.queue_routes import ORDERS, QueueRoutes
from fooocus_lite.visitor import TIERS, Visitor

ME, OTHER, NOBODY = Visitor("1" * 32), Visitor("2" * 32), Visitor("")
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def studio(home):
    return asleep(home)


def client_of(studio: Studio, visitor: Visitor = ME) -> TestClient:
    """A browser whose requests the gate has let in as those of this visitor."""
    app = Starlette(routes=QueueRoutes(studio).all())

    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"visitor": visitor}}, receive, send)

    return TestClient(gate)


def add(studio: Studio, prompt: str = "a fox", visitor: Visitor = ME, **values: Any) -> str:
    return studio.orders.start(ImageRequest(prompt=prompt, **values), visitor)


def test_ones_own_jobs_are_listed_and_others_only_counted(studio):
    theirs = add(studio, "a secret", OTHER, count=3)
    studio._store.claim()
    mine = [add(studio, HOSTILE, count=2), add(studio)]
    found = client_of(studio).get("/queue").json()
    assert [job["id"] for job in found["jobs"]] == mine
    assert (found["waiting"], found["room"]) == (2, 18)
    first, second = found["jobs"]
    assert (first["prompt"], first["is_waiting"]) == (HOSTILE, True)
    assert first["line"] == "2 pictures · next"
    assert (first["others"], second["others"]) == ("Before this: 3 pictures of others", "")
    assert second["line"] == "1 picture · place 2"
    (running,) = client_of(studio, OTHER).get("/queue").json()["jobs"]
    assert (running["id"], running["is_waiting"]) == (theirs, False)
    assert "a secret" not in client_of(studio).get("/queue").text


def test_orders_change_the_line_and_answer_with_it(studio):
    client = client_of(studio)
    first, second, third = (add(studio) for _ in range(3))
    found = client.post("/queue/move", json={"id": third, "to": "up"}).json()
    assert [job["id"] for job in found["jobs"]] == [first, third, second]
    found = client.post("/queue/cancel", json={"id": first}).json()
    assert [job["id"] for job in found["jobs"]] == [third, second]
    found = client.post("/queue/duplicate", json={"id": third}).json()
    assert len(found["jobs"]) == 3
    add(studio, visitor=OTHER)
    found = client.post("/queue/clear", json={}).json()
    assert (found["jobs"], found["problem"]) == ([], "")
    assert len(studio.jobs.active()) == 1


def test_a_job_that_has_begun_is_not_moved_and_the_page_says_so(studio):
    begun = add(studio)
    studio._store.claim()
    answer = client_of(studio).post("/queue/move", json={"id": begun, "to": "last"})
    assert answer.status_code == 409
    assert "does not wait any more" in answer.json()["problem"]


@pytest.mark.parametrize("order", sorted(ORDERS))
def test_nobody_may_order_anything_about_anothers_job(studio, order):
    mine = add(studio)
    body = {"id": mine, "to": "first"}
    answer = client_of(studio, OTHER).post(f"/queue/{order}", json=body)
    assert answer.status_code == (200 if order == "clear" else 404)
    assert studio.jobs.active() == [mine]
    assert client_of(studio, NOBODY).post(f"/queue/{order}", json=body).status_code == 404
    assert client_of(studio, NOBODY).get("/queue").status_code == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "no order"),
        (b"[]", "no order"),
        (b"{", "no order"),
        (b"[" * 9_000, "no order"),
        (b'{"a": "' + b"x" * MAX_ORDER_BYTES + b'"}', "too long"),
    ],
)
def test_what_is_no_order_is_refused(studio, body, says):
    answer = client_of(studio).post("/queue/move", content=body)
    assert answer.status_code == 400
    assert says in answer.json()["problem"]


def test_only_known_orders_and_places_exist(studio):
    job = add(studio)
    assert client_of(studio).post("/queue/explode", json={"id": job}).status_code == 404
    for place in ("sideways", ["up"], None):
        answer = client_of(studio).post("/queue/move", json={"id": job, "to": place})
        assert answer.status_code == 400


def test_several_are_all_in_the_line_or_none_is(studio):
    numbered = {1: ImageRequest(prompt="a fox"), 4: ImageRequest(prompt="a hen", styles=("No",))}
    with pytest.raises(BadRequest, match=r"^Line 4: There is no style called “No”"):
        studio.orders.start_all(numbered, ME)
    assert studio.jobs.active() == []
    numbered[4] = ImageRequest(prompt="a hen")
    assert studio.orders.start_all(numbered, ME) == studio.jobs.active()


def test_it_is_said_how_many_fit(home):
    studio = asleep(home, waiting_per_owner=3)
    add(studio)
    four = {number: ImageRequest(prompt="a fox") for number in range(1, 5)}
    with pytest.raises(TooMany, match=r"Of these 4 prompts only the first 2 fit .* none was added"):
        studio.orders.start_all(four, ME)
    assert len(studio.jobs.active()) == 1
    studio.orders.start_all({1: four[1], 2: four[2]}, ME)
    with pytest.raises(TooMany, match="You have 3 jobs waiting"):
        studio.orders.start_all(four, ME)


def test_a_quota_counts_for_all_and_nothing_is_used_up_by_a_refusal(home):
    studio = asleep(home, **SHARED)
    tier = TIERS["free"].model_copy(update={"pictures_per_hour": 3, "waiting_jobs": 9})
    visitor = Visitor("1" * 32, tier=tier)
    with pytest.raises(TooMany, match="only the first 3 fit"):
        studio.orders.start_all({n: ImageRequest(prompt="a fox") for n in range(1, 6)}, visitor)
    assert (
        len(studio.orders.start_all({n: ImageRequest(prompt="a fox") for n in (1, 2, 3)}, visitor))
        == 3
    )
    assert studio.orders.waiting_limit(visitor) == 9


def test_a_prompt_against_the_rules_stops_all_of_them(home):
    studio = asleep(home, **SHARED)
    rules = '{"rules": [{"name": "x", "any_of": ["badword"], "reason": "Not here."}]}'
    (home / "rules.json").write_text(rules, encoding="utf-8")
    asked = {1: ImageRequest(prompt="a fox"), 2: ImageRequest(prompt="a badword")}
    with pytest.raises(BadRequest, match="Line 2: Not here"):
        studio.orders.start_all(asked, ME)
    assert studio.jobs.active() == []


# -- through the page's own handlers -------------------------------------------------------


@dataclass
class Asked:
    """What Gradio hands to a handler, as far as it is read."""

    state: Any
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def panel(studio) -> QueuePanel:
    """The panel of a built page, taken from the handler of its box."""

    async def build() -> Any:
        return page.build(studio)

    owners = [getattr(each.fn, "__self__", None) for each in asyncio.run(build()).fns.values()]
    (panel,) = [each for each in owners if isinstance(each, QueuePanel)]
    return panel


def values_of(panel: QueuePanel, prompts: object, **changed: Any) -> dict[Any, Any]:
    fields = panel.actions.fields
    values = {field: field.value for field in fields.values()}
    values |= {fields[name]: value for name, value in changed.items()}
    return {**values, panel.panel: {"prompts": prompts}}


def press(panel: QueuePanel, prompts: object, **changed: Any) -> dict[Any, Any]:
    return panel.add(values_of(panel, prompts, **changed), Asked(SimpleNamespace(visitor=ME)))


def test_each_line_becomes_a_job_with_the_pages_settings(panel, studio):
    said = press(panel, "a fox\n# no\n\na hen", seed="5", count=2)
    assert said[panel.panel] == {"kind": "info", "text": "2 jobs are added to your queue."}
    views = [studio.jobs.view(job_id) for job_id in studio.jobs.active()]
    assert [view.recipes[0].request.prompt for view in views] == ["a fox", "a hen"]
    assert [[recipe.seed for recipe in view.recipes] for view in views] == [[5, 6], [5, 6]]
    assert said[panel.actions.newest] == views[0].id


@pytest.mark.parametrize(
    ("prompts", "says"),
    [
        ("", "no prompt in this text"),
        (None, "no prompt in this text"),
        ("x" * (MAX_CHARACTERS + 1), "more than a megabyte"),
        ("a fox\n" * (MAX_PROMPTS + 1), f"at most {MAX_PROMPTS} go at once"),
        ("a fox\n\na \x07 hen", "Line 3: The prompt has the control character U+0007"),
        ("a fox\n__nowhere__", "Line 2: "),
        ("a fox\n" * 21, "only the first 20 fit"),
    ],
)
def test_a_mistake_names_its_line_and_nothing_is_added(panel, studio, prompts, says):
    said = press(panel, prompts)[panel.panel]
    assert said["kind"] == "error"
    assert says in said["text"]
    assert studio.jobs.active() == []


def test_a_model_that_is_missing_is_said(panel):
    said = press(panel, "a fox", preset="qwen-image")[panel.panel]["text"]
    assert "needs the model Qwen/Qwen-Image" in said


def test_what_is_added_while_one_is_made_leaves_the_stage_alone(panel, studio):
    actions = panel.actions
    asked = Asked(SimpleNamespace(visitor=ME))
    values = values_of(panel, "", prompt="a fox")
    changes = actions.add(values, asked)
    assert set(changes) == {actions.message, actions.newest}
    assert [changes[actions.newest]] == studio.jobs.active()
    nothing = actions.add({**values, actions.fields["prompt"]: " "}, asked)
    assert nothing[actions.message]["kind"] == "hint"


def test_a_job_followed_to_its_end_is_not_shown_again_by_the_next_following(panel, studio):
    actions = panel.actions
    job_id = add(studio)
    studio.orders.stop(job_id, ME.owner)
    headers = {"cookie": f"{COOKIE}={ME.owner}"}
    asked = Asked(SimpleNamespace(visitor=ME), headers)

    async def follow() -> list[dict[Any, Any]]:
        return [each async for each in actions.follow({actions.newest: job_id}, asked)]

    last = asyncio.run(follow())[-1]
    assert last[actions.stage]["state"] == "cancelled"
    assert last[actions.newest] == ""
