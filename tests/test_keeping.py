"""A loaded model stays as it is while free memory hovers, and is loaded anew when that pays."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from test_memory import CASES, FLUX, GPU, MODELS, NATIVE, SDXL

from fooocus_lite.thinking import keeping
from fooocus_lite.thinking.costs import Picture
from fooocus_lite.thinking.memory import HardwareFacts, MemoryPlan, plans, waiting_s
from fooocus_lite.thinking.model_size import ModelSize

HOVERING_MIB = 300
IN_PLACE = "cuda bfloat16"
IN_TURNS, IN_BLOCKS = f"{IN_PLACE} model offload", f"{IN_PLACE} block offload"
QUICK = replace(NATIVE, num_inference_steps=6)


def used(
    every: Iterable[HardwareFacts], model: ModelSize, picture: Picture = NATIVE
) -> list[MemoryPlan]:
    """The plans of one picture after the other, made with these facts."""
    loaded, made = None, list[MemoryPlan]()
    for facts in every:
        best = plans(facts, model, picture)[0]
        made.append(keeping.choice(best, loaded or best, facts, model, picture))
        loaded = made[-1]
    return made


def loads(made: Iterable[MemoryPlan]) -> list[str]:
    """The plans that a model had to be loaded for, one after the other."""
    labels = [plan.label for plan in made]
    return [label for before, label in zip(["", *labels], labels, strict=False) if before != label]


def with_free(*free_mib: int) -> list[HardwareFacts]:
    return [replace(GPU, free_vram_mib=free) for free in free_mib]


@pytest.mark.parametrize("threshold_mib", [9_250, 5_950])
def test_memory_that_hovers_around_a_threshold_loads_once(threshold_mib: int) -> None:
    hovering = [threshold_mib + step * HOVERING_MIB for step in (1, -1, 0, -1, 1, -1, 1)]
    alone = {plans(facts, SDXL, NATIVE)[0].label for facts in with_free(*hovering)}
    assert len(alone) == 2
    assert len(loads(used(with_free(*hovering), SDXL))) == 1


def test_much_less_memory_steps_down_and_much_more_steps_up() -> None:
    made = used(with_free(9_500, 9_500 - 4_096, 9_500 - 4_096 + 6_144), SDXL)
    assert loads(made) == [IN_PLACE, IN_BLOCKS, IN_PLACE]


def test_what_saves_less_than_loading_takes_is_left() -> None:
    small, roomy = with_free(5_500, 8_000)
    assert plans(roomy, SDXL, QUICK)[0].label == IN_TURNS
    assert loads(used([small, roomy], SDXL, QUICK)) == [IN_BLOCKS]
    assert loads(used(with_free(5_500, 8_000), SDXL)) == [IN_BLOCKS, IN_TURNS]


def test_a_larger_picture_asks_anew_whether_it_fits() -> None:
    (facts,) = with_free(9_500)
    loaded = plans(facts, SDXL, NATIVE)[0]
    large = Picture(1536, 1536)
    best = plans(facts, SDXL, large)[0]
    assert keeping.choice(best, loaded, facts, SDXL, large) == best != loaded


def test_no_plan_that_was_left_is_taken_again_however_memory_hovers() -> None:
    random, reloaded = Random(9), 0
    for name, facts, picture in CASES:
        if facts.free_vram_mib is None:
            continue
        hovering = [
            replace(facts, free_vram_mib=max(0, facts.free_vram_mib + random.randint(-299, 299)))
            for _ in range(12)
        ]
        each = loads(used(hovering, MODELS[name], picture))
        assert len(set(each)) == len(each)
        reloaded += len(each) > 1
    assert reloaded > 0


def test_what_is_kept_fits_and_costs_no_more_than_loading_would() -> None:
    random, kept = Random(10), 0
    for name, facts, picture in CASES:
        model, share = MODELS[name], random.uniform(0.7, 1.4)
        now = replace(facts, free_ram_mib=round(facts.free_ram_mib * share))
        if facts.free_vram_mib is not None:
            now = replace(now, free_vram_mib=round(facts.free_vram_mib * share))
        loaded, best = plans(facts, model, picture)[0], plans(now, model, picture)[0]
        made = keeping.choice(best, loaded, now, model, picture)
        if made == best:
            continue
        kept += 1
        assert made.label == loaded.label
        assert (made.expected_vram_mib or made.expected_ram_mib) <= now.free_mib
        assert waiting_s(made) - waiting_s(best) <= keeping.loading_s(made, model)
    assert kept > 5


def test_the_reason_says_why_it_stays() -> None:
    tight = used(with_free(9_500, 9_000), SDXL)[1]
    assert tight.reason == (
        "A GPU: bfloat16; it stays as it was loaded, all on the GPU, for what it takes is still "
        "free."
    )
    roomy = used(with_free(5_500, 8_000), SDXL, QUICK)[1]
    assert "block offload, for loading it again would take longer than that saves" in roomy.reason


def test_a_loss_that_is_kept_is_still_said() -> None:
    (facts,) = with_free(400_000)
    best = plans(facts, FLUX, NATIVE)[0]
    huge = replace(FLUX, parts=tuple(replace(each, parameters=2 * 10**10) for each in FLUX.parts))
    made = keeping.choice(best, replace(best, has_vae_tiling=True), facts, huge, NATIVE)
    assert "decoded in tiles, which can change them a little" in made.reason
