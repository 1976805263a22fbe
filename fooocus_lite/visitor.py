"""Who asks, and how much they may ask for. Knows nothing of cookies, files or HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict, Field

LOCAL = "local"
TierName = Literal["free", "standard", "pro"]
Priority = Literal["turbo", "fast", "relax"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
"""The classes of the line, the quickest first."""
Spare = Literal["spare"]
"""The program's own jobs, made when nobody else waits; nobody can ask for it."""


class Tier(BaseModel):
    """What a kind of visitor may ask for. `models` empty means every model.

    `priority` is the best class its jobs may wait in, and the one they do unless they ask for less.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    pictures_per_hour: int = Field(ge=1)
    max_megapixels: float = Field(gt=0)
    waiting_jobs: int = Field(ge=1)
    models: tuple[str, ...] = ()
    priority: Priority = "fast"


TIERS: Mapping[TierName, Tier] = MappingProxyType(
    {
        "free": Tier(pictures_per_hour=10, max_megapixels=1.1, waiting_jobs=5, priority="relax"),
        "standard": Tier(pictures_per_hour=50, max_megapixels=2.4, waiting_jobs=20),
        "pro": Tier(pictures_per_hour=200, max_megapixels=4.2, waiting_jobs=20, priority="turbo"),
    }
)


@dataclass(frozen=True)
class Visitor:
    """Whoever asks. `owner` is whose jobs and pictures they see; "local" sees everybody's.

    `owner` is empty for a browser that keeps no cookie: it may look at the page, and own nothing.

    `account` is what the hourly quota counts: without logins a cookie is thrown away too easily, so
    it is the network address then. `tier` None: no limits but those of the line.
    """

    owner: str
    name: str = ""
    tier: Tier | None = None
    is_host: bool = False
    account: str = ""

    @property
    def counted_as(self) -> str:
        return self.account or self.owner


HOST = Visitor(owner=LOCAL, name=LOCAL, is_host=True)


class AnyRequest(Protocol):
    """A request of Starlette or of Gradio."""

    @property
    def state(self) -> Any: ...


def visitor_of(request: AnyRequest) -> Visitor:
    """Who sent a request that has come through the gate (see `ui/gate.py`).

    Works for Starlette's requests and Gradio's. Raises RuntimeError where no gate stands.
    """
    visitor = getattr(request.state, "visitor", None)
    if not isinstance(visitor, Visitor):
        raise RuntimeError("A request came in beside the gate, so nobody knows who sent it.")
    return visitor
