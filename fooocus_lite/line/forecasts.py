"""What pictures took here, and so what the next one will: the lane tells, the doors ask.

Never imports torch: what is known of the device comes with the kitchen, once the lane has opened
it; before that nothing is forecast.
"""

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..archive.estimates import Estimates, Setting
from ..engine.planning import Case
from ..errors import DiskError, WeightsError
from ..recipe import Recipe
from ..supplies.listing import Listing
from ..supplies.needs import size_of
from ..supplies.stock import Stock
from ..thinking.costs import Picture, picture_of
from ..thinking.families import FAMILIES
from ..thinking.forecast import Forecast, forecast, timing_for
from ..thinking.memory import HardwareFacts, MemoryPlan

if TYPE_CHECKING:
    from ..engine.kitchen import Kitchen
    from ..engine.loader import Loader

log = logging.getLogger(__name__)


class Forecasts:
    """Of one device. Told by the lane's thread, asked by any."""

    def __init__(self, estimates: Estimates, stock: Stock) -> None:
        self._estimates = estimates
        self._stock = stock
        self._loader: Loader | None = None
        self._facts: HardwareFacts | None = None

    @property
    def facts(self) -> HardwareFacts | None:
        """The device as it was after the latest picture; None before the engine is there."""
        return self._facts

    def open(self, kitchen: "Kitchen") -> None:
        """The kitchen is there: from now on its device can be asked about."""
        self._facts = kitchen.loader.facts()
        self._loader = kitchen.loader

    def note(self, kitchen: "Kitchen", recipe: Recipe, saving_s: float | None = None) -> None:
        """What the kitchen's last load and picture took, and saving it; without that the load only.

        A disk in trouble loses only this note.
        """
        self._facts = kitchen.loader.facts()
        if kitchen.plan is None:
            return
        setting = _setting(self._facts, recipe, kitchen.plan)
        try:
            if (load_s := kitchen.loader.load_s) is not None:
                self._estimates.note_load(setting, load_s)
            if saving_s is not None and (timing := kitchen.timing) is not None:
                whole = replace(timing, beside_s=timing.beside_s + saving_s)
                self._estimates.note(setting, _picture(recipe).size, whole)
        except (DiskError, sqlite3.Error) as error:
            log.warning("the time of a picture could not be noted: %s", error)

    def picture_s(self, recipes: Sequence[Recipe], listing: Listing) -> float | None:
        """Seconds for each of these pictures of one job, loading shared out; None if unknown."""
        try:
            found = self.of(recipes, listing)
        except WeightsError:  # for the job itself to tell
            return None
        return None if found is None or found.seconds is None else found.seconds / len(recipes)

    def of(self, recipes: Sequence[Recipe], listing: Listing) -> Forecast | None:
        """What these pictures of one job will take, once their model is here.

        None before the engine is there, and for a model that is neither here nor known. Raises
        WeightsError when the model is damaged.
        """
        facts, loader, recipe = self._facts, self._loader, recipes[0]
        if facts is None or loader is None:
            return None
        names = [recipe.model, recipe.refiner] if recipe.refiner else [recipe.model]
        here = listing.models_and_refiners if recipe.refiner else listing.models
        size = size_of(names, here, self._stock.presets.values())
        if size is None:
            return None
        picture, models = _picture(recipe), [here[name] for name in names if name in here]
        is_here = len(models) == len(names)
        loaded = loader.loaded_plan(models) if is_here else None
        plan = loader.planner.plan(Case(recipe.models, facts, size, picture), loaded)
        setting = self._alike(_setting(facts, recipe, plan), recipe, listing)
        load_s = 0.0
        if loaded is None or loaded.label != plan.label:
            load_s = self._estimates.load_s(setting) or 0.0
        return forecast(
            plan,
            timing_for(self._estimates.timings(setting), picture.size),
            num_inference_steps=recipe.steps_made,
            pictures=len(recipes),
            load_s=load_s,
            total_mib=facts.total_mib,
            is_here=is_here,
        )

    def _alike(self, setting: Setting, recipe: Recipe, listing: Listing) -> Setting:
        """Of a model that was never used here, another one of its family: they take as long."""
        if recipe.refiner is not None or self._estimates.timings(setting):
            return setting
        kin = (
            replace(setting, model=each.name)
            for each in listing.models.values()
            if each.family == recipe.family
        )
        return next((each for each in kin if self._estimates.timings(each)), setting)


def _picture(recipe: Recipe) -> Picture:
    return picture_of(recipe, FAMILIES[recipe.family])


def _setting(facts: HardwareFacts, recipe: Recipe, plan: MemoryPlan) -> Setting:
    return Setting(facts.name, recipe.models, plan.label)
