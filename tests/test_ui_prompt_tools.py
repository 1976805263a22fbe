"""What stands around the prompt box: tokens, what Enhance adds, completions, building blocks."""

from pathlib import Path

import gradio as gr
import pytest
from ui_fake import EXPANSION, FakeStudio

from fooocus_lite.errors import WeightsError
from fooocus_lite.recipe import MAX_SEED, ImageRequest
from fooocus_lite.settings import Settings
from fooocus_lite.thinking.families import STARTER
from fooocus_lite.thinking.pantry import Pantry
from fooocus_lite.thinking.styles import ENHANCE
from fooocus_lite.ui.cards import asked_text
from fooocus_lite.ui.form import Fields
from fooocus_lite.ui.prompt import place_prompt
from fooocus_lite.ui.prompt_tools import PromptTools, blocks_of, installed

UNTOUCHED = {
    "prompt": "a hill", "aspect": "3:2", "styles": ["Noir"], "preset": "starter", "count": 2,
    "seed": "-1", "negative_prompt": "", "performance": "Quality", "num_inference_steps": "",
    "guidance_scale": "", "scheduler": "", "image_format": "png", "size": None, "start": None,
}  # fmt: skip
FIELDS: Fields = {name: gr.Textbox(render=False) for name in UNTOUCHED}
NOTE, COMPLETIONS, BLOCKS = (gr.HTML(render=False) for _ in range(3))


@pytest.fixture
def tools(home: Path) -> PromptTools:
    studio = FakeStudio(Settings(home=home, output_path=home / "outputs"))
    return PromptTools(studio, FIELDS, NOTE, COMPLETIONS, BLOCKS)


def values(**changes: object) -> dict[gr.Textbox, object]:
    return {FIELDS[name]: value for name, value in {**UNTOUCHED, **changes}.items()}


def note(tools: PromptTools, **changes: object) -> dict[str, object]:
    return tools.look(values(**changes))[NOTE]


def test_the_tokens_of_each_encoder_are_told(tools):
    assert note(tools)["tokens"] == [{"encoder": "CLIP-L", "tokens": 2, "limit": 75, "chunks": 1}]


@pytest.mark.parametrize("prompt", ["", " \n", None])
def test_an_empty_box_has_no_note(tools, prompt):
    assert note(tools, prompt=prompt) == {}


def test_without_enhance_nothing_is_added(tools):
    assert note(tools)["added"] == ""


@pytest.mark.parametrize(("seed", "is_example"), [("-1", True), ("7", False)])
def test_what_enhance_adds_is_exact_for_a_seed_and_an_example_without(tools, seed, is_example):
    told = note(tools, styles=[ENHANCE], seed=seed)
    assert (told["added"], told["is_example"]) == (EXPANSION, is_example)


def test_a_request_that_cannot_be_made_still_has_its_tokens(tools):
    told = note(tools, styles=[ENHANCE], seed="abc")
    assert told["tokens"]
    assert told["added"] == ""


def test_a_damaged_tokenizer_leaves_the_count_out(tools, monkeypatch):
    def damaged(model: str, text: str) -> None:
        raise WeightsError("The tokenizer cannot be read.")

    monkeypatch.setattr(tools.studio.stock, "token_counts", damaged)
    assert note(tools)["tokens"] == []


def test_completions_are_of_the_presets_model(tools):
    offered = tools.offer(values())[COMPLETIONS]
    assert [each["name"] for each in offered["loras"]] == ["chalkboard", "ink-wash"]
    assert tools.offer(values(preset="large"))[COMPLETIONS]["loras"] == []


def test_a_wildcard_shows_the_beginning_of_its_lines():
    pantry = Pantry(
        presets={}, styles={}, families={}, loras={"m": frozenset()}, default_preset="",
        wildcards={"long": tuple(["word"] * 100)}, embeddings={"m": frozenset()},
    )  # fmt: skip
    (wildcard,) = installed(pantry, "m")["wildcards"]
    assert wildcard["hint"].startswith("word, word")
    assert len(wildcard["hint"]) <= 60


def test_blocks_come_as_lists_by_kind(tools):
    kinds = tools.offer(values())[BLOCKS]
    assert kinds[0] == {"kind": "Subject", "words": ["a cat", "a red car"]}


def test_what_was_asked_has_every_line_and_every_number(tools):
    (recipe,) = tools.studio.orders.plan(ImageRequest(prompt="a hill", seed=MAX_SEED))
    told = asked_text(recipe.model_copy(update={"prompt": "one\ntwo", "negative_prompt": "fog"}))
    assert told.startswith("one\ntwo\n\nAvoid:\nfog\n\nModel: starter\nScheduler: euler\n")
    assert "Seed: 9223372036854775807" in told
    assert "LoRAs" not in told
    assert "Refiner" not in told


def test_what_was_asked_names_the_model_that_ends_the_picture(tools):
    (recipe,) = tools.studio.orders.plan(ImageRequest(prompt="a hill"))
    refined = recipe.model_copy(update={"refiner": "polish", "refiner_switch": 0.8})
    assert "\nRefiner: polish, after 80% of the noise\n" in asked_text(refined)


def test_the_page_comes_with_the_blocks_that_it_would_be_offered(tools):
    """Else the row of examples would move aside a moment after it was seen."""
    given = blocks_of(tools.studio, "starter")
    placed = place_prompt(tools.studio.stock.preset_named(), STARTER, given)
    assert placed.blocks.value == tools.offer(values())[BLOCKS]
