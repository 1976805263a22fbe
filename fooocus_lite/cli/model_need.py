"""What `models list` and `models info` say of the memory that a model needs on this machine."""

from typing import Any

from ..errors import FooocusLiteError
from ..studio import Studio
from ..thinking.forecast import Forecast


def of(studio: Studio, name: str) -> Forecast | None:
    """None where it is not known, and of a damaged model, for `verify` to tell. Imports torch."""
    try:
        return studio.needs.of(name)
    except FooocusLiteError:
        return None


def values(need: Forecast | None) -> dict[str, Any]:
    """The fields for `--json`; none where nothing is known."""
    if need is None:
        return {}
    return {
        "uses_mib": need.uses_mib,
        "of_mib": need.of_mib,
        "plan": need.place,
        "is_tight": need.is_tight,
        "reason": need.reason,
    }


def rows(need: Forecast | None) -> dict[str, str]:
    """The lines for people; none where nothing is known."""
    return {"memory": need.text, "because": need.reason} if need else {}
