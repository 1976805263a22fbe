"""What an asker is to this program: its host, or a visitor with limits."""

from ..errors import NotAllowed
from ..settings import Settings
from ..visitor import LOCAL, Visitor

HOST_ONLY = (
    "Models and presets can be changed only by the host: on the computer that runs the program, or "
    "logged in as a user made with `users add NAME --host`."
)


def is_host(owner: str | Visitor, settings: Settings) -> bool:
    """Whether the asker may change what the program has: models, presets, style cards."""
    if isinstance(owner, Visitor):
        return owner.is_host
    return owner == LOCAL or settings.is_local_only


def host_name(owner: str | Visitor, settings: Settings) -> str:
    """The host's name in the audit log. Raises NotAllowed for a visitor of a shared page."""
    if not is_host(owner, settings):
        raise NotAllowed(HOST_ONLY)
    return (owner.name or LOCAL) if isinstance(owner, Visitor) else LOCAL


def visitor_for(owner: str | Visitor, settings: Settings) -> Visitor:
    """The asker with limits, also where a door names only the owner."""
    if isinstance(owner, Visitor):
        return owner
    if is_host(owner, settings):
        return Visitor(owner, is_host=True)
    return Visitor(owner, tier=settings.tiers[settings.visitor_tier])
