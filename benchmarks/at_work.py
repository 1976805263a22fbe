"""The whole engine at work in this process, in a home of its own, each job watched by somebody."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.pairs import Cost
from fooocus_lite.events import Event, Failed, Picture, PictureReady, Step
from fooocus_lite.line.board import Board
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio


@dataclass(frozen=True)
class Made:
    """One job of one picture. Seconds count from the submit; told: when the watcher heard of it.

    `saved` ends when the file is complete on the disk and everything is recorded.
    """

    picture: Picture
    saved: Cost
    told_s: float
    first_preview_s: float | None
    seconds_per_step: float | None
    previews: int


class TimedBoard(Board):
    """A board that notes when the lane was done with a job."""

    def __init__(self) -> None:
        super().__init__()
        self.done: dict[str, Cost] = {}

    def clear(self, job_id: str) -> None:
        """The lane's last act for a job."""
        self.done[job_id] = Cost(time.perf_counter(), time.process_time())
        super().clear(job_id)


class AtWork:
    """An open studio that cooks, and an event loop for its watchers, as the page has one."""

    def __init__(self, studio: Studio, runner: asyncio.Runner, board: TimedBoard) -> None:
        self.studio = studio
        self._runner = runner
        self._board = board

    def make(self, request: ImageRequest) -> Made:
        """The picture of a request. Raises RuntimeError when the job fails."""
        return self._runner.run(self._make(request))

    async def _make(self, request: ImageRequest) -> Made:
        began = Cost(time.perf_counter(), time.process_time())
        job_id = self.studio.orders.start(request)
        told = [(event, time.perf_counter()) async for event in self.studio.jobs.watch(job_id)]
        while job_id not in self._board.done:  # the end is told a moment before the lane lets go
            await asyncio.sleep(0.001)
        done = self._board.done.pop(job_id)
        saved = Cost(done.wall_s - began.wall_s, done.cpu_s - began.cpu_s)
        return _made(told, saved, began.wall_s)


def _made(told: list[tuple[Event, float]], saved: Cost, began: float) -> Made:
    steps = [(event, moment) for event, moment in told if isinstance(event, Step)]
    previews = [moment for step, moment in steps if step.preview is not None]
    per_step = [step.seconds_per_step for step, _ in steps if step.seconds_per_step is not None]
    for event, moment in told:
        if isinstance(event, Failed):
            raise RuntimeError(event.error.message)
        if isinstance(event, PictureReady):
            return Made(
                picture=event.picture,
                saved=saved,
                told_s=moment - began,
                first_preview_s=previews[0] - began if previews else None,
                seconds_per_step=per_step[-1] if per_step else None,
                previews=len(previews),
            )
    raise RuntimeError("The job ended without a picture.")


@contextmanager
def at_work(**settings: Any) -> Iterator[AtWork]:
    """The engine, open in a temporary home that is gone afterwards."""
    with tempfile.TemporaryDirectory() as home, asyncio.Runner() as runner:
        studio = Studio(load({"home": Path(home), **settings}))
        studio.board = board = TimedBoard()
        try:
            studio.cook()
            yield AtWork(studio, runner, board)
        finally:
            studio.close()


def request(prompt: str, size: int, num_inference_steps: int, seed: int = 1) -> ImageRequest:
    """A request for one square picture of the built-in model."""
    return ImageRequest(
        prompt=prompt,
        width=size,
        height=size,
        num_inference_steps=num_inference_steps,
        guidance_scale=3.0,
        scheduler="euler",
        seed=seed,
    )
