"""Whether a visitor may have these pictures made, and on which terms they enter the line."""

from collections.abc import Iterable, Sequence

from ..archive.terms import Terms
from ..errors import BadRequest
from ..events import JobError
from ..recipe import ImageRequest, Recipe
from ..thinking.rules import Rule, broken_rule
from ..visitor import Tier, Visitor

WEIGHTS = {"turbo": 2.0, "fast": 1.0, "relax": 0.2}
"""turbo : fast : relax as 10 : 5 : 1."""


def terms_for(
    visitor: Visitor,
    request: ImageRequest,
    recipes: Sequence[Recipe],
    rules: Iterable[Rule],
    is_prompt_kept: bool = False,
) -> Terms:
    """The terms of this job. Raises BadRequest for a size or model that the tier does not have.

    A prompt that breaks one of `rules` gives terms with `refused`: the job ends as `blocked`.
    """
    broken = broken_rule([request.prompt, *(recipe.prompt for recipe in recipes)], rules)
    refused = JobError("blocked", broken.reason, "prompt") if broken else None
    tier = visitor.tier
    if tier is None:
        return Terms(visitor.counted_as, refused=refused, is_prompt_kept=is_prompt_kept)
    for recipe in recipes:
        _check(recipe, tier)
    return Terms(
        account=visitor.counted_as,
        pictures_per_hour=tier.pictures_per_hour,
        waiting_jobs=tier.waiting_jobs,
        weight=WEIGHTS[tier.priority],
        refused=refused,
        is_prompt_kept=is_prompt_kept,
    )


def _check(recipe: Recipe, tier: Tier) -> None:
    megapixels = recipe.width * recipe.height / 1e6
    if megapixels > tier.max_megapixels:
        raise BadRequest(
            f"{recipe.width} × {recipe.height} is {megapixels:.1f} megapixels; you may have up to "
            f"{tier.max_megapixels:g}. Choose a smaller size.",
            field="size",
        )
    if tier.models and recipe.model not in tier.models:
        raise BadRequest(
            f"The model {recipe.model} is not open to you. There is: {', '.join(tier.models)}.",
            field="model",
            allowed=tier.models,
        )
