"""What the page says about the sample picture on a card: where it is, or what making it takes."""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from ..studio import Studio
from ..thinking.forecast import Forecast

UNTRIED = "How long a sample takes here is not known yet."


def sample_facts(
    studio: Studio,
    name: str,
    sampling: Collection[str],
    offers: Mapping[str, Forecast | None] | None,
) -> dict[str, Any]:
    """{"sample", "is_sampling", "sample_takes", "sample_problem"} of a model or LoRA.

    `sample` is an address, or empty; `sample_takes`, a sentence, is None where none is offered.
    `offers` is None for a visitor.
    """
    file = studio.samples.picture(name)
    # With its time, so that a browser does not keep showing the one before.
    asked = {"name": name, "made": int(file.stat().st_mtime)} if file else {}
    is_offered = offers is not None and name in offers and name not in sampling
    return {
        "sample": f"models/sample?{urlencode(asked)}" if asked else "",
        "is_sampling": name in sampling,
        "sample_takes": _takes(offers[name]) if offers is not None and is_offered else None,
        "sample_problem": studio.samples.problem(name) if offers is not None else "",
    }


def _takes(found: Forecast | None) -> str:
    return f"A sample takes {found.time}" if found is not None and found.time else UNTRIED
