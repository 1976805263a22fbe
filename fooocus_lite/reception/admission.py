"""Whether a visitor may have these pictures made, and on which terms they enter the line."""

from collections.abc import Iterable, Sequence

from ..archive.terms import Terms
from ..errors import BadRequest
from ..events import JobError
from ..recipe import ImageRequest, Recipe
from ..thinking.rules import Rule, broken_rule
from ..visitor import PRIORITIES, Priority, Tier, Visitor

USUAL: Priority = "fast"
"""The class of a job whose owner has no tier and asks for none."""


def priority_for(visitor: Visitor, request: ImageRequest) -> Priority:
    """The class the job waits in. Raises BadRequest for one above the visitor's tier."""
    if visitor.tier is None:
        return request.priority or USUAL
    best = visitor.tier.priority
    allowed = PRIORITIES[PRIORITIES.index(best) :]
    if request.priority is not None and request.priority not in allowed:
        raise BadRequest(
            f"The priority {request.priority} is not open to you. There is: {', '.join(allowed)}.",
            field="priority",
            allowed=allowed,
        )
    return request.priority or best


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
