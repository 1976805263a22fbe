"""Contact sheets: which jobs are one, what the tiles are called, what taking one changes."""

import time
from pathlib import Path

import gradio as gr
import pytest

from fooocus_lite.events import Picture
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.thinking.styles import ENHANCE
from fooocus_lite.ui.sheet import adopted, name_of, own_choice, tiles_of


def recipe(seed: int, *styles: str) -> Recipe:
    return Recipe(
        model="starter", family="starter", prompt="a hill", styles=styles, num_inference_steps=4,
        guidance_scale=1.0, scheduler="euler", width=256, height=256, seed=seed,
        request=ImageRequest(prompt="a hill", styles=styles),
    )  # fmt: skip


def test_pictures_of_one_seed_are_a_sheet():
    tiles = tiles_of([recipe(5, ENHANCE, "Noir"), recipe(5, ENHANCE, "Neon")])
    assert [tile["name"] for tile in tiles] == ["Noir", "Neon"]
    assert tiles[0]["styles"] == [ENHANCE, "Noir"]


@pytest.mark.parametrize("recipes", [[], [recipe(5, "Noir")], [recipe(5), recipe(6)]])
def test_other_jobs_are_none(recipes):
    assert tiles_of(recipes) == []


def test_a_tile_without_a_style_says_so():
    assert name_of(recipe(5)) == "No style"


@pytest.mark.parametrize(
    ("chosen", "tried"),
    [
        ((), ()),
        (("Noir",), ()),
        ((ENHANCE, "Noir"), ()),
        (("Noir", ENHANCE, "Neon"), ("Noir", "Neon")),
    ],
)
def test_several_chosen_styles_are_tried_and_else_some_are_suggested(chosen, tried):
    assert own_choice(chosen) == tried


def test_taking_a_tile_changes_style_and_seed_only():
    fields = {name: gr.Textbox(render=False) for name in ("prompt", "styles", "seed", "count")}
    tile = recipe(2**60, "Noir")
    picture = Picture("id", "job", 0, "me", Path("x.png"), tile, time.time(), 256, 256)
    assert adopted(fields, picture) == {fields["styles"]: ["Noir"], fields["seed"]: str(2**60)}
