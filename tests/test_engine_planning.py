"""Which plan is taken next when memory ran out, and what is remembered of it."""

from dataclasses import replace

from fooocus_lite.engine.planning import Case, Planner
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


CASE = Case("a", GPU, MODEL, PICTURE)


def label(planner: Planner, picture: Picture = PICTURE, models: str = "a") -> str:
    return planner.plan(replace(CASE, models=models, picture=picture)).label


def test_a_plan_that_failed_gives_way_to_the_next_until_the_thriftiest() -> None:
    planner, seen = Planner(), []
    ladder = plans(GPU, MODEL, PICTURE)
    assert len(ladder) > 2
    for _ in ladder:
        plan = planner.plan(CASE)
        seen.append(plan.label)
        planner.note_failure(CASE, plan)
    assert seen == [plan.label for plan in ladder]
    assert label(planner) == ladder[-1].label


def test_it_is_remembered_for_that_model_and_as_many_pixels() -> None:
    planner = Planner()
    first = planner.plan(CASE)
    planner.note_failure(CASE, first)
    assert label(planner, replace(PICTURE, width=1280)) != first.label
    assert label(planner, replace(PICTURE, width=768)) == first.label
    assert label(planner, replace(PICTURE, batch=1)) == first.label
    assert label(planner, models="b") == first.label


def test_a_loaded_plan_that_fails_steps_down_even_where_a_larger_one_would_fit() -> None:
    planner = Planner()
    loaded = planner.plan(replace(CASE, facts=replace(GPU, free_vram_mib=4_500)))
    roomy = replace(
        CASE,
        facts=replace(GPU, free_vram_mib=7_000),
        picture=replace(PICTURE, num_inference_steps=4),
    )
    assert planner.plan(roomy).needed_mib > loaded.needed_mib
    kept = planner.plan(roomy, loaded)
    assert kept.label == loaded.label
    planner.note_failure(roomy, kept)
    assert planner.plan(roomy).needed_mib < kept.needed_mib


def test_a_plan_that_failed_is_not_kept() -> None:
    planner = Planner()
    first = planner.plan(CASE)
    planner.note_failure(CASE, first)
    assert planner.plan(CASE, first).label != first.label
