"""A contact sheet: one prompt and one seed in many styles, in as few steps as the model can do."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from random import Random

from ..errors import BadRequest
from ..recipe import MAX_COUNT, ImageRequest, Recipe
from . import chance
from .expansion import fight
from .families import Performance
from .pantry import Pantry
from .reading import read
from .resolve import RANDOM_SEEDS, is_distilled, preset_for, resolve, unknown_model
from .styles import ENHANCE, PLACE, Style

TILES = 12


def sheet(
    request: ImageRequest,
    pantry: Pantry,
    random: Random,
    names: Sequence[str] = (),
    shown: Collection[str] | None = None,
) -> list[Recipe]:
    """One recipe for each of the named styles, each with the request that makes it alone.

    Without names, twelve are suggested from those in `shown` (None: all); the seed decides which.
    Of the request's own styles only Enhance stays. Its steps, guidance and scheduler give way to
    those of the quickest performance. `random` is asked only when the seed is -1. Raises
    BadRequest or UnknownName, naming the field.
    """
    seed = chance.below(RANDOM_SEEDS, random) if request.seed == -1 else request.seed
    preset = preset_for(request.preset or pantry.default_preset, pantry.presets)
    if not names:
        offered = [each for each in pantry.styles.values() if shown is None or each.name in shown]
        names = suggested(offered, request.prompt, Random(f"sheet {seed}"))
    if not 1 <= len(names) <= MAX_COUNT:
        raise BadRequest(
            f"A sheet of {len(names)} styles is not possible. Choose 1 to {MAX_COUNT}.",
            field="styles",
        )
    own_styles = preset.styles if request.styles is None else request.styles
    kept = [name for name in own_styles if name.strip().lower() == ENHANCE.lower()][:1]
    quick = {
        "seed": seed,
        "count": 1,
        "performance": quickest(request.model or preset.model, pantry).name,
        "num_inference_steps": None,
        "guidance_scale": None,
        "scheduler": None,
    }
    tiles = (request.model_copy(update={**quick, "styles": (*kept, name)}) for name in names)
    return [resolve(tile, pantry, random)[0] for tile in tiles]


def styles_of(request: ImageRequest, recipes: Sequence[Recipe]) -> tuple[str, ...]:
    """The names that `sheet` was asked for these recipes with; none when they are no sheet."""
    if len(recipes) < 2 or recipes[0].request == request:
        return ()
    return tuple((recipe.request.styles or ("",))[-1] for recipe in recipes)


def suggested(
    styles: Iterable[Style], prompt: str, random: Random, count: int = TILES
) -> tuple[str, ...]:
    """Names of up to `count` wrapping styles, from as many categories as there are.

    Those that contradict the prompt ("golden hour" for a night) come only when others run out.
    """
    said = read(prompt).tags
    places: Counter[tuple[str, bool]] = Counter()
    ranked: list[tuple[bool, int, str]] = []
    wrapping = sorted((style for style in styles if style.is_wrapping), key=lambda each: each.name)
    for style in chance.shuffled(wrapping, random):
        means = read(style.prompt.replace(PLACE, " ")).tags
        fights = any(fight(mine, theirs) for mine in said for theirs in means)
        ranked.append((fights, places[style.category, fights], style.name))
        places[style.category, fights] += 1
    ranked.sort(key=lambda each: each[:2])
    return tuple(name for *_, name in ranked[:count])


def quickest(model: str, pantry: Pantry) -> Performance:
    """The model's performance of fewest steps whose LoRA, if it needs one, is here."""
    if model not in pantry.families:
        raise unknown_model(model, pantry)
    rows = pantry.families[model].rows(is_distilled(model, pantry.presets))
    ready = [row for row in rows if row.lora is None or row.lora.name in pantry.loras[model]]
    return min(ready, key=lambda row: row.num_inference_steps)
