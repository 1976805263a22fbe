"""How far a model is read and a picture is cooked, told in a steady pace to whoever listens."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from ..thinking.amounts import in_bytes
from ..thinking.forecast import Timing

PREVIEW_INTERVAL_S = 0.2
STAGE_INTERVAL_S = 0.2


@dataclass(frozen=True)
class CookStep:
    """`step` runs from 0 (before the first) to `total_steps`; `preview` is a JPEG, if wanted."""

    step: int
    total_steps: int
    seconds_per_step: float | None
    preview: bytes | None = field(default=None, repr=False)


class BytesRead:
    """Tells how much of a model is read, a few times a second; nothing of one read in a blink."""

    def __init__(self, doing: str, title: str, on_stage: Callable[[str], None]) -> None:
        self._stage = f"{doing} {title}"
        self._on_stage = on_stage
        self._told = time.perf_counter()

    def __call__(self, done: int, total: int) -> None:
        now = time.perf_counter()
        if now - self._told >= STAGE_INTERVAL_S:
            self._told = now
            self._on_stage(f"{self._stage} · {in_bytes(done)} of {in_bytes(total)}")


class Progress:
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
        self._start = 0
        self._steps: int | None = total_steps
        self._queued: torch.cuda.Event | None = None
        self._first: tuple[int, float] | None = None
        self._last_preview = 0.0
        self._seconds_per_step: float | None = None

    def timing(self, took_s: float) -> Timing | None:
        """The seconds of a step and of the rest of a picture that took `took_s` in all."""
        per_step = self._seconds_per_step
        if per_step is None:
            return None
        return Timing(per_step, max(0.0, took_s - self._total_steps * per_step))

    def part(self, start: int) -> None:
        """The next call of a pipeline makes steps from `start` on: one with each callback, since
        how many lie on its side of a switch depends on the scheduler's noise levels.
        """
        self._start, self._steps = start, None
        self._first = None

    def begin(self) -> None:
        self._on_step(CookStep(0, self._total_steps, None))

    def step_end(self, pipeline: Any, index: int, _: Any, values: dict[str, Any]) -> dict[str, Any]:
        """Called by the pipeline. PNDM and Heun call more often than there are steps."""
        self._keep_pace(values["latents"])
        done, calls = index + 1, pipeline.num_timesteps
        steps = calls if self._steps is None else self._steps
        step = min(self._total_steps, self._start + done * steps // calls)
        now = time.perf_counter()
        if self._first is None:
            self._first = (done, now)
        elif done > self._first[0]:
            each_call = (now - self._first[1]) / (done - self._first[0])
            self._seconds_per_step = each_call * calls / steps
        preview = None
        if now - self._last_preview >= PREVIEW_INTERVAL_S and self._wants_preview():
            self._last_preview = now
            preview = self._draw()
        self._on_step(CookStep(step, self._total_steps, self._seconds_per_step, preview))
        return values

    def _keep_pace(self, latents: torch.Tensor) -> None:
        """Python runs ahead of a GPU; waiting for the step before this one keeps progress and Stop
        honest, and the GPU busy. Metal is waited for whole: its steps are long.
        """
        if latents.is_mps:
            torch.mps.synchronize()
        if not latents.is_cuda:
            return
        if self._queued is not None:
            self._queued.synchronize()
        # Asleep while it waits, not at a core's full speed.
        self._queued = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]  # no type
        self._queued.record()
