"""Loaded models kept in memory for the next time, as long as there is room for them."""

import gc
import logging
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import torch

from ..thinking.families import Family
from ..thinking.memory import HardwareFacts, MemoryPlan
from .conditions import Conditions
from .loras import LoRAs
from .previews import LatentMap

log = logging.getLogger(__name__)
MIB = 2**20


@dataclass
class Loaded:
    """A pipeline as it came from its files, and what was found out about it since.

    `scheduler_config` is the model's own, whatever scheduler the pipeline has at the moment.
    """

    name: str
    family: Family
    plan: MemoryPlan
    pipeline: Any = field(repr=False)
    scheduler_config: dict[str, Any] = field(repr=False)
    conditions: Conditions = field(repr=False)
    loras: LoRAs = field(repr=False)
    latent_map: LatentMap | None = field(default=None, repr=False)

    @property
    def held_mib(self) -> tuple[int, int]:
        """What its weights take now, in the GPU's memory and in the computer's."""
        by_place = {True: 0, False: 0}
        for part in self.pipeline.components.values():
            if isinstance(part, torch.nn.Module):
                for value in (*part.parameters(), *part.buffers()):
                    by_place[value.is_cuda] += value.nbytes
        return by_place[True] // MIB, by_place[False] // MIB


class Shelf:
    """Models by the states of their files; the one used longest ago is the first to leave."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Loaded] = OrderedDict()

    def get(self, key: Hashable) -> Loaded | None:
        """The model of these files, from now on the last to leave; None when it is not here."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def plan_of(self, key: Hashable) -> MemoryPlan | None:
        """How the model of these files is run; None when it is not here. Not a use of it."""
        kept = self._kept.get(key)
        return None if kept is None else kept.plan

    def put(self, key: Hashable, loaded: Loaded) -> None:
        self._kept[key] = loaded
        self._kept.move_to_end(key)

    def drop(self, key: Hashable) -> None:
        """Forgets a model and gives its memory back."""
        if self._kept.pop(key, None) is not None:
            give_back()

    def clear(self) -> None:
        """Forgets every model."""
        self._kept.clear()
        give_back()

    def held_mib(self) -> tuple[int, int]:
        """What all models here take, in the GPU's memory and in the computer's."""
        held = [loaded.held_mib for loaded in self._kept.values()]
        return sum(vram for vram, _ in held), sum(ram for _, ram in held)

    def make_room(
        self, key: Hashable, plan: MemoryPlan, facts: HardwareFacts, also: Hashable = None
    ) -> None:
        """Lets models go until the one of `key` has what its plan needs, with the one of `also`.

        `facts` are those of this machine as if nothing were loaded.
        """
        is_gpu = facts.free_vram_mib is not None
        needs = (plan.needed_mib, plan.expected_ram_mib) if is_gpu else (0, plan.needed_mib)
        has = (facts.free_vram_mib or 0, facts.free_ram_mib)
        others = OrderedDict(
            (other, loaded.held_mib)
            for other, loaded in self._kept.items()
            if other not in (key, also)
        )
        while others:
            held = [sum(place) for place in zip(*others.values(), strict=True)]
            # Where the others hold nothing, nothing comes free by their leaving.
            if all(not h or h + n <= free for h, n, free in zip(held, needs, has, strict=True)):
                return
            other, _ = others.popitem(last=False)
            log.info("%s leaves memory for another model", self._kept[other].name)
            self.drop(other)


def give_back() -> None:
    """Returns memory that nothing uses any more to the system."""
    # Pipelines and what hangs on them point at each other.
    gc.collect()
    # A GPU that no longer answers has nothing to give back.
    with suppress(torch.AcceleratorError):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
            # The locked memory of the computer that weights were streamed from. Not in torch 2.8.
            if hasattr(torch.accelerator, "empty_host_cache"):
                torch.accelerator.empty_host_cache()
        elif torch.backends.mps.is_available():
            torch.mps.empty_cache()
