"""One device's kitchen: loads what a recipe needs, and cooks it into an image, step by step.

Knows nothing of jobs, files that are written, or who is watching.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import diffusers
import PIL.Image
import torch

from .. import __version__
from ..errors import BrokenPicture, DeviceError, OutOfMemory, UnknownName
from ..recipe import MadeWith, Recipe
from ..thinking.costs import picture_of
from ..thinking.families import FAMILIES, REFINERS, Family
from ..thinking.forecast import Timing
from ..thinking.memory import HardwareFacts, MemoryPlan
from ..weights import sizes, verify
from ..weights.catalogue import Model
from . import cooking, faults, hardware, pipelines, previews, schedulers
from .conditions import Conditions
from .loras import LoRAs
from .planning import Planner
from .progress import BytesRead, CookStep, Progress
from .shelf import Loaded, Shelf, give_back

log = logging.getLogger(__name__)


class Kitchen:
    """Holds loaded pipelines, of which one is in use. Used by one thread at a time."""

    def __init__(
        self,
        facts: HardwareFacts | None = None,
        state: Path | None = None,
        is_cpu_only: bool = False,
    ) -> None:
        """Asks the machine itself without `facts`; what it measures it remembers in `state`.

        `is_cpu_only`: a GPU is left alone, even to be asked what it is.
        """
        self._given_facts = facts
        self._state = state
        self._is_cpu_only = is_cpu_only
        self._shelf = Shelf()
        self._ready: Loaded | None = None
        self._refiner: Loaded | None = None
        self._tried: MemoryPlan | None = None
        self._notices: tuple[str, ...] = ()
        self.planner = Planner()
        self.load_s: float | None = None
        """Seconds the last `load` took for reading a model; None when it was there already."""
        self.timing: Timing | None = None
        """What the last picture took; None when it had too few steps to tell."""

    @property
    def plan(self) -> MemoryPlan | None:
        """How the model in use is run; None before the first."""
        return self._ready.plan if self._ready else None

    def load(
        self,
        recipe: Recipe,
        model_folder: Path,
        lora_files: Mapping[str, Path],
        on_stage: Callable[[str], None],
        embedding_files: Mapping[str, Path] | None = None,
        config: Path | None = None,
        refiner: Model | None = None,
    ) -> None:
        """Makes the recipe's models, LoRAs and embeddings ready. Quick when they are already.

        `model_folder` may be a single file; `config` is then the folder with the settings it lacks.
        `refiner` is the recipe's, None when it has none. Raises WeightsError, OutOfMemory or
        UnknownName.
        """
        if recipe.family not in FAMILIES:
            raise UnknownName.among("model family", recipe.family, FAMILIES)
        if self._ready is None:
            # After a failure, what its frames held is free only by now.
            give_back()
        # What leaves the shelf now must not be held on to from here.
        self._ready = self._refiner = self._tried = self.load_s = None
        try:
            self._load(
                recipe, model_folder, lora_files, on_stage, embedding_files or {}, config, refiner
            )
        except (MemoryError, RuntimeError) as error:
            raise self._out_of_memory(error, recipe) from error

    def unload(self) -> None:
        """Forgets every model and gives its memory back."""
        self._ready = self._refiner = None
        self._shelf.clear()

    def _load(
        self,
        recipe: Recipe,
        folder: Path,
        lora_files: Mapping[str, Path],
        on_stage: Callable[[str], None],
        embedding_files: Mapping[str, Path],
        config: Path | None,
        refiner: Model | None,
    ) -> None:
        """`load` without a word for its errors."""
        ready, refining_model = self._models(recipe, folder, config, refiner, on_stage)
        self._ready, self._refiner = ready, refining_model
        if recipe.loras:
            on_stage("Loading LoRAs")
        self._notices = ready.loras.apply(recipe.loras, lora_files)
        for notice in self._notices:
            log.info("%s", notice)
        applied = [(verify.state(lora_files[lora.name]), lora.weight) for lora in recipe.loras]
        ready.conditions.prepare(embedding_files, tuple(applied))
        if refining_model is not None:
            refining_model.conditions.prepare(embedding_files, ())

    def _models(
        self,
        recipe: Recipe,
        folder: Path,
        config: Path | None,
        refiner: Model | None,
        on_stage: Callable[[str], None],
    ) -> tuple[Loaded, Loaded | None]:
        """The recipe's model and its refiner, if it has one, by a plan that has room for both."""
        size = sizes.of_folder(folder, config, refiner)
        picture = picture_of(recipe, FAMILIES[recipe.family])
        plan = self._tried = self.planner.plan(recipe.models, self.facts(), size, picture)
        family = FAMILIES[recipe.family]
        beside = refiner.folder if refiner else None
        ready = self._model(recipe.model, family, folder, config, plan, on_stage, beside)
        if refiner is None or recipe.refiner is None:
            return ready, None
        family = REFINERS[recipe.family]
        place = refiner.folder, refiner.config
        return ready, self._model(recipe.refiner, family, *place, plan, on_stage, folder)

    def _model(
        self,
        name: str,
        family: Family,
        folder: Path,
        config: Path | None,
        plan: MemoryPlan,
        on_stage: Callable[[str], None],
        beside: Path | None = None,
    ) -> Loaded:
        """A model from the shelf, or from its files; others leave if there is no room.

        That of the folder `beside` stays. A model is placed for good, so one that now needs another
        plan is loaded again.
        """
        key, facts = _key(folder), self.facts()
        kept = self._shelf.get(key)
        if kept is not None and kept.plan.label != plan.label:
            kept = None
            self._shelf.drop(key)
        self._shelf.make_room(key, plan, facts, _key(beside) if beside else None)
        if kept is not None:
            return kept
        title = family.title if name == family.name else name
        on_stage(f"Loading {title}")
        torch.set_num_threads(plan.threads)
        log.info("%s: %s", name, plan.reason)
        began = time.perf_counter()
        pipeline = pipelines.load(
            folder, family, plan, BytesRead("Loading", title, on_stage), config
        )
        self.load_s = (self.load_s or 0.0) + time.perf_counter() - began
        loaded = Loaded(
            name=name,
            family=family,
            plan=plan,
            pipeline=pipeline,
            scheduler_config=dict(pipeline.scheduler.config),
            conditions=Conditions(pipeline, family),
            loras=LoRAs(pipeline),
            latent_map=previews.latent_map(folder),
        )
        self._shelf.put(key, loaded)
        return loaded

    def has(self, model: str, plan: str) -> bool:
        """Whether a model is loaded with the plan of this label."""
        return self._shelf.has(model, plan)

    def facts(self) -> HardwareFacts:
        """This machine as if nothing were loaded."""
        if self._given_facts is not None:
            return self._given_facts
        facts = hardware.facts(self._state, self._is_cpu_only)
        held_vram, held_ram = self._shelf.held_mib()
        ram = facts.free_ram_mib + held_ram
        if facts.free_vram_mib is None:
            return replace(facts, free_ram_mib=min(ram, facts.total_mib))
        return replace(facts, free_vram_mib=facts.free_vram_mib + held_vram, free_ram_mib=ram)

    def cook(
        self,
        recipe: Recipe,
        on_step: Callable[[CookStep], None],
        wants_preview: Callable[[], bool],
        image: PIL.Image.Image | None = None,
    ) -> PIL.Image.Image:
        """The recipe's picture; the same bytes each time on one machine.

        `image` is what an image-to-image recipe starts from, RGB of any size; None for all others.
        `on_step` is called before the first step and after each; raising from it stops at once and
        leaves the pipeline good. Raises OutOfMemory or BrokenPicture.
        """
        if self._ready is None:
            raise RuntimeError("cook() before load()")
        try:
            return self._cook(self._ready, recipe, on_step, wants_preview, image)
        except (MemoryError, RuntimeError) as error:
            raise self._out_of_memory(error, recipe) from error

    def _cook(
        self,
        ready: Loaded,
        recipe: Recipe,
        on_step: Callable[[CookStep], None],
        wants_preview: Callable[[], bool],
        image: PIL.Image.Image | None,
    ) -> PIL.Image.Image:
        """`cook` without a word for its errors."""
        family, pipeline = ready.family, ready.pipeline
        torch.set_num_threads(ready.plan.threads)
        pipeline.scheduler = schedulers.build(
            recipe.scheduler, ready.scheduler_config, recipe.num_inference_steps
        )
        glimpse = previews.Glimpse(pipeline.scheduler)
        try:
            if wants_preview() and ready.latent_map is None:
                ready.latent_map = previews.measured(pipeline.vae, family.latents.factor)
                pipeline.maybe_free_model_hooks()
            draw = partial(cooking.preview, recipe, ready, glimpse)
            progress = Progress(recipe.steps_made, on_step, wants_preview, draw)
            began = time.perf_counter()
            self.timing = None
            progress.begin()
            pixels = cooking.pixels(ready, self._refiner, recipe, image, progress, glimpse)
            if not torch.isfinite(pixels).all():
                raise _broken(recipe)
            numbers = pipeline.image_processor.pt_to_numpy(pixels)
            made: PIL.Image.Image = pipeline.image_processor.numpy_to_pil(numbers)[0]
            self.timing = progress.timing(time.perf_counter() - began)
            return made
        finally:
            pipeline.maybe_free_model_hooks()
            if self._refiner is not None:
                self._refiner.pipeline.maybe_free_model_hooks()

    def made_with(self) -> MadeWith:
        """The machine and versions that pictures come from now."""
        plan = self.plan
        return MadeWith(
            program=f"Fooocus Lite {__version__}",
            torch=torch.__version__,
            diffusers=diffusers.__version__,
            device=plan.device if plan else "cpu",
            dtype=plan.dtype if plan else "float32",
            plan=plan.label if plan else "",
            threads=torch.get_num_threads(),
            notices=self._notices,
        )

    def _out_of_memory(self, error: Exception, recipe: Recipe) -> Exception:
        """What to raise for `error`: out of memory empties the kitchen and gets a sentence."""
        if not pipelines.is_out_of_memory(error):
            return error
        faults.forget_frames(error)
        self.unload()
        plan, picture = self._tried, picture_of(recipe, FAMILIES[recipe.family])
        if plan is not None:
            self.planner.note_failure(recipe.models, plan, picture)
        where = "The GPU" if plan and plan.device != "cpu" else "The computer"
        return OutOfMemory(
            f"{where} has not enough free memory for {recipe.width} × {recipe.height} pixels. "
            "Choose a smaller size, or close other programs, and try again."
        )

    def fault_of(self, error: BaseException) -> DeviceError | None:
        """What an error of `load` or `cook` says about the GPU; None when it is no fault of it.

        All models are let go of then: nobody knows what is left of them.
        """
        device = self._tried.device if self._tried else "cpu"
        fault = None if device == "cpu" else faults.device_error(error, device)
        if fault is not None:
            faults.forget_frames(error)
            self.unload()
        return fault

    def thriftier_plan(
        self,
        recipe: Recipe,
        model_folder: Path,
        config: Path | None = None,
        refiner: Model | None = None,
    ) -> MemoryPlan | None:
        """What `load` would try after an OutOfMemory; None when nothing is left to try."""
        picture = picture_of(recipe, FAMILIES[recipe.family])
        size = sizes.of_folder(model_folder, config, refiner)
        plan = self.planner.plan(recipe.models, self.facts(), size, picture)
        is_new = self._tried is not None and plan.label != self._tried.label
        return plan if is_new else None


def _key(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What tells one state of a model's files from another."""
    return tuple(verify.state(file) for file in verify.weight_files(folder))


def _broken(recipe: Recipe) -> BrokenPicture:
    return BrokenPicture(
        f"The model returned numbers that are no picture (scheduler {recipe.scheduler}, guidance "
        f"{recipe.guidance_scale:g}). Choose another scheduler or a lower guidance; if it happens "
        "again, check the model's files."
    )
