"""Sample pictures for the cards of models and LoRAs, each made by what its card is about.

A sample is a job like anybody's, the last in the line. Its picture becomes the card's, and is no
picture of the history any more.
"""

import contextlib
import hashlib
import logging
import math
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from random import Random

from ..archive import pictures
from ..archive.history import History
from ..archive.jobs import JobStore
from ..errors import FooocusLiteError, WeightsError
from ..recipe import ImageRequest, LoRA, Recipe
from ..settings import Settings
from ..supplies.listing import Listing
from ..supplies.stock import Stock
from ..thinking.families import FAMILIES, STARTER, Family
from ..thinking.forecast import Forecast
from ..thinking.model_size import ALIKE_BYTES
from ..thinking.resolve import resolve
from ..weights import own_files
from ..weights.catalogue import Model
from ..weights.folders import LORAS
from ..weights.own_files import OwnFile
from .forecasts import Forecasts

log = logging.getLogger(__name__)
OWNER = "samples"
"""Whose jobs they are: no browser's token and no user is ever called so."""
SEED = 7
MAX_STEPS = 16
SIDE, SMALL_SIDE = 768, 512
"""Pixels a side; models that make small pictures make them at their own size."""
QUICK_S = 120.0
PROMPT = "a small red house on a flower meadow, mountains behind it, morning light"
SHORT_PROMPT = "a red house on a meadow"
MAX_WORDS = 3
SHIPPED = "sample.webp"
"""In the starter's folder: the sample that it made, so that its card is never empty."""
# Trigger words come from a file: none may say anything in the prompt language.
_PLAIN = re.compile(r"(?!.*__)[\w .'-]{1,60}")


