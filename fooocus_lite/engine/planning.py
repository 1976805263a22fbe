"""Which memory plan a recipe gets on this machine, and which ones have failed here before."""

import logging
from collections import defaultdict

from ..thinking import memory
from ..thinking.costs import Picture
from ..thinking.memory import HardwareFacts, MemoryPlan
from ..thinking.model_size import ModelSize

log = logging.getLogger(__name__)


class Planner:
    """What ran out of memory comes last from then on, until the program ends."""

    def __init__(self) -> None:
        self._failed: dict[str, list[tuple[str, int]]] = defaultdict(list)

    def plan(
        self, model: str, facts: HardwareFacts, size: ModelSize, picture: Picture
    ) -> MemoryPlan:
        """The best plan that has not failed for this model with as much work or less.

        The thriftiest when every one has: other programs may have given memory back.
        """
        failed = {label for label, work in self._failed[model] if work <= picture.work}
        ladder = memory.plans(facts, size, picture)
        return next((plan for plan in ladder if plan.label not in failed), ladder[-1])

    def note_failure(self, model: str, plan: MemoryPlan, picture: Picture) -> None:
        """Remembers that a plan ran out of memory."""
        log.warning("%s ran out of memory with %s", model, plan.label)
        self._failed[model].append((plan.label, picture.work))
