"""Which memory plan a recipe gets on this machine, and which ones have failed here before."""

import logging
from collections import defaultdict
from dataclasses import dataclass

from ..thinking import keeping, memory
from ..thinking.costs import Picture
from ..thinking.memory import HardwareFacts, MemoryPlan
from ..thinking.model_size import ModelSize

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Case:
    """What a plan is made for: a recipe's models by name, together of a size, and its picture."""

    models: str
    facts: HardwareFacts
    size: ModelSize
    picture: Picture


class Planner:
    """What ran out of memory comes last from then on, until the program ends."""

    def __init__(self) -> None:
        self._failed: dict[str, list[tuple[str, int]]] = defaultdict(list)

    def plan(self, case: Case, loaded: MemoryPlan | None = None) -> MemoryPlan:
        """The best plan that has not failed for these models with as much work or less.

        The thriftiest when every one has: other programs may have given memory back. What the
        models are `loaded` with stays while it is good enough.
        """
        work = case.picture.work
        failed = {label for label, failed_at in self._failed[case.models] if failed_at <= work}
        ladder = memory.plans(case.facts, case.size, case.picture)
        best = next((plan for plan in ladder if plan.label not in failed), ladder[-1])
        if loaded is None or loaded.label in failed:
            return best
        return keeping.choice(best, loaded, case.facts, case.size, case.picture)

    def note_failure(self, case: Case, plan: MemoryPlan) -> None:
        """Remembers that a plan ran out of memory, and with it those that would need more."""
        log.warning("%s ran out of memory with %s", case.models, plan.label)
        ladder = memory.plans(case.facts, case.size, case.picture)
        larger = {each.label for each in ladder if each.needed_mib >= plan.needed_mib}
        self._failed[case.models] += [(name, case.picture.work) for name in {plan.label, *larger}]