class Samples:
    """Asked for by the name of a model, or of a LoRA such as "loras/ink". Any thread may ask."""

    def __init__(
        self,
        settings: Settings,
        stock: Stock,
        store: JobStore,
        history: History,
        forecasts: Forecasts,
    ) -> None:
        self._settings = settings
        self._stock = stock
        self._store = store
        self._history = history
        self._forecasts = forecasts
        self._lock = threading.Lock()
        self._asked: dict[str, str] = {}

    def picture(self, name: str) -> Path | None:
        """The sample, a small WebP; None until there is one. The starter comes with its own."""
        made = self._path(name)
        if made.is_file():
            return made
        folders = self._stock.model_folders() if name == STARTER.name else []
        shipped = (folder / name / SHIPPED for folder in folders)
        return next(filter(Path.is_file, shipped), None)

    def underway(self) -> frozenset[str]:
        """The names whose sample waits in the line or is being made."""
        jobs = (self._store.get(each, OWNER) for each in self._store.active(OWNER))
        return frozenset(_subject(job.recipes[0]) for job in jobs)

    def problem(self, name: str) -> str:
        """Why the sample asked for last could not be made; empty mostly."""
        job_id = self._asked.get(name)
        error = self._store.get(job_id).error if job_id else None
        return error.message if error else ""

    def offers(self, listing: Listing | None = None) -> dict[str, Forecast | None]:
        """All that has no sample and could have one, with what making it takes.

        A LoRA takes as long as the model that it is tried with, and models of one family and size
        take as long as each other; None while nothing can be said. Of that listing, or of one
        taken now.
        """
        listing, preferred = listing or self._stock.listing(), self._stock.preset_named().model
        broken = {file.path for file in listing.checkpoints if file.problem}
        known: dict[tuple[str, bool, int], Forecast | None] = {}
        found: dict[str, Forecast | None] = {}
        for model in listing.models.values():
            if model.folder in broken:
                continue
            is_distilled = self._stock.is_distilled(model.name)
            kind = (model.family, is_distilled, model.size_bytes // ALIKE_BYTES)
            with contextlib.suppress(FooocusLiteError):
                if kind not in known:
                    known[kind] = self._forecast(model.name, listing)
                found[model.name] = known[kind]
        for file in listing.own_files(LORAS):
            base = _base(file, listing.models, preferred)
            if base is not None and base.name in found and not file.problem:
                found[file.whole_name] = found[base.name]
        return {name: takes for name, takes in found.items() if self.picture(name) is None}

    def forecast(self, name: str) -> Forecast | None:
        """What making it takes; None while nothing can be said. Raises as `ask` does."""
        return self._forecast(name, self._stock.listing())

    def _forecast(self, name: str, listing: Listing) -> Forecast | None:
        return self._forecasts.of(self._recipes(self._request(name, listing), listing), listing)

    def ask(self, name: str) -> None:
        """Puts the picture at the end of the line; nothing more while it is underway.

        Raises UnknownName, BadRequest when the line is full, WeightsError when nothing here can
        make it.
        """
        with self._lock:
            if name in self.underway():
                return
            listing = self._stock.listing()
            request = self._request(name, listing)
            recipes = self._recipes(request, listing)
            job = self._store.add(OWNER, request, recipes, priority="spare")
            self._asked[name] = job.id

    def ask_if_quick(self, name: str) -> None:
        """A new or changed model needs a new sample: asked for where it is known to be quick."""
        self.forget(name)
        try:
            expected = self.forecast(name)
            if expected and expected.seconds is not None and expected.seconds <= QUICK_S:
                self.ask(name)
        except FooocusLiteError as error:
            log.info("no sample of %s: %s", name, error.message)

    def gather(self) -> None:
        """Makes the pictures that are done the cards', and takes them out of the history."""
        with self._lock:
            for picture in self._history.latest(OWNER):
                try:
                    pictures.save_thumbnail(picture.path, self._path(_subject(picture.recipe)))
                    self._history.delete(picture, self._settings.output_path)
                except (FooocusLiteError, OSError) as error:
                    log.warning("a sample was not kept: %s", error)

    def forget(self, name: str) -> None:
        """Throws the sample away."""
        self._asked.pop(name, None)
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        """Two names never share a file, whatever characters are in them."""
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
        digest = hashlib.sha256(name.encode()).hexdigest()[:12]
        return self._settings.state / "samples" / f"{slug}-{digest}.webp"

    def _recipes(self, request: ImageRequest, listing: Listing) -> list[Recipe]:
        recipes = resolve(request, self._stock.pantry(listing), Random(SEED))
        self._stock.check_is_here(recipes, listing)
        return recipes

    def request(self, name: str) -> ImageRequest:
        """A quick picture that still looks like something. Raises UnknownName, WeightsError."""
        return self._request(name, self._stock.listing())

    def _request(self, name: str, listing: Listing) -> ImageRequest:
        folder, _, lora = name.partition("/")
        if name in listing.models or folder != LORAS:
            return self._of(listing.model(name), listing)
        file = own_files.named(name, listing.own_files(LORAS))
        words = file.inspection.trigger_words if file.inspection else ()
        plain = [word for word in words if _PLAIN.fullmatch(word)][:MAX_WORDS]
        base = _base(file, listing.models, self._stock.preset_named().model)
        if base is None:
            made_for = file.inspection.architecture.title if file.inspection else "unknown models"
            raise WeightsError(
                f"{file.name} is made for {made_for}, and no such model is here. Get one first."
            )
        return self._of(base, listing, plain, lora)

    def _of(
        self, model: Model, listing: Listing, words: Sequence[str] = (), lora: str = ""
    ) -> ImageRequest:
        family = FAMILIES[model.family]
        here = listing.lora_files(model)
        rows = family.rows(self._stock.is_distilled(model.name))
        possible = [row for row in rows if row.lora is None or row.lora.name in here]
        quick = min(possible, key=lambda row: row.num_inference_steps)
        prompt = SHORT_PROMPT if model.name == STARTER.name else PROMPT
        return ImageRequest(
            prompt=", ".join([*words, prompt]),
            styles=(),
            preset=self._preset(model.name),
            model=model.name,
            performance=quick.name,
            num_inference_steps=min(quick.num_inference_steps, MAX_STEPS),
            width=_side(family),
            height=_side(family),
            seed=SEED,
            loras=(LoRA(name=lora),) if lora else (),
        )

    def _preset(self, model: str) -> str | None:
        """One that is about this model, and asks for no second one."""
        presets = self._stock.presets.values()
        found = (each.name for each in presets if each.model == model and each.refiner is None)
        return next(found, None)


def _base(file: OwnFile, models: dict[str, Model], preferred: str) -> Model | None:
    """The model to try a LoRA with; None when none that is here fits."""
    families = file.inspection.families if file.inspection else ()
    fitting = [each for each in models.values() if each.family in families]
    by_choice = sorted(fitting, key=lambda each: (each.name != preferred, each.size_bytes))
    return next(iter(by_choice), None)


def _subject(recipe: Recipe) -> str:
    """The name whose sample a recipe makes."""
    loras = recipe.request.loras
    return f"{LORAS}/{loras[0].name}" if loras else recipe.model


def _side(family: Family) -> int:
    aspect = family.aspects[0]
    native = math.isqrt(aspect.width * aspect.height)
    side = native if native <= SMALL_SIDE else SIDE
    return max(family.min_side, side - side % family.size_multiple)
