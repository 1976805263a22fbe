"""What presets do on the page: looked at, saved, restored."""

import asyncio
import io
from typing import Any

import gradio as gr
import pytest
from PIL import Image
from starlette.requests import Request
from ui_fake import LARGE, FakeStock, FakeStudio

from fooocus_lite.settings import Settings
from fooocus_lite.thinking.presets import Licence
from fooocus_lite.ui import page
from fooocus_lite.ui.actions import preset_named
from fooocus_lite.ui.preset_facts import about, preset_choices
from fooocus_lite.ui.presets_panel import PresetsPanel
from fooocus_lite.visitor import Visitor


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> PresetsPanel:
    """The panel of a built page, taken from the handler of its save button."""
    home = tmp_path_factory.mktemp("home")
    studio = FakeStudio(Settings(home=home, output_path=home / "outputs"))

    async def build() -> Any:
        return page.build(studio)

    blocks = asyncio.run(build())
    (save,) = [
        each.fn for each in blocks.fns.values() if getattr(each.fn, "__name__", "") == "save"
    ]
    return save.__self__


@pytest.fixture
def panel(built: PresetsPanel) -> PresetsPanel:
    """The same, with nothing left of what other tests saved."""
    built.studio.stock.presets = FakeStock(built.studio.settings).presets
    return built


@pytest.mark.parametrize("asked", [LARGE.name.upper(), LARGE.shown_name])
def test_the_page_begins_with_the_preset_that_was_asked_for_in_any_case(asked, tmp_path):
    settings = Settings(home=tmp_path, output_path=tmp_path, preset=asked)
    assert preset_named(FakeStudio(settings)) == LARGE


def asked_by(is_host: bool) -> gr.Request:
    """A request as it comes through the gate."""
    return gr.Request(
        Request({"type": "http", "state": {"visitor": Visitor("1", is_host=is_host)}})
    )


def values_of(panel: PresetsPanel, **changes: Any) -> dict[Any, Any]:
    fields = panel.actions.fields
    values: dict[Any, Any] = {component: component.value for component in fields.values()}
    return values | {fields[name]: value for name, value in changes.items()}


def test_facts_are_empty_where_nothing_is_known(panel):
    assert set(about(panel.studio.stock.presets["starter"], here=["starter"]).values()) == {""}


@pytest.mark.parametrize(
    ("pictures", "badge"),
    [
        ("commercial", "Commercial use OK"),
        ("conditions", "Conditions apply"),
        ("non-commercial", "Non-commercial only"),
    ],
)
def test_a_licence_is_one_of_three_badges(pictures, badge):
    licence = Licence(id="Some-1.0", pictures=pictures, summary="So it is.")
    facts = about(LARGE.model_copy(update={"licence": licence}), here=["starter"])
    assert (facts["badge"], facts["kind"]) == (badge, pictures)
    assert facts["licence"] == "Some-1.0. So it is."
    assert facts["state"] == "Not downloaded yet: somebody/large"
    assert facts["needs"] == "30.6 GiB on disk, graphics card with 16 GiB (bfloat16)"


def test_of_a_model_and_a_refiner_only_what_is_not_here_is_named():
    refined = LARGE.model_copy(update={"refiner": "somebody/last"})
    for here, state in (
        ([], "Not downloaded yet: somebody/large and somebody/last"),
        (["somebody/large"], "Not downloaded yet: somebody/last"),
        (["somebody/last", "somebody/large"], ""),
    ):
        assert about(refined, here)["state"] == state


def test_a_preset_of_an_unknown_kind_of_model_is_not_listed(panel):
    stock = panel.studio.stock
    stock.presets["lost"] = LARGE.model_copy(update={"name": "lost", "family": None})
    assert [name for _, name in preset_choices(panel.studio)] == ["starter", "large"]


def test_saving_chooses_the_new_preset_and_needs_no_prompt(panel):
    fields = panel.actions.fields
    values = {**values_of(panel, performance="Speed"), panel.name: " Mine "}
    changes = panel.save(values, asked_by(is_host=True))
    assert changes[fields["preset"]]["value"] == "Mine"
    assert panel.studio.stock.presets["Mine"].performance == "Speed"
    assert fields["prompt"] not in changes


def test_a_picture_to_start_from_is_no_part_of_what_is_saved(panel):
    gone = {"image": "0" * 64, "strength": 0.5}
    values = {**values_of(panel, start=gone), panel.name: "Mine"}
    assert panel.save(values, asked_by(is_host=True))[panel.actions.message]["kind"] == "info"


def test_a_visitor_of_a_shared_page_saves_nothing(panel):
    changes = panel.save({**values_of(panel), panel.name: "Mine"}, asked_by(is_host=False))
    assert "only by the host" in changes[panel.actions.message]["text"]
    assert "Mine" not in panel.studio.stock.presets


def restored(panel: PresetsPanel, settings: object) -> dict[str, Any]:
    changes = panel.restore({panel.kept: {"settings": settings}}, asked_by(is_host=False))
    assert changes.pop(panel.kept) == {"is_done": True}
    names = {component: name for name, component in panel.actions.fields.items()}
    return {names[each]: value for each, value in changes.items() if each in names}


def test_what_was_kept_comes_back_on_top_of_its_preset(panel):
    kept = {"preset": "large", "aspect": "4:3", "seed": "7", "styles": ["Noir"], "scheduler": ""}
    changes = restored(panel, kept)
    assert changes["preset"] == "large"
    assert changes["aspect"]["value"] == "4:3"
    assert len(changes["aspect"]["aspects"]) == 7
    assert changes["performance"]["value"] == "Speed"
    assert changes["seed"] == "7"
    assert "prompt" not in changes


def test_a_picture_to_start_from_comes_back_to_whoever_added_it(panel, monkeypatch):
    shared = panel.studio.settings.model_copy(update={"listen": "0.0.0.0"})
    monkeypatch.setattr(panel.studio, "settings", shared)
    made = io.BytesIO()
    Image.new("RGB", (9, 9)).save(made, "PNG")
    for owner, comes_back in (("2", False), ("1", True)):
        start = {"image": panel.studio.gallery.add_input(made.getvalue(), owner), "strength": 0.5}
        changes = restored(panel, {"preset": "starter", "start": start})
        assert (changes["start"].get("value") == start) == comes_back
    changes = restored(panel, {"preset": "starter", "start": {**start, "strength": 2}})
    assert "value" not in changes["start"]


@pytest.mark.parametrize(
    "settings", [None, [], "x", {}, {"preset": "gone"}, {"preset": ["starter"]}]
)
def test_what_is_no_set_of_settings_changes_nothing(panel, settings):
    assert restored(panel, settings) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("performance", "Lightning"),
        ("performance", ["Speed"]),
        ("aspect", {"a": 1}),
        ("start", "x"),
        ("start", {"image": "0" * 64, "strength": 0.5}),
        ("start", {"image": ["a"], "strength": 0.5, "more": 1}),
        ("scheduler", "flow_euler"),
        ("size", {"width": 100_000, "height": 64}),
        ("size", {"width": "64", "height": 64}),
        ("size", [64, 64]),
        ("styles", ["Nonsense"]),
        ("styles", [{"a": 1}]),
        ("count", 33),
        ("count", "2"),
        ("count", True),
        ("seed", "9" * 100),
        ("negative_prompt", 5),
        ("image_format", "gif"),
        ("wildcards_in_order", 1),
    ],
)
def test_a_value_that_is_not_possible_leaves_the_presets_own(panel, field, value):
    plain = restored(panel, {"preset": "starter"})
    assert restored(panel, {"preset": "starter", field: value}) == plain
