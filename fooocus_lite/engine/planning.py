"""Which memory plan a recipe gets on this machine, and which have failed here before."""

import logging
from collections import defaultdict

from ..thinking import memory
from ..thinking.costs import Picture
from ..thinking.memory import HardwareFacts, MemoryPlan
from ..thinking.model_size import ModelSize

log = logging.getLogger(__name__)


class Planner:
    """Plans for one device. What ran out of memory is not tried again while the program runs."""

    def __init__(self, facts: HardwareFacts) -> None:
        self.facts = facts
        self._failed: dict[str, list[tuple[str, int]]] = defaultdict(list)

    def plan(self, model: str, size: ModelSize, picture: Picture) -> MemoryPlan | None:
        """The best plan that has not failed for this model and as much work; None without one."""
        failed = {label for label, work in self._failed[model] if work <= picture.work}
        left = (
            plan for plan in memory.plans(self.facts, size, picture) if plan.label not in failed
        )
        return next(left, None)

    def note_failure(self, model: str, plan: MemoryPlan, picture: Picture) -> None:
        """Remembers that a plan ran out of memory; the next one is thriftier."""
        log.warning("%s ran out of memory: %s", model, plan.label)
        self._failed[model].append((plan.label, picture.work))
