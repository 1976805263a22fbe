"""One look through the model folders: what it finds stays as it was, and the next one is new."""

import shutil
from pathlib import Path

import pytest

from fooocus_lite.errors import UnknownName
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.supplies.listing import Listing
from fooocus_lite.supplies.stock import Stock
from fooocus_lite.thinking.families import STARTER
from fooocus_lite.ui import model_facts
from fooocus_lite.visitor import Visitor
from fooocus_lite.weights import snapshots


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(load({"home": tmp_path}))


def put(studio: Studio, kind: str, name: str) -> Path:
    file = studio.settings.models / kind / f"{name}.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"")
    return file


@pytest.mark.parametrize(
    ("kind", "find"), [("loras", "lora_files"), ("embeddings", "embedding_files")]
)
def test_a_listing_stays_as_it_was_and_the_next_one_sees_what_changed(
    studio: Studio, kind: str, find: str
) -> None:
    file = put(studio, kind, "ink")
    listing = studio.stock.listing()
    model = listing.model(STARTER.name)
    assert getattr(listing, find)(model)["ink"] == file
    file.unlink()
    put(studio, kind, "glow")
    assert {"ink"} == getattr(listing, find)(model).keys() & {"ink", "glow"}
    assert {"glow"} == getattr(studio.stock.listing(), find)(model).keys() & {"ink", "glow"}


@pytest.mark.parametrize(
    ("kind", "find"), [("loras", "lora_files"), ("embeddings", "embedding_files")]
)
def test_a_models_own_files_come_before_those_of_every_model(
    studio: Studio, starter: Path, kind: str, find: str
) -> None:
    shutil.copytree(starter, studio.settings.models / "starter", symlinks=True)
    own = put(studio, f"starter/{kind}", "ink")
    shared = [put(studio, kind, name) for name in ("ink", "glow")]
    put(studio, kind, "notes").rename(studio.settings.models / kind / "notes.pt")
    listing = studio.stock.listing()
    found = getattr(listing, find)(listing.model("starter"))
    assert (found["ink"], found["glow"]) == (own, shared[1])
    assert getattr(listing, find)()["ink"] == shared[0]
    assert "notes" not in found


def test_a_models_own_loras_are_not_those_of_every_model(studio: Studio) -> None:
    put(studio, "loras", "ink")
    listing = studio.stock.listing()
    own = listing.lora_files(listing.model(STARTER.name))
    assert own.keys() - listing.lora_files().keys() == {"starter-chalkboard", "starter-lcm"}
    assert listing.lora_files().keys() == {"ink"}


def test_a_performance_lora_that_another_tool_brought_is_found_where_it_lies(
    studio: Studio,
) -> None:
    models, revision = studio.settings.models, "a" * 40
    snapshot = snapshots.snapshot_of(models, "latent-consistency/lcm-lora-sdxl", revision)
    snapshot.mkdir(parents=True)
    brought = snapshot / "pytorch_lora_weights.safetensors"
    brought.write_bytes(b"")
    assert "lcm-lora-sdxl" not in studio.stock.listing().lora_files()
    snapshots.point(models, "latent-consistency/lcm-lora-sdxl", revision)
    assert studio.stock.listing().lora_files()["lcm-lora-sdxl"] == brought
    own = put(studio, "loras", "lcm-lora-sdxl")
    assert studio.stock.listing().lora_files()["lcm-lora-sdxl"] == own


def test_the_models_panel_looks_at_the_folders_once(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(studio, "loras", "ink")
    looks: list[Listing] = []
    listing = Stock.listing

    def counted(stock: Stock) -> Listing:
        looks.append(listing(stock))
        return looks[-1]

    monkeypatch.setattr(Stock, "listing", counted)
    shown = model_facts.listing(studio, Visitor("1" * 32, name="local", is_host=True))
    assert [each["title"] for each in shown["files"]] == ["ink"]
    assert len(looks) == 1


def test_each_order_sees_the_files_of_its_moment(studio: Studio) -> None:
    request = ImageRequest(prompt="a fox <lora:ink:0.5>")
    file = put(studio, "loras", "ink")
    assert studio.orders.plan(request)[0].loras[-1].name == "ink"
    file.unlink()
    with pytest.raises(UnknownName, match="ink"):
        studio.orders.plan(request)
