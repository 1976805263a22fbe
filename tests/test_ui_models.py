"""The Models panel: what it says, what the host may order, and what a visitor may not."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from test_uploads import SD15, VAE, safetensors
from ui_fake import LARGE, FakeStudio

from fooocus_lite.errors import WeightsError
from fooocus_lite.settings import Settings
from fooocus_lite.supplies.downloads import Download
from fooocus_lite.supplies.wishes import Wish
from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.ui import download_facts, page
from fooocus_lite.ui.actions import ASK_THE_HOST
from fooocus_lite.ui.answers import MAX_ORDER_BYTES
from fooocus_lite.ui.model_routes import ModelRoutes
from fooocus_lite.ui.models_panel import ModelsPanel
from fooocus_lite.ui.security import SameOrigin
from fooocus_lite.visitor import Visitor

ME = "1" * 32
ORDERS = ["download", "update", "cancel", "discard", "remove", "set-back", "sample", "look-up"]
TAKES = "A sample takes ≈ 14 s"


@dataclass
class Asked:
    """What Gradio hands to a handler, as far as it is read."""

    state: Any


HOST = Visitor(ME, name="local", is_host=True)
STRANGER = Visitor("2" * 32)
NOBODY = Visitor("", is_host=True)


@pytest.fixture
def studio(home: Path):
    opened = FakeStudio(Settings(home=home, output_path=home / "outputs"), step_s=0.0)
    yield opened
    opened.model_store().downloads.close()


def client_of(studio: FakeStudio, visitor: Visitor = HOST) -> TestClient:
    """A browser whose requests the gate has let in as those of this visitor."""
    app = Starlette(routes=ModelRoutes(studio).all())

    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"visitor": visitor}}, receive, send)

    return TestClient(gate)


def asked_by(visitor: Visitor) -> Asked:
    return Asked(SimpleNamespace(visitor=visitor))


def settle(studio: FakeStudio) -> None:
    worker = studio.model_store().downloads._worker
    if worker is not None:
        worker.join(120)


def files_in(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_models_that_are_here_and_those_that_could_be_are_listed_with_what_people_ask(studio):
    found = client_of(studio).get("/models").json()
    here, absent = found["models"]
    assert (here["name"], here["is_here"], here["can_remove"]) == ("starter", True, False)
    assert here["size"] == "15 MiB on disk"
    assert here["memory"].startswith("A picture takes ≈")
    assert (absent["name"], absent["is_here"], absent["can_download"]) == (LARGE.model, False, True)
    assert absent["badge"] == "Commercial use OK"
    assert absent["size"] == "30.6 GiB to download"
    takes = "A picture would take 19.5 GiB of 8.0 GiB · leaf offload · may not fit"
    assert (absent["memory"], absent["is_tight"]) == (takes, True)
    assert absent["reason"] == "<b>Its parts</b> take turns."
    assert absent["link"] == f"https://huggingface.co/{LARGE.model}"
    assert found["disk"] == "15 MiB used by models, 212.0 GiB free"
    assert found["is_host"]


def test_a_download_is_followed_to_its_end_and_the_model_is_here_then(studio):
    client = client_of(studio)
    assert client.post("/models/download", json={"name": "large"}).status_code == 200
    settle(studio)
    (done,) = client.get("/models/downloads").json()["downloads"]
    assert (done["name"], done["title"], done["state"]) == (LARGE.model, "Large", "done")
    assert (done["percent"], done["line"]) == (100, "Here and checked")
    here = {each["name"]: each for each in client.get("/models").json()["models"]}
    assert here[LARGE.model]["is_here"]
    assert client.post("/models/discard", json={"name": LARGE.model}).status_code == 200
    assert client.get("/models/downloads").json()["downloads"] == []


def test_a_preset_is_here_when_its_last_part_is(studio):
    store, stock = studio.model_store(), studio.stock
    stock.presets["fine"] = LARGE.model_copy(update={"name": "fine", "title": "Fine"})
    for name in ("somebody/polish", LARGE.model):
        store.downloads.ask(Wish(name=name, title=name, repo_id=name, preset="fine"))
        settle(studio)
        answered = client_of(studio).get("/models/downloads").json()["downloads"]
        said = [(each["here"], each["can_use"], each["use"]) for each in answered]
        is_whole = name == LARGE.model
        assert {*said} == {("Fine is here." if is_whole else "", is_whole, "fine")}


def test_a_damaged_model_says_so_and_its_host_can_download_it_again(studio):
    stock = studio.stock
    stock.here[LARGE.model] = replace(
        stock.here["starter"], name=LARGE.model, folder=Path("/nowhere") / LARGE.model
    )
    stock.damages[LARGE.model] = "One of its files is damaged."
    for visitor, again in ((HOST, LARGE.model), (STRANGER, "")):
        cards = client_of(studio, visitor).get("/models").json()["models"]
        found = {each["name"]: each for each in cards}
        card = found[LARGE.model]
        assert (card["problem"], card["again"]) == ("One of its files is damaged.", again)
        assert card["is_damaged"]
        assert not found["starter"]["is_damaged"]


def test_a_damaged_file_can_be_removed_where_it_is_said(studio, home):
    folder = home / "models" / "loras"
    folder.mkdir(parents=True)
    (folder / "ink.safetensors").write_bytes(b"short")
    (folder / "old.pt").write_bytes(b"\x80\x02")
    found = {each["name"]: each for each in client_of(studio).get("/models").json()["files"]}
    ink, pickle = found["loras/ink"], found["loras/old.pt"]
    assert (ink["is_damaged"], ink["can_remove"], ink["again"]) == (True, True, "")
    assert not pickle["is_damaged"]


def test_loras_of_performances_say_size_and_licence_before_they_come(studio):
    stock = studio.stock
    stock.family_of = lambda _model: FAMILIES["sdxl"]
    cards = {each["name"]: each for each in client_of(studio).get("/models").json()["loras"]}
    lightning = cards["sdxl_lightning_4step_lora"]
    assert lightning["size"] == "376 MiB to download"
    assert (lightning["badge"], lightning["licence"]) == ("Commercial use OK", "openrail++")
    assert (lightning["again"], lightning["can_download"]) == ("", True)
    hyper = cards["Hyper-SDXL-4steps-lora"]
    assert (hyper["badge"], hyper["licence"]) == ("Read its licence", "licence unknown")


def test_a_performances_lora_that_is_damaged_can_be_downloaded_again_by_its_name(studio, home):
    stock, file = studio.stock, home / "models" / "loras" / "lcm-lora-sdxl.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"short")
    stock.family_of = lambda _model: FAMILIES["sdxl"]
    stock.damages["lcm-lora-sdxl.safetensors"] = "It is damaged."
    cards = {each["name"]: each for each in client_of(studio).get("/models").json()["loras"]}
    assert cards["lcm-lora-sdxl"]["again"] == "lcm-lora-sdxl"
    assert "is damaged" in cards["lcm-lora-sdxl"]["problem"]


def test_any_page_sees_a_failure_with_its_sentence_and_can_try_again(studio):
    client = client_of(studio)
    client.post("/models/download", json={"name": "somebody/broken"})
    settle(studio)
    (failed,) = client_of(studio, STRANGER).get("/models/downloads").json()["downloads"]
    assert failed["state"] == "failed"
    assert failed["message"].startswith("The connection broke")
    assert failed["line"].startswith("Failed · 5")
    client.post("/models/download", json={"name": "somebody/broken"})
    settle(studio)
    assert client.get("/models/downloads").json()["downloads"][0]["state"] == "done"


def test_a_version_can_be_set_back_and_a_model_removed(studio):
    client = client_of(studio)
    client.post("/models/download", json={"name": "somebody/nice"})
    settle(studio)
    card = next(
        each for each in client.get("/models").json()["models"] if each["name"] == "somebody/nice"
    )
    assert [each["name"] for each in card["revisions"]] == ["aaaaaaaa", "bbbbbbbb"]
    order = {"name": "somebody/nice", "revision": card["revisions"][1]["id"]}
    assert client.post("/models/set-back", json=order).status_code == 200
    settle(studio)
    assert studio.model_store().revisions("somebody/nice")[0] == "b" * 40
    assert client.post("/models/remove", json={"name": "somebody/nice"}).status_code == 200
    names = [each["name"] for each in client.get("/models").json()["models"]]
    assert "somebody/nice" not in names


def test_a_sample_is_offered_made_and_shown_to_everybody(studio):
    client = client_of(studio)
    (card, _) = client.get("/models").json()["models"]
    assert (card["sample"], card["sample_takes"], card["is_sampling"]) == ("", TAKES, False)
    assert client.get("/models/sample", params={"name": "starter"}).status_code == 404
    assert client.post("/models/sample", json={"name": "starter"}).status_code == 200
    assert client.get("/models").json()["models"][0]["is_sampling"]
    assert client.get("/models/downloads").json()["sampling"] == []
    for visitor in (HOST, STRANGER):
        card = client_of(studio, visitor).get("/models").json()["models"][0]
        assert (card["sample_takes"], card["is_sampling"]) == (None, False)
        answer = client_of(studio, visitor).get(f"/{card['sample']}")
        assert answer.headers["content-type"] == "image/webp"
    assert client_of(studio, NOBODY).get(f"/{card['sample']}").status_code == 404


def test_what_nothing_here_can_make_has_no_button_and_says_so(studio):
    studio.stock.here["nothing"] = studio.stock.here["starter"]
    answer = client_of(studio).post("/models/sample", json={"name": "nothing"})
    assert answer.json()["problem"] == "No model that is here fits it."


def test_a_visitor_is_offered_no_sample(studio):
    (card,) = client_of(studio, STRANGER).get("/models").json()["models"]
    assert card["sample_takes"] is None


def test_a_file_of_another_program_says_where_it_lies_to_the_host_alone(studio, home, monkeypatch):
    folder = home / "models" / "loras"
    folder.mkdir(parents=True)
    shapes = {"lora_unet_x.lora_down.weight": [4, 8], "lora_unet_x.lora_up.weight": [8, 4]}
    (folder / "wobble.safetensors").write_bytes(safetensors(shapes))
    monkeypatch.setattr(studio.model_store(), "is_ours", lambda _path: False)
    for visitor, place in ((HOST, str(folder)), (STRANGER, "")):
        (file,) = client_of(studio, visitor).get("/models").json()["files"]
        assert (file["can_remove"], file["place"]) == (False, place)


def test_what_is_pasted_is_described_first(studio):
    link = "https://huggingface.co/somebody/nice/tree/main"
    found = client_of(studio).post("/models/look-up", json={"name": link}).json()
    assert (found["name"], found["about"]) == ("somebody/nice", "SDXL")
    assert (found["badge"], found["kind"]) == ("Non-commercial only", "non-commercial")
    assert found["can_download"]
    assert found["size"] == "6.4 GiB, 6.4 GiB to download, 212.0 GiB free"
    assert studio.downloads() == ()


def test_what_is_pasted_and_is_here_can_be_used_at_once(studio):
    studio.stock.here["somebody/nice"] = studio.stock.here["starter"]
    found = client_of(studio).post("/models/look-up", json={"name": "somebody/nice"}).json()
    assert found["can_download"], "of its parts, some are not here"
    studio.model_store().missing_bytes = 0
    found = client_of(studio).post("/models/look-up", json={"name": "somebody/nice"}).json()
    assert (found["is_here"], found["can_use"], found["can_download"]) == (True, True, False)
    assert found["size"] == "6.4 GiB, here already"


def test_a_refusal_has_the_sentence_and_the_link_to_click(studio):
    answer = client_of(studio).post("/models/look-up", json={"name": "somebody/gated"})
    assert answer.status_code == 400
    assert answer.json()["link"] == "https://huggingface.co/somebody/gated"
    assert "log in and accept" in answer.json()["problem"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        '"x"',
        "{}",
        '{"name": 5}',
        '{"name": " "}',
        "[" * 5000,
        "x" * 20_000,
        '{"name": "\\ud800", "revision": "x"}',
    ],
)
@pytest.mark.parametrize("order", ORDERS)
def test_an_order_that_is_none_is_refused(studio, order, body):
    answer = client_of(studio).post(f"/models/{order}", content=body)
    assert answer.status_code == 400
    assert answer.json()["problem"]


@pytest.mark.parametrize("name", ["no such preset", "a b/c", "../../etc", "<script>/x"])
def test_a_name_that_is_none_is_refused_in_words(studio, name):
    answer = client_of(studio).post("/models/download", json={"name": name})
    assert answer.status_code == 400
    assert "“" in answer.json()["problem"]


def test_an_order_about_nothing_is_not_found(studio):
    for order in ("cancel", "discard"):
        answer = client_of(studio).post(f"/models/{order}", json={"name": "gone"})
        assert answer.status_code == 404


@pytest.mark.parametrize("order", [*ORDERS, "upload?name=a.safetensors"])
def test_a_visitor_of_a_shared_page_orders_nothing(studio, home, order):
    body = b"x" * (MAX_ORDER_BYTES + 1)
    answer = client_of(studio, STRANGER).post(f"/models/{order}", content=body)
    assert answer.status_code == 403
    assert "only by the host" in answer.json()["problem"]
    assert files_in(home) == []


def test_a_visitor_sees_what_is_here_and_no_way_to_change_it(studio):
    found = client_of(studio, STRANGER).get("/models").json()
    assert not found["is_host"]
    assert [each["name"] for each in found["models"]] == ["starter"]
    assert not found["models"][0]["can_remove"]
    assert found["loras"] == []
    assert "free" not in found["disk"]


@pytest.mark.parametrize("path", ["", "/downloads", *(f"/{order}" for order in ORDERS), "/upload"])
def test_without_the_page_there_is_nothing(studio, path):
    client = client_of(studio, NOBODY)
    method = client.get if path in ("", "/downloads") else client.post
    assert method(f"/models{path}").status_code == 404


@pytest.mark.parametrize("order", [*ORDERS, "upload?name=a.safetensors"])
def test_another_site_cannot_give_orders(studio, home, order):
    client = TestClient(SameOrigin(client_of(studio).app), base_url="http://127.0.0.1:7865")
    headers = {"origin": "https://evil.example"}
    answer = client.post(f"/models/{order}", content=b"{}", headers=headers)
    assert answer.status_code == 403
    assert files_in(home) == []


def test_a_file_is_checked_and_put_where_its_kind_belongs(studio, home):
    data = safetensors(SD15)
    client = client_of(studio)
    answer = client.post("/models/upload", params={"name": "a/../Dream.safetensors"}, content=data)
    assert answer.status_code == 200
    assert answer.json()["text"] == "“Dream” is here: checkpoint for Stable Diffusion 1.5."
    assert (home / "models" / "checkpoints" / "Dream.safetensors").read_bytes() == data
    again = client.post("/models/upload", params={"name": "Other.safetensors"}, content=data)
    assert "the same file is here already" in again.json()["text"].lower()
    assert files_in(home) == ["models/checkpoints/Dream.safetensors"]


def test_files_of_ones_own_are_listed_with_what_they_are_and_what_is_wrong(studio, home):
    folder = home / "models" / "loras"
    folder.mkdir(parents=True)
    shapes = {"lora_unet_x.lora_down.weight": [4, 8], "lora_unet_x.lora_up.weight": [8, 4]}
    said = {"modelspec.license": "CC-BY-NC-4.0"}
    (folder / "wobble.safetensors").write_bytes(safetensors(shapes, said))
    (folder / "old.pt").write_bytes(b"\x80\x02")
    found = {each["name"]: each for each in client_of(studio).get("/models").json()["files"]}
    wobble = found["loras/wobble"]
    assert wobble["about"].startswith("LoRA for ")
    assert wobble["size"].endswith(" in fp16")
    assert (wobble["badge"], wobble["licence"]) == ("Non-commercial only", "CC-BY-NC-4.0")
    assert "badge" not in found["loras/old.pt"]
    assert (wobble["sample_takes"], wobble["can_remove"]) == (TAKES, True)
    assert "models convert old.pt" in found["loras/old.pt"]["problem"]
    assert "sample" not in found["loras/old.pt"]


def test_a_checkpoint_without_its_settings_has_a_button_for_the_host_alone(studio, home):
    folder = home / "models" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "Dream.safetensors").write_bytes(safetensors(SD15))
    here = studio.stock.here["starter"]
    studio.stock.here["Dream"] = replace(
        here, name="Dream", folder=folder / "Dream.safetensors", kind="file"
    )
    for visitor, needs, is_told_how in (
        (HOST, "stable-diffusion-v1-5/stable-diffusion-v1-5/model_index.json", False),
        (STRANGER, "", True),
    ):
        cards = client_of(studio, visitor).get("/models").json()["models"]
        (card,) = [each for each in cards if each["name"] == "Dream"]
        assert card["needs"] == needs
        assert card["problem"].startswith("The model Dream is a single file")
        assert ("--config-only" in card["problem"]) is is_told_how
        assert {each["needs"] for each in cards if each["name"] == "starter"} == {""}


def test_files_of_one_name_in_two_folders_are_both_listed(studio, home):
    for kind, shapes in (("loras", {"lora_unet_x.lora_down.weight": [4, 8]}), ("vae", VAE)):
        (home / "models" / kind).mkdir(parents=True)
        (home / "models" / kind / "same.safetensors").write_bytes(safetensors(shapes))
    listed = client_of(studio).get("/models").json()["files"]
    assert [each["name"] for each in listed] == ["loras/same", "vae/same"]
    assert [each["title"] for each in listed] == ["same", "same"]
    loras, vae = listed
    assert "not used yet" not in loras["about"]
    assert vae["about"] == "VAE of 4 channels · listed, not used yet"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("bad.ckpt", b"x", "models convert bad.ckpt"),
        ("bad.safetensors", b"PK\x03\x04" + bytes(99), "bad.safetensors is damaged"),
        ("bad.safetensors", b"", "is empty"),
        ("", b"x", "no model file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_nothing_of_it_stays(
    studio, home, name, content, says
):
    answer = client_of(studio).post("/models/upload", params={"name": name}, content=content)
    assert answer.status_code == 400
    assert says in answer.json()["problem"]
    assert files_in(home) == []


def test_a_file_whose_length_is_a_secret_is_refused(studio):
    def pieces():
        yield b"x"

    answer = client_of(studio).post("/models/upload?name=a.safetensors", content=pieces())
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"state": "waiting"}, "Waiting for its turn"),
        ({"state": "running"}, "Starting"),
        (
            {
                "state": "running", "done_bytes": 2**30, "total_bytes": 4 * 2**30,
                "bytes_per_s": 88_040_000, "eta_s": 36.4,
            },
            "25 % · 1.0 GiB of 4.0 GiB · 84 MiB/s · about 36 s left",
        ),
        (
            {"state": "cancelled", "done_bytes": 2**20, "total_bytes": 2**30},
            "Stopped · 0 % · 1.0 MiB of 1.0 GiB",
        ),
    ],
)  # fmt: skip
def test_a_download_says_how_it_stands_in_one_line(studio, monkeypatch, changes, line):
    wish = Wish(name="a/b", title="B", repo_id="a/b")
    monkeypatch.setattr(studio, "downloads", lambda: (Download(wish, **changes),))
    (shown,) = download_facts.underway(studio)["downloads"]
    assert shown["line"] == line


@pytest.fixture
def panel(studio) -> ModelsPanel:
    """The panel of a built page, taken from the handler of its Use button."""

    async def build() -> Any:
        return page.build(studio)

    blocks = asyncio.run(build())
    (use,) = [each.fn for each in blocks.fns.values() if getattr(each.fn, "__name__", "") == "use"]
    return use.__self__


def chosen(panel: ModelsPanel, name: object) -> dict[Any, Any]:
    preset = panel.actions.fields["preset"]
    return panel.use({panel.panel: {"use": name}, preset: "starter"}, asked_by(HOST))


def test_using_a_model_turns_the_page_to_its_preset_and_begins_to_load_it(panel, studio):
    client_of(studio).post("/models/download", json={"name": "large"})
    settle(studio)
    changes = chosen(panel, LARGE.model)
    assert changes[panel.actions.fields["preset"]]["value"] == "large"
    assert ("Large", "large") in changes[panel.actions.fields["preset"]]["choices"]
    assert changes[panel.about]["state"] == ""
    assert studio.warmed == ["large"]


def test_the_presets_to_choose_from_follow_what_is_here(panel, studio):
    preset = panel.actions.fields["preset"]
    for is_here, shown in ((False, "Large · to download"), (True, "Large")):
        changes = panel.look({preset: "large"})
        assert (shown, "large") in changes[preset]["choices"]
        assert bool(changes[panel.about]["state"]) is not is_here
        studio.stock.here[LARGE.model] = studio.stock.here["starter"]


@pytest.mark.parametrize("name", ["somebody/gone", "", None, 5, ["starter"]])
def test_a_model_that_is_gone_is_said(panel, name):
    changes = chosen(panel, name)
    assert changes[panel.actions.message]["kind"] == "error"
    assert panel.actions.fields["preset"] not in changes


def test_a_missing_model_comes_with_a_button_for_the_host_alone(panel, studio):
    actions = panel.actions
    values = {component: component.value for component in actions.fields.values()}
    values |= {actions.fields["prompt"]: "a hill", actions.fields["preset"]: "large"}
    said = actions.submit(values, asked_by(HOST))[actions.message]
    assert said["kind"] == "error"
    assert said["text"].endswith("which is not here yet.")
    assert said["action"] == {
        "label": "Download (30.6 GiB)", "event": "fl:download", "detail": LARGE.model,
    }  # fmt: skip
    said = actions.submit(values, asked_by(STRANGER))[actions.message]
    assert "action" not in said
    assert said["text"].endswith(f"which is not here yet. {ASK_THE_HOST}")


def test_choosing_a_preset_begins_to_load_its_model(panel, studio):
    preset = panel.actions.fields["preset"]
    changes = panel.actions.choose_preset({preset: "starter"})
    assert studio.warmed == ["starter"]
    assert changes[panel.actions.message]["text"] == ""


def test_a_damaged_record_of_downloads_is_shown_not_thrown(studio, monkeypatch):
    def damaged(name: str) -> tuple[str, ...]:
        raise WeightsError("models/lock.json is damaged. Correct it.")

    monkeypatch.setattr(studio.model_store(), "revisions", damaged)
    found = client_of(studio).get("/models").json()
    assert found["problem"] == "models/lock.json is damaged. Correct it."
    assert found["models"]
