"""The words of each picture: from the prompt as typed, through language, styles and Enhance."""

from collections.abc import Iterable, Sequence
from random import Random

from ..errors import BadRequest
from ..recipe import MAX_COUNT, MAX_SEED, ImageRequest, Recipe
from . import emphasis
from . import styles as style_rules
from .arrays import combination, variants
from .expansion import Expander
from .pantry import EMBEDDING_FOLDER, Pantry, as_here
from .presets import Preset
from .prompt import filled, named_embeddings, write
from .styles import Style


def count(request: ImageRequest) -> int:
    """How many pictures: what was asked, or more when the prompt's arrays have more combinations.

    Raises BadRequest when that is more than `MAX_COUNT`.
    """
    needed = variants(request.prompt)
    if needed > MAX_COUNT:
        shown = f"{needed:,}" if needed < 1_000_000 else "over a million"
        raise BadRequest(
            f"The arrays in the prompt ask for {shown} pictures; {MAX_COUNT} is the most. Shorten "
            "an array, or write {a|b} to have one picked by chance.",
            field="prompt",
        )
    return max(request.count, needed)


def worded(recipe: Recipe, index: int, preset: Preset, pantry: Pantry) -> Recipe:
    """The recipe of picture `index`: its seed, its words, and the LoRAs and embeddings they name.

    `recipe` has all the rest, with the seed of the first picture. Language, styles and Enhance
    have a source of chance each, so that a wildcard more leaves the random style as it was. Raises
    BadRequest or UnknownName, WeightsError for a file that has to be converted.
    """
    request, seed = recipe.request, (recipe.seed + index) % (MAX_SEED + 1)
    written = write(
        request.prompt,
        request.negative_prompt.strip() or preset.negative_prompt,
        index,
        Random(f"words {seed}"),
        pantry.wildcards,
        request.wildcards_in_order,
    )
    names = preset.styles if request.styles is None else request.styles
    styles = style_rules.chosen(names, pantry.styles, Random(f"styles {seed}"))
    added = _enhancement(written.prompt, styles, Random(f"enhance {seed}"), pantry.expand)
    is_joined = pantry.families[recipe.model].text == "long"
    prompt, negative_prompt = style_rules.apply(
        styles, written.prompt, written.negative_prompt, added, is_joined
    )
    tagged = pantry.loras_here(written.loras, recipe.model)
    embeddings = _embeddings(named_embeddings(prompt, negative_prompt), recipe.model, pantry)
    # A tag in the prompt beats the same LoRA of a preset or a performance.
    loras = {lora.name: lora for lora in (*recipe.loras, *tagged)}
    return recipe.model_copy(
        update={
            "seed": seed,
            "prompt": prompt,
            "negative_prompt": negative_prompt,
            "expansion": added,
            "embeddings": embeddings,
            "styles": tuple(style.name for style in styles),
            "loras": tuple(loras.values()),
            "request": _alone(request, index, seed, preset, pantry),
        }
    )


def _alone(
    request: ImageRequest, index: int, seed: int, preset: Preset, pantry: Pantry
) -> ImageRequest:
    """What asks for picture `index` by itself: "use these settings" means no other of the job.

    The seed picks the same wildcards and choices again, but a line taken in order has to be
    written out, also one of the preset's negative prompt. A preset's that has none stays its own.
    """
    if not request.wildcards_in_order:
        return request.model_copy(update={"prompt": combination(request.prompt, index)})
    words = Random(f"words {seed}")
    own = request.negative_prompt.strip()
    texts = request.prompt, own or preset.negative_prompt
    prompt, negative_prompt = filled(*texts, index, words, pantry.wildcards, in_order=True)
    if not own and negative_prompt == preset.negative_prompt:
        negative_prompt = ""
    return request.model_copy(update={"prompt": prompt, "negative_prompt": negative_prompt})


def _enhancement(prompt: str, styles: Sequence[Style], random: Random, expand: Expander) -> str:
    """What Enhance adds; nothing when it is not chosen. It minds all lines and all styles."""
    if style_rules.ENHANCE not in (style.name for style in styles):
        return ""
    around = ", ".join(style.prompt.replace(style_rules.PLACE, "") for style in styles)
    return expand(emphasis.plain(prompt), random, around)


def _embeddings(names: Iterable[str], model: str, pantry: Pantry) -> tuple[str, ...]:
    """The files' own names, each once. Raises UnknownName, or WeightsError for one of no use."""
    known = pantry.embeddings.get(model, frozenset())
    found: list[str] = []
    for name in names:
        here = as_here(name, known)
        if here is None:
            raise pantry.stranger("embedding", name, known, EMBEDDING_FOLDER)
        found.append(here)
    return tuple(dict.fromkeys(found))
