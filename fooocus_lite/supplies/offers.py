"""What the Hub has, described before anything of it is downloaded."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ..thinking.families import FAMILIES, REFINERS, STARTER, TITLES
from ..thinking.labels import label
from ..weights import download
from ..weights.download import Offer, Order
from ..weights.hub import Hub
from ..weights.selection import INDEX

KINDS = {
    each.pipeline: each.name for each in (*FAMILIES.values(), *REFINERS.values()) if each != STARTER
}
"""What is run here: the family, or kind of refiner, by the pipeline's class."""


@dataclass(frozen=True)
class Described:
    """What the Hub has, told before it is downloaded. `problem`: why it could not be used here.

    `family`, or the kind of refiner, is None for single files and for what cannot be used.
    `files`: those that would be downloaded, with their sizes in bytes.
    """

    name: str
    repo_id: str
    revision: str
    family: str | None
    size_bytes: int
    missing_bytes: int
    licence: str
    is_gated: bool
    link: str
    files: Mapping[str, int]
    problem: str = ""


def described(name: str, order: Order) -> Described:
    """What an order would bring. Raises WeightsError, with a link where one helps."""
    offer = download.offer(order)
    family, problem = (None, "") if order.wanted.files else _kind(offer, order.hub)
    return Described(
        name=name,
        repo_id=order.repo_id,
        revision=offer.repository.revision,
        family=family,
        size_bytes=offer.total_bytes,
        missing_bytes=offer.missing_bytes,
        licence=offer.repository.licence,
        is_gated=offer.repository.is_gated,
        link=offer.repository.link,
        files={file.path: file.size for file in offer.files},
        problem=problem,
    )


def _kind(offer: Offer, hub: Hub) -> tuple[str | None, str]:
    """The family of a pipeline on the Hub, and a sentence when there is none for it."""
    listed = offer.repository.file(INDEX)
    body = hub.content(offer.repository, listed, lambda: False) if listed else b"{}"
    class_name = label(json.loads(body).get("_class_name"), 100)
    if class_name in KINDS:
        return KINDS[class_name], ""
    known = ", ".join(sorted(TITLES[name] for name in KINDS.values()))
    return None, f"Models of the kind {class_name} cannot be used here. Known: {known}."
