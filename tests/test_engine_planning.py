"""Which plan is taken next when memory ran out, and what is remembered of it."""

from dataclasses import replace

from fooocus_lite.engine.planning import Planner
from fooocus_lite.thinking.activations import DecoderShape, DenoiserShape
from fooocus_lite.thinking.costs import Picture
from fooocus_lite.thinking.memory import HardwareFacts, plans
from fooocus_lite.thinking.model_size import ModelSize, Part

GPU = HardwareFacts(
    device="cuda", free_ram_mib=64_000, free_vram_mib=24_000, has_native_bf16=True, has_streams=True
)
MODEL = ModelSize(
    (
        Part("unet", "denoiser", 2_567_000_000, 1_207_000_000, 420_000_000, 29_500_000),
        Part("vae", "decoder", 84_000_000, 0, 84_000_000, 2_400_000),
    ),
    DenoiserShape("unet", 320, 8),
    DecoderShape(256),
)
PICTURE = Picture(1024, 1024)


def label(planner: Planner, picture: Picture = PICTURE, model: str = "a") -> str:
    return planner.plan(model, GPU, MODEL, picture).label


def test_a_plan_that_failed_gives_way_to_the_next_until_the_thriftiest() -> None:
    planner, seen = Planner(), []
    ladder = plans(GPU, MODEL, PICTURE)
    assert len(ladder) > 2
    for _ in ladder:
        plan = planner.plan("a", GPU, MODEL, PICTURE)
        seen.append(plan.label)
        planner.note_failure("a", plan, PICTURE)
    assert seen == [plan.label for plan in ladder]
    assert label(planner) == ladder[-1].label


def test_it_is_remembered_for_that_model_and_as_many_pixels() -> None:
    planner = Planner()
    first = planner.plan("a", GPU, MODEL, PICTURE)
    planner.note_failure("a", first, PICTURE)
    assert label(planner, replace(PICTURE, width=1280)) != first.label
    assert label(planner, replace(PICTURE, width=768)) == first.label
    assert label(planner, replace(PICTURE, batch=1)) == first.label
    assert label(planner, model="b") == first.label
