"""`{a|b|2::c}`: one of several texts, by chance. `2::` makes an option twice as likely."""

import re
from collections.abc import Sequence
from random import Random

from ..errors import BadRequest
from . import chance

_WEIGHT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})::\s*")


def picked(options: Sequence[str], random: Random) -> str:
    """One option without its weight. Raises BadRequest when every weight is 0."""
    weighed = [_weighed(option) for option in options]
    weights = [weight for _, weight in weighed]
    if not any(weights):
        shown = "|".join(options)
        raise BadRequest(
            f"In the choice {{{shown if len(shown) <= 60 else shown[:57] + '…'}}} every option "
            "has the weight 0. Give one of them another weight, or none.",
            field="prompt",
        )
    return chance.weighted(weighed, weights, random)[0]


def _weighed(option: str) -> tuple[str, float]:
    """The option's text and its weight; 1 when none is written."""
    found = _WEIGHT.match(option)
    return (option[found.end() :], float(found[1])) if found else (option, 1.0)
