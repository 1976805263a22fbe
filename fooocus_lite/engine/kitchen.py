"""One device's kitchen: loads what a recipe needs, and cooks it into an image, step by step.

Knows nothing of jobs, files that are written, or who is watching.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import diffusers
import PIL.Image
import torch

from .. import __version__
from ..errors import BrokenPicture, OutOfMemory, UnknownName
from ..recipe import MadeWith, Recipe
from ..thinking import memory
from ..thinking.families import FAMILIES
from ..thinking.memory import HardwareFacts, MemoryPlan
from ..weights import verify
from . import hardware, loras, pipelines, previews, schedulers
from .conditions import Conditions

log = logging.getLogger(__name__)
PREVIEW_INTERVAL_S = 0.2


@dataclass(frozen=True)
class CookStep:
    """`step` runs from 0 (before the first) to `total_steps`; `preview` is a JPEG, if wanted."""

    step: int
    total_steps: int
    seconds_per_step: float | None
    preview: bytes | None = field(default=None, repr=False)


class Kitchen:
    """Holds one loaded pipeline. Used by one thread at a time."""

    plan: MemoryPlan | None = None

    def __init__(self, facts: HardwareFacts | None = None) -> None:
        self._facts = facts
        self._pipeline: Any = None
        self._scheduler_config: dict[str, Any] = {}
        self._latent_map: previews.LatentMap | None = None
        self._conditions: Conditions | None = None
        self._loaded: object = None

    def load(
        self,
        recipe: Recipe,
        model_folder: Path,
        lora_files: Mapping[str, Path],
        on_stage: Callable[[str], None],
        embedding_files: Mapping[str, Path] | None = None,
    ) -> None:
        """Makes the recipe's model, LoRAs and embeddings ready. Quick when they are already.

        Raises WeightsError, OutOfMemory or UnknownName.
        """
        if recipe.family not in FAMILIES:
            raise UnknownName.among("model family", recipe.family, FAMILIES)
        family = FAMILIES[recipe.family]
        wanted = [verify.state(file) for file in verify.weight_files(model_folder)]
        try:
            if self._conditions is None or wanted != self._loaded:
                self.unload()
                on_stage(f"Loading {family.title if recipe.model == family.name else recipe.model}")
                self._facts = self._facts or hardware.facts()
                model_mib = verify.parameters(model_folder) * 2 // hardware.MIB
                self.plan = memory.plan(self._facts, model_mib)
                torch.set_num_threads(self.plan.threads)
                log.info("%s: %s", recipe.model, self.plan.reason)
                self._pipeline = pipelines.load(model_folder, family, self.plan)
                self._scheduler_config = dict(self._pipeline.scheduler.config)
                self._latent_map = previews.latent_map(model_folder)
                self._conditions = Conditions(self._pipeline, family)
                self._loaded = wanted
            if recipe.loras:
                on_stage("Loading LoRAs")
            loras.apply(self._pipeline, recipe.loras, lora_files)
            applied = [(verify.state(lora_files[lora.name]), lora.weight) for lora in recipe.loras]
            self._conditions.prepare(embedding_files or {}, tuple(applied))
        except (MemoryError, RuntimeError) as error:
            raise self._out_of_memory(error, recipe) from error

    def unload(self) -> None:
        """Forgets the pipeline and gives its memory back."""
        self._pipeline = self._conditions = self._loaded = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def cook(
        self,
        recipe: Recipe,
        on_step: Callable[[CookStep], None],
        wants_preview: Callable[[], bool],
    ) -> PIL.Image.Image:
        """The recipe's picture; the same bytes each time on one machine.

        `on_step` is called before the first step and after each; raising from it stops at once and
        leaves the pipeline good. Raises OutOfMemory or BrokenPicture.
        """
        if self._pipeline is None or self._conditions is None or self.plan is None:
            raise RuntimeError("cook() before load()")
        pipeline = self._pipeline
        torch.set_num_threads(self.plan.threads)
        pipeline.scheduler = schedulers.build(
            recipe.scheduler, self._scheduler_config, recipe.num_inference_steps
        )
        glimpse = previews.Glimpse(pipeline.scheduler)
        progress = _Progress(
            recipe.num_inference_steps, on_step, wants_preview, glimpse, self._latent_map
        )
        try:
            progress.begin()
            pixels = pipeline(
                **self._conditions.arguments(recipe),
                width=recipe.width,
                height=recipe.height,
                num_inference_steps=recipe.num_inference_steps,
                guidance_scale=recipe.guidance_scale,
                # Noise from the CPU is the same on every device.
                generator=torch.Generator("cpu").manual_seed(recipe.seed),
                callback_on_step_end=progress.step_end,
                output_type="pt",
            ).images
            if not torch.isfinite(pixels).all():
                raise _broken(recipe)
            numbers = pipeline.image_processor.pt_to_numpy(pixels)
            image: PIL.Image.Image = pipeline.image_processor.numpy_to_pil(numbers)[0]
            return image
        except (MemoryError, RuntimeError) as error:
            raise self._out_of_memory(error, recipe) from error
        finally:
            pipeline.maybe_free_model_hooks()

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
        )

    def _out_of_memory(self, error: Exception, recipe: Recipe) -> Exception:
        """What to raise for `error`: out of memory empties the kitchen and gets a sentence."""
        if not pipelines.is_out_of_memory(error):
            return error
        self.unload()
        device = self.plan.device if self.plan else "cpu"
        where = "The GPU" if device != "cpu" else "The computer"
        return OutOfMemory(
            f"{where} has not enough free memory for {recipe.width} × {recipe.height} pixels. "
            "Choose a smaller size, or close other programs, and try again."
        )


class _Progress:
    """Turns the pipeline's callbacks into `CookStep`s that never run backwards."""

    def __init__(
        self,
        total_steps: int,
        on_step: Callable[[CookStep], None],
        wants_preview: Callable[[], bool],
        glimpse: previews.Glimpse,
        latent_map: previews.LatentMap | None,
    ) -> None:
        self._total_steps = total_steps
        self._on_step = on_step
        self._wants_preview = wants_preview
        self._glimpse = glimpse
        self._latent_map = latent_map
        self._queued: torch.cuda.Event | None = None
        self._first: tuple[int, float] | None = None
        self._last_preview = 0.0

    def begin(self) -> None:
        self._on_step(CookStep(0, self._total_steps, None))

    def step_end(self, pipeline: Any, index: int, _: Any, values: dict[str, Any]) -> dict[str, Any]:
        """Called by the pipeline. PNDM and Heun call more often than there are steps."""
        self._keep_pace(values["latents"])
        done, calls = index + 1, pipeline.num_timesteps
        step = min(self._total_steps, done * self._total_steps // calls)
        now = time.perf_counter()
        seconds_per_step = None
        if self._first is None:
            self._first = (done, now)
        elif done > self._first[0]:
            each_call = (now - self._first[1]) / (done - self._first[0])
            seconds_per_step = each_call * calls / self._total_steps
        preview = self._preview(now)
        self._on_step(CookStep(step, self._total_steps, seconds_per_step, preview))
        return values

    def _keep_pace(self, latents: torch.Tensor) -> None:
        """Python runs ahead of a GPU; waiting for the step before this one keeps progress and Stop
        honest, and the GPU busy.
        """
        if not latents.is_cuda:
            return
        if self._queued is not None:
            self._queued.synchronize()
        self._queued = torch.cuda.Event()  # type: ignore[no-untyped-call]  # torch has no type here
        self._queued.record()

    def _preview(self, now: float) -> bytes | None:
        is_due = now - self._last_preview >= PREVIEW_INTERVAL_S
        if self._latent_map is None or not is_due or not self._wants_preview():
            return None
        self._last_preview = now
        latents = self._glimpse.expected()
        return None if latents is None else previews.jpeg(latents, self._latent_map)


def _broken(recipe: Recipe) -> BrokenPicture:
    return BrokenPicture(
        f"The model returned numbers that are no picture (scheduler {recipe.scheduler}, guidance "
        f"{recipe.guidance_scale:g}). Choose another scheduler or a lower guidance; if it happens "
        "again, check the model's files."
    )
