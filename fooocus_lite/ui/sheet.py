"""One prompt in many styles: which ones, what the tiles are called, and what taking one changes."""

from collections.abc import Mapping, Sequence
from typing import Any

from gradio.components import Component

from ..events import Picture
from ..recipe import Recipe
from ..thinking.styles import ENHANCE


def own_choice(styles: Sequence[str]) -> tuple[str, ...]:
    """The styles to try when several are chosen; else none, and the studio suggests some."""
    tried = tuple(name for name in styles if name != ENHANCE)
    return tried if len(tried) > 1 else ()


def tiles_of(recipes: Sequence[Recipe]) -> list[dict[str, Any]]:
    """Name and styles of each tile of a contact sheet; nothing for any other job.

    A sheet is told by its one seed: pictures of other jobs have consecutive ones.
    """
    if len(recipes) < 2 or len({recipe.seed for recipe in recipes}) > 1:
        return []
    return [{"name": name_of(recipe), "styles": list(recipe.styles)} for recipe in recipes]


def name_of(recipe: Recipe) -> str:
    """The style a tile stands for; Enhance goes along with each."""
    return ", ".join(name for name in recipe.styles if name != ENHANCE) or "No style"


def adopted(fields: Mapping[str, Component], picture: Picture) -> dict[Component, Any]:
    """The controls with the tile's style and seed, so that the next picture is that one in full."""
    return {
        fields["styles"]: list(picture.recipe.styles),
        fields["seed"]: str(picture.recipe.seed),
    }
