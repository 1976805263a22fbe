"""Out of memory: the same picture by a thriftier plan, with nothing left of the failed try.

The real starter and its real pipeline, whose decoder is made to fail once with torch's own error.
"""

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import diffusers
import pytest
import tiny
import tiny_families
import torch

from fooocus_lite.engine import pipelines
from fooocus_lite.engine.kitchen import Kitchen
from fooocus_lite.errors import OutOfMemory
from fooocus_lite.events import JobView, Loading, Step
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.thinking.memory import HardwareFacts

# Large enough that tiles spare memory.
REQUEST = ImageRequest(
    prompt="a red circle", width=384, height=384, num_inference_steps=2, seed=11, guidance_scale=1
)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    opened = Studio(load({"home": tmp_path}))
    assert opened.cook()
    yield opened
    opened.close()


class FailsSometimes:
    """Stands before a decoder: uses memory, then runs out of it, so many times."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, times: int, vae: type = diffusers.AutoencoderKL
    ) -> None:
        self.left = times
        self.held: list[weakref.ref[Any]] = []
        whole: Any = vae.decode  # type: ignore[attr-defined]

        def decode(vae: Any, latents: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            if self.left == 0:
                return whole(vae, latents, *args, **kwargs)
            self.left -= 1
            filling = torch.zeros(2**20)
            self.held += [weakref.ref(filling), weakref.ref(latents), weakref.ref(vae)]
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")

        monkeypatch.setattr(vae, "decode", decode)

    @property
    def leaked(self) -> int:
        gc.collect()
        return sum(reference() is not None for reference in self.held)


def cooked(studio: Studio, request: ImageRequest = REQUEST) -> tuple[JobView, list[str]]:
    """The job at its end, and the stages it was in, also those that nobody had time to see."""
    stages, show = list[str](), studio.board.show

    def noted(job_id: str, now: Loading | Step) -> None:
        if isinstance(now, Loading):
            stages.append(now.stage)
        show(job_id, now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studio.board, "show", noted)
        job_id = studio.orders.start(request)
        for _ in studio.jobs.follow(job_id, interval_s=0.005):
            pass
    return studio.jobs.view(job_id), stages


def plan_of(studio: Studio, view: JobView) -> str:
    made_with = studio.gallery.inspect(view.pictures[0].path).made_with
    assert made_with is not None
    return made_with.plan


def test_the_next_plan_makes_the_same_picture_and_says_so(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = cooked(studio)
    fails = FailsSometimes(monkeypatch, times=1)
    second, _ = cooked(studio)
    assert (second.state, fails.left) == ("completed", 0)
    assert fails.leaked == 0
    assert plan_of(studio, second) == plan_of(studio, first) + " vae tiling"
    assert second.pictures[0].recipe.seed == first.pictures[0].recipe.seed
    assert studio.gallery.psnr(first.pictures[0].path, second.pictures[0].path) > 20


def test_what_failed_once_is_not_tried_again_and_a_smaller_picture_is(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = FailsSometimes(monkeypatch, times=1)
    again = [plan_of(studio, cooked(studio)[0]) for _ in range(2)]
    assert all(plan.endswith("vae tiling") for plan in again)
    small, _ = cooked(studio, REQUEST.model_copy(update={"width": 128, "height": 128}))
    assert not plan_of(studio, small).endswith("vae tiling")
    assert fails.left == 0


def test_without_a_plan_left_the_job_fails_with_a_sentence_and_the_lane_is_clean(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = FailsSometimes(monkeypatch, times=2)
    view, _ = cooked(studio)
    assert view.error is not None
    assert (view.state, view.error.code) == ("failed", "out_of_memory")
    assert "384 × 384" in view.error.message
    assert (fails.left, fails.leaked) == (0, 0)
    # Memory may have come back: it is tried again, in the thriftiest way.
    after, _ = cooked(studio)
    assert after.state == "completed"


def test_out_of_memory_while_loading_steps_down_too(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, plans = pipelines.load, list[str]()

    def once(folder: Path, family: Any, plan: Any, *args: Any, **kwargs: Any) -> Any:
        plans.append(plan.label)
        if len(plans) == 1:
            raise MemoryError
        return whole(folder, family, plan, *args, **kwargs)

    monkeypatch.setattr(pipelines, "load", once)
    view, stages = cooked(studio)
    assert view.state == "completed"
    assert plans[1] == plans[0] + " vae tiling"
    assert any(stage.startswith("Not enough memory. Once more:") for stage in stages)


def test_a_pipeline_that_only_warns_of_a_full_memory_is_heard_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_families.build("sana", tmp_path / "sana")
    recipe = Recipe(
        model="sana", family="sana", prompt="a cat", num_inference_steps=2, guidance_scale=3,
        scheduler="flow_euler", width=768, height=768, seed=1,
        request=ImageRequest(prompt="a cat"),
    )  # fmt: skip
    kitchen = Kitchen(HardwareFacts(free_ram_mib=16_000))

    def cook() -> bytes:
        kitchen.load(recipe, tiny.files(folder), lambda _: None)
        return kitchen.cook(recipe, lambda _: None, lambda: False).tobytes()

    before = cook()
    fails = FailsSometimes(monkeypatch, times=1, vae=diffusers.AutoencoderDC)
    with pytest.raises(OutOfMemory, match="768 × 768"):
        cook()
    assert (fails.left, fails.leaked) == (0, 0)
    plan = kitchen.thriftier_plan(recipe, tiny.files(folder))
    assert plan is not None
    assert plan.has_vae_tiling
    again = cook()
    assert kitchen.plan is not None
    assert kitchen.plan.has_vae_tiling
    assert len(again) == len(before)
