"""Which program wrote a text, and the settings in it: of a picture's texts, or of a pasted one.

Texts in, values out. What is read may be anybody's and is never trusted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import BadRequest
from ..recipe import MadeWith, Recipe
from . import link, metadata
from .foreign import a1111, comfyui, fooocus
from .foreign.found import FoundSettings, object_in, shortened

# What cameras and editors write says nothing about how a picture was made.
ORDINARY = frozenset(
    {
        "Software", "MakerNote", "ImageDescription", "Title", "Author", "Copyright",
        "XML:com.adobe.xmp", "date:create", "date:modify", "date:timestamp", "srgb",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What a picture file says about itself. `problem` is a sentence, also beside a good part.

    `settings` is the same in one shape for all programs; None when there is nothing about making.
    """

    settings: FoundSettings | None = None
    recipe: Recipe | None = None
    made_with: MadeWith | None = None
    parameters: str | None = None
    others: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


def of_recipe(recipe: Recipe) -> FoundSettings:
    """The settings as they were asked for: words as typed, and every choice that was made by hand.

    Seed and styles are those of the picture, which were perhaps chosen at random.
    """
    request = recipe.request
    return FoundSettings(
        source="Fooocus Lite",
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        styles=recipe.styles,
        preset=request.preset,
        model=recipe.model,
        performance=request.performance,
        aspect=request.aspect,
        width=recipe.width,
        height=recipe.height,
        seed=recipe.seed,
        num_inference_steps=request.num_inference_steps,
        guidance_scale=request.guidance_scale,
        scheduler=request.scheduler,
        loras=request.loras or (),
        image=recipe.image,
        strength=recipe.strength,
        image_format=request.image_format,
    )


def in_picture(
    recipe: Recipe | None, parameters: str | None, others: Mapping[str, str]
) -> FoundSettings | None:
    """The settings in a picture, the richest source first; None when it says nothing.

    Text of an unknown program, and a recipe that is damaged, is named in a note. Never raises.
    """
    if recipe is not None:
        return of_recipe(recipe)
    try:
        found = in_text(parameters or "")
    except BadRequest as error:
        return FoundSettings(source="Fooocus Lite", notes=(error.message,))
    if found is not None:
        return found
    graph = object_in(others.get("prompt", ""))
    if graph is not None and comfyui.is_comfyui(graph):
        return comfyui.read(graph)
    if "workflow" in others:
        return comfyui.not_plain("only the editor's drawing of it is in the picture")
    return _unknown(others)


def in_text(text: str) -> FoundSettings | None:
    """The settings a text is: a recipe link or file, JSON of a known program, or an A1111 block.

    None when it is simply words. Raises BadRequest for a link or recipe that is damaged.
    """
    if link.is_link(text):
        return of_recipe(link.from_link(text).recipe)
    values = object_in(text)
    if values is None:
        return a1111.read(text) if a1111.is_parameters(text) else None
    if "recipe" in values:
        return of_recipe(metadata.from_json(text)[0])
    if comfyui.is_comfyui(values):
        return comfyui.read(values)
    return fooocus.read(values) if fooocus.is_fooocus(values) else None


def _unknown(others: Mapping[str, str]) -> FoundSettings | None:
    """What other programs left, by name."""
    names = [name for name in others if name not in ORDINARY]
    if not names:
        return None
    listed = ", ".join(f"“{shortened(name)}”" for name in names[:10])
    note = f"The picture carries {listed}, which no program known here writes."
    return FoundSettings(source="another program", notes=(note,))
