"""Models that are ready to cook with: from the shelf or from their files, by the best plan.

Knows what this machine has and what was tried on it. Cooks nothing.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from ..recipe import Recipe
from ..thinking.costs import picture_of
from ..thinking.families import FAMILIES, REFINERS, Family
from ..thinking.memory import Device, HardwareFacts, MemoryPlan
from ..weights import catalogue, verify
from ..weights.catalogue import Model
from ..weights.ingredients import Ingredients
from . import hardware, pipelines, previews
from .conditions import Conditions
from .loras import LoRAs
from .planning import Case, Planner
from .progress import BytesRead
from .shelf import Loaded, Shelf

log = logging.getLogger(__name__)

Key = tuple[Path | None, tuple[verify.State, ...]]
"""What tells one state of a model's files from another: its settings, and all its weights."""


class Loader:
    """Of one device. One thread fetches; any may ask the planner, and `loaded_plan`."""

    def __init__(self, facts: HardwareFacts | None, state: Path | None, is_cpu_only: bool) -> None:
        """All as for `Kitchen`."""
        self._given_facts = facts
        self._state = state
        self._is_cpu_only = is_cpu_only
        self._shelf = Shelf()
        self.planner = Planner()
        self._case: Case | None = None
        self.tried: MemoryPlan | None = None
        """The plan of the last `fetch`, None before it or when it did not come so far."""
        self.device: Device = "cpu"
        """Where models come to, as far as this machine has said."""
        self.load_s: float | None = None
        """Seconds the last `fetch` took for reading models; None when they were there already."""

    def fetch(
        self, recipe: Recipe, files: Ingredients, on_stage: Callable[[str], None]
    ) -> tuple[Loaded, Loaded | None]:
        """The recipe's model and its refiner, if it has one, by a plan that has room for both.

        Raises WeightsError, or as torch does when memory is not enough.
        """
        self.tried = self.load_s = None
        self._case = self._case_of(recipe, files)
        plan = self.tried = self.planner.plan(self._case, self.loaded_plan(files.models))
        family = FAMILIES[recipe.family]
        ready = self._model(recipe.model, family, files.model, plan, on_stage, files.refiner)
        if files.refiner is None or recipe.refiner is None:
            return ready, None
        family = REFINERS[recipe.family]
        return ready, self._model(
            recipe.refiner, family, files.refiner, plan, on_stage, files.model
        )

    def clear(self) -> None:
        """Forgets every model and gives its memory back."""
        self._shelf.clear()

    def loaded_plan(self, models: Sequence[Model]) -> MemoryPlan | None:
        """How these models are loaded; None unless all of them are, and by the same plan.

        Raises WeightsError when one is damaged.
        """
        found = [self._shelf.plan_of(_key(model)) for model in models]
        by_label = {plan.label: plan for plan in found if plan is not None}
        return by_label.popitem()[1] if None not in found and len(by_label) == 1 else None

    def facts(self) -> HardwareFacts:
        """This machine as if nothing were loaded."""
        facts = self._given_facts or hardware.facts(self._state, self._is_cpu_only)
        self.device = facts.device
        if self._given_facts is not None:
            return facts
        held_vram, held_ram = self._shelf.held_mib()
        if facts.device == "cpu":
            # Weights that are mapped from their files count as free memory all the time.
            held_ram = min(held_ram, hardware.private_mib())
        ram = facts.free_ram_mib + held_ram
        if facts.free_vram_mib is None:
            return replace(facts, free_ram_mib=min(ram, facts.total_mib))
        return replace(facts, free_vram_mib=facts.free_vram_mib + held_vram, free_ram_mib=ram)

    def note_failure(self) -> None:
        """The plan of the last `fetch` ran out of memory, then or while cooking."""
        if self._case is not None and self.tried is not None:
            self.planner.note_failure(self._case, self.tried)

    def thriftier_plan(self, recipe: Recipe, files: Ingredients) -> MemoryPlan | None:
        """What `fetch` would try after a failure; None when nothing is left to try."""
        case = self._case_of(recipe, files)
        plan = self.planner.plan(case, self.loaded_plan(files.models))
        is_new = self.tried is not None and plan.label != self.tried.label
        return plan if is_new else None

    def _case_of(self, recipe: Recipe, files: Ingredients) -> Case:
        picture = picture_of(recipe, FAMILIES[recipe.family])
        return Case(recipe.models, self.facts(), files.size, picture)

    def _model(
        self,
        name: str,
        family: Family,
        model: Model,
        plan: MemoryPlan,
        on_stage: Callable[[str], None],
        beside: Model | None,
    ) -> Loaded:
        """A model from the shelf, or from its files; others leave if there is no room.

        The one `beside` it stays. A model is placed for good, so one that now needs another plan is
        loaded again.
        """
        key, facts = _key(model), self.facts()
        kept = self._shelf.get(key)
        if kept is not None and kept.plan.label != plan.label:
            kept = None
            self._shelf.drop(key)
        self._shelf.make_room(key, plan, facts, _key(beside) if beside else None)
        if kept is not None:
            return kept
        began = time.perf_counter()
        loaded = _loaded(name, family, model, plan, on_stage)
        self.load_s = (self.load_s or 0.0) + time.perf_counter() - began
        self._shelf.put(key, loaded)
        return loaded


def _loaded(
    name: str, family: Family, model: Model, plan: MemoryPlan, on_stage: Callable[[str], None]
) -> Loaded:
    """A model read from its files and placed as the plan says."""
    title = family.title if name == family.name else name
    on_stage(f"Loading {title}")
    torch.set_num_threads(plan.threads)
    log.info("%s: %s", name, plan.reason)
    on_bytes = BytesRead("Loading", title, on_stage)
    pipeline = pipelines.load(model.folder, family, plan, on_bytes, model.config)
    return Loaded(
        name=name,
        family=family,
        plan=plan,
        pipeline=pipeline,
        scheduler_config=dict(pipeline.scheduler.config),
        conditions=Conditions(pipeline, family),
        loras=LoRAs(pipeline),
        latent_map=previews.latent_map(model.folder),
    )


def _key(model: Model) -> Key:
    files = catalogue.weight_files(model).values()
    return model.config, tuple(verify.state(file) for file in files)
