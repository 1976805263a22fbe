"""One device's kitchen: loads what a recipe needs, and cooks it into an image, step by step.

Knows nothing of jobs, files that are written, or who is watching.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import diffusers
import PIL.Image
import torch

from .. import __version__
from ..errors import BrokenPicture, OutOfMemory, UnknownName
from ..recipe import MadeWith, Recipe
from ..thinking import memory
from ..thinking.costs import picture_of
from ..thinking.families import FAMILIES
from ..thinking.memory import HardwareFacts, MemoryPlan
from ..weights import sizes, verify
from . import hardware, loras, pipelines, previews, schedulers
from .conditions import Conditions
from .latents import grid
from .shelf import Loaded, Shelf

log = logging.getLogger(__name__)
PREVIEW_INTERVAL_S = 0.2
STAGE_INTERVAL_S = 0.2
GIB = 2**30


@dataclass(frozen=True)
class CookStep:
    """`step` runs from 0 (before the first) to `total_steps`; `preview` is a JPEG, if wanted."""

    step: int
    total_steps: int
    seconds_per_step: float | None
    preview: bytes | None = field(default=None, repr=False)


class Kitchen:
    """Holds loaded pipelines, of which one is in use. Used by one thread at a time."""

    def __init__(self, facts: HardwareFacts | None = None) -> None:
        self._given_facts = facts
        self._shelf = Shelf()
        self._ready: Loaded | None = None

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
    ) -> None:
        """Makes the recipe's model, LoRAs and embeddings ready. Quick when they are already.

        Raises WeightsError, OutOfMemory or UnknownName.
        """
        if recipe.family not in FAMILIES:
            raise UnknownName.among("model family", recipe.family, FAMILIES)
        try:
            # What leaves the shelf now must not be held on to from here.
            self._ready = None
            ready = self._ready = self._model(recipe, model_folder, on_stage)
            if recipe.loras:
                on_stage("Loading LoRAs")
            for notice in loras.apply(ready.pipeline, recipe.loras, lora_files):
                log.warning("%s", notice)
                on_stage(notice)
            applied = [(verify.state(lora_files[lora.name]), lora.weight) for lora in recipe.loras]
            ready.conditions.prepare(embedding_files or {}, tuple(applied))
        except (MemoryError, RuntimeError) as error:
            raise self._out_of_memory(error, recipe) from error

    def unload(self) -> None:
        """Forgets every model and gives its memory back."""
        self._ready = None
        self._shelf.clear()

    def _model(self, recipe: Recipe, folder: Path, on_stage: Callable[[str], None]) -> Loaded:
        """The recipe's model from the shelf, or from its files; others leave if there is no room.

        A model is placed for good, so one that now needs another plan is loaded again.
        """
        family = FAMILIES[recipe.family]
        key = tuple(verify.state(file) for file in verify.weight_files(folder))
        facts = self._facts()
        size = sizes.of_folder(folder)
        plan = memory.plans(facts, size, picture_of(recipe, family))[0]
        kept = self._shelf.get(key)
        if kept is not None and kept.plan.label != plan.label:
            kept = None
            self._shelf.drop(key)
        self._shelf.make_room(key, plan, facts)
        if kept is not None:
            return kept
        title = family.title if recipe.model == family.name else recipe.model
        on_stage(f"Loading {title}")
        torch.set_num_threads(plan.threads)
        log.info("%s: %s", recipe.model, plan.reason)
        pipeline = pipelines.load(folder, family, plan, _Bytes(title, on_stage))
        loaded = Loaded(
            name=recipe.model,
            family=family,
            plan=plan,
            pipeline=pipeline,
            scheduler_config=dict(pipeline.scheduler.config),
            conditions=Conditions(pipeline, family),
            latent_map=previews.latent_map(folder),
        )
        self._shelf.put(key, loaded)
        return loaded

    def _facts(self) -> HardwareFacts:
        """This machine as if nothing were loaded."""
        if self._given_facts is not None:
            return self._given_facts
        facts = hardware.facts()
        held_vram, held_ram = self._shelf.held_mib()
        vram = None if facts.free_vram_mib is None else facts.free_vram_mib + held_vram
        return replace(facts, free_vram_mib=vram, free_ram_mib=facts.free_ram_mib + held_ram)

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
        if self._ready is None:
            raise RuntimeError("cook() before load()")
        ready, pipeline = self._ready, self._ready.pipeline
        family = ready.family
        torch.set_num_threads(ready.plan.threads)
        pipeline.scheduler = schedulers.build(
            recipe.scheduler, ready.scheduler_config, recipe.num_inference_steps
        )
        glimpse = previews.Glimpse(pipeline.scheduler)
        try:
            if wants_preview() and ready.latent_map is None:
                ready.latent_map = previews.measured(pipeline.vae, family.latents.factor)
                pipeline.maybe_free_model_hooks()
            draw = partial(_preview, recipe, ready, glimpse)
            progress = _Progress(recipe.num_inference_steps, on_step, wants_preview, draw)
            progress.begin()
            pixels = pipeline(
                **ready.conditions.arguments(recipe),
                **family.call,
                **{family.guidance_argument: recipe.guidance_scale},
                width=recipe.width,
                height=recipe.height,
                num_inference_steps=recipe.num_inference_steps,
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
        device = self.plan.device if self.plan else "cpu"
        self.unload()
        where = "The GPU" if device != "cpu" else "The computer"
        return OutOfMemory(
            f"{where} has not enough free memory for {recipe.width} × {recipe.height} pixels. "
            "Choose a smaller size, or close other programs, and try again."
        )


class _Bytes:
    """Tells how much of a model is read, a few times a second; nothing of one read in a blink."""

    def __init__(self, title: str, on_stage: Callable[[str], None]) -> None:
        self._title = title
        self._on_stage = on_stage
        self._told = time.perf_counter()

    def __call__(self, done: int, total: int) -> None:
        now = time.perf_counter()
        if now - self._told >= STAGE_INTERVAL_S:
            self._told = now
            read = f"{done / GIB:.1f} of {total / GIB:.1f} GB"
            self._on_stage(f"Loading {self._title} · {read}")


class _Progress:
    """Turns the pipeline's callbacks into `CookStep`s that never run backwards."""

    def __init__(
        self,
        total_steps: int,
        on_step: Callable[[CookStep], None],
        wants_preview: Callable[[], bool],
        draw: Callable[[], bytes | None],
    ) -> None:
        self._total_steps = total_steps
        self._on_step = on_step
        self._wants_preview = wants_preview
        self._draw = draw
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
        preview = None
        if now - self._last_preview >= PREVIEW_INTERVAL_S and self._wants_preview():
            self._last_preview = now
            preview = self._draw()
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


def _preview(recipe: Recipe, ready: Loaded, glimpse: previews.Glimpse) -> bytes | None:
    """A JPEG of what the picture will be as far as is known, None before the first step."""
    latents = glimpse.expected()
    if latents is None or ready.latent_map is None:
        return None
    form, vae = ready.family.latents, ready.pipeline.vae
    cells = grid(latents, form, vae, recipe.width, recipe.height)
    return previews.jpeg(cells, ready.latent_map)


def _broken(recipe: Recipe) -> BrokenPicture:
    return BrokenPicture(
        f"The model returned numbers that are no picture (scheduler {recipe.scheduler}, guidance "
        f"{recipe.guidance_scale:g}). Choose another scheduler or a lower guidance; if it happens "
        "again, check the model's files."
    )
