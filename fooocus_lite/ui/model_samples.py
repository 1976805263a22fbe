"""What the page says about the sample picture on a card: where it is, or what making it takes."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from ..errors import FooocusLiteError
from ..studio import Studio

UNTRIED = "How long a sample takes here is not known yet."


def sample_facts(
    studio: Studio, name: str, sampling: Collection[str], is_host: bool
) -> dict[str, Any]:
    """{"sample", "is_sampling", "sample_takes", "sample_problem"} of a model or LoRA.

    `sample` is an address, or empty; `sample_takes`, a sentence, is None where none is offered.
    """
    file = studio.samples.picture(name)
    facts: dict[str, Any] = {
        "sample": "",
        "is_sampling": name in sampling,
        "sample_takes": None,
        "sample_problem": studio.samples.problem(name) if is_host else "",
    }
    if file is not None:
        # With its time, so that a browser does not keep showing the one before.
        asked = {"name": name, "made": int(file.stat().st_mtime)}
        facts["sample"] = f"models/sample?{urlencode(asked)}"
    elif is_host and name not in sampling:
        facts["sample_takes"] = _takes(studio, name)
    return facts


def _takes(studio: Studio, name: str) -> str | None:
    """None when nothing here can make it."""
    try:
        found = studio.samples.forecast(name)
    except FooocusLiteError:
        return None
    return f"A sample takes {found.text}" if found and found.seconds is not None else UNTRIED
