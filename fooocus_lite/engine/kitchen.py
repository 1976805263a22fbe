"""One device's kitchen: cooks what a recipe says into an image, step by step.

Models come from its loader. Knows nothing of jobs, files that are written, or who is watching.
"""

import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import diffusers
import PIL.Image
import torch

from .. import __version__
from ..errors import BrokenPicture, DeviceError, OutOfMemory, UnknownName
from ..recipe import MadeWith, Recipe
from ..thinking.families import FAMILIES
from ..thinking.forecast import Timing
from ..thinking.memory import HardwareFacts, MemoryPlan
from ..weights import verify
from ..weights.ingredients import Ingredients
from . import cooking, faults, pipelines, previews, schedulers
from .loader import Loader
from .progress import CookStep, Progress
from .shelf import Loaded, give_back

log = logging.getLogger(__name__)


class Kitchen:
    """Has what the recipe in hand needs, and cooks it. Used by one thread at a time."""

    def __init__(
        self,
        facts: HardwareFacts | None = None,
        state: Path | None = None,
        is_cpu_only: bool = False,
    ) -> None:
        """Asks the machine itself without `facts`; what it measures it remembers in `state`.

        `is_cpu_only`: a GPU is left alone, even to be asked what it is.
        """
        self.loader = Loader(facts, state, is_cpu_only)
        self._ready: Loaded | None = None
        self._refiner: Loaded | None = None
        self._notices: tuple[str, ...] = ()
        self.timing: Timing | None = None
        """What the last picture took; None when it had too few steps to tell."""

    @property
    def plan(self) -> MemoryPlan | None:
        """How the model in use is run; None before the first."""
        return self._ready.plan if self._ready else None

    def load(self, recipe: Recipe, files: Ingredients, on_stage: Callable[[str], None]) -> None:
        """Makes the recipe's models, LoRAs and embeddings ready. Quick when they are already.

        Raises WeightsError, OutOfMemory or UnknownName.
        """
        if recipe.family not in FAMILIES:
            raise UnknownName.among("model family", recipe.family, FAMILIES)
        if self._ready is None:
            # After a failure, what its frames held is free only by now.
            give_back()
        # What leaves the shelf now must not be held on to from here.
        self._ready = self._refiner = None
        try:
            self._load(recipe, files, on_stage)
        except (MemoryError, RuntimeError) as error:
            raise self._out_of_memory(error, recipe) from error

    def unload(self) -> None:
        """Forgets every model and gives its memory back."""
        self._ready = self._refiner = None
        self.loader.clear()

    def _load(self, recipe: Recipe, files: Ingredients, on_stage: Callable[[str], None]) -> None:
        """`load` without a word for its errors."""
        ready, refiner = self.loader.fetch(recipe, files, on_stage)
        self._ready, self._refiner = ready, refiner
        self._notices = ready.loras.apply(
            recipe.loras, files.loras, lambda: on_stage("Loading LoRAs")
        )
        for notice in self._notices:
            log.info("%s", notice)
        applied = [(verify.state(files.loras[lora.name]), lora.weight) for lora in recipe.loras]
        ready.conditions.prepare(files.embeddings, tuple(applied))
        if refiner is not None:
            refiner.conditions.prepare(files.embeddings, ())

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
        self.loader.note_failure()
        where = "The computer" if self.loader.device == "cpu" else "The GPU"
        return OutOfMemory(
            f"{where} has not enough free memory for {recipe.width} × {recipe.height} pixels. "
            "Choose a smaller size, or close other programs, and try again."
        )

    def thriftier_plan(self, recipe: Recipe, files: Ingredients) -> MemoryPlan | None:
        """What `load` would try after an OutOfMemory; None when nothing is left to try."""
        return self.loader.thriftier_plan(recipe, files)

    def fault_of(self, error: BaseException) -> DeviceError | None:
        """What an error of `load` or `cook` says about the GPU; None when it is no fault of it.

        All models are let go of then: nobody knows what is left of them.
        """
        device = self.loader.device
        fault = None if device == "cpu" else faults.device_error(error, device)
        if fault is not None:
            faults.forget_frames(error)
            self.unload()
        return fault


def _broken(recipe: Recipe) -> BrokenPicture:
    return BrokenPicture(
        f"The model returned numbers that are no picture (scheduler {recipe.scheduler}, guidance "
        f"{recipe.guidance_scale:g}). Choose another scheduler or a lower guidance; if it happens "
        "again, check the model's files."
    )
