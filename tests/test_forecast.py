"""What is said before Generate is pressed: from what was measured, or nothing."""

from dataclasses import replace

import pytest

from fooocus_lite.thinking.forecast import Timing, forecast, timing_for
from fooocus_lite.thinking.memory import MemoryPlan

PLAN = MemoryPlan(
    device="cuda",
    dtype="bfloat16",
    threads=4,
    offload="model",
    has_vae_tiling=False,
    expected_vram_mib=5_222,
    expected_ram_mib=6_600,
    needed_mib=6_000,
    reason="Because.",
)
KNOWN = {(512, 512, 2): Timing(0.2, 0.5), (1024, 1024, 2): Timing(1.0, 2.0)}


def test_a_size_that_was_made_is_as_measured() -> None:
    assert timing_for(KNOWN, (512, 512, 2)) == Timing(0.2, 0.5)


def test_another_size_lies_on_the_line_through_the_two_nearest() -> None:
    between = timing_for(KNOWN, (512, 1280, 2))
    assert between == Timing(pytest.approx(0.625), pytest.approx(1.25))
    assert timing_for(KNOWN, (512, 256, 2)) == Timing(0.1, 0.25)
    larger = timing_for(KNOWN, (1024, 1792, 2))
    assert larger == Timing(pytest.approx(1.8), pytest.approx(3.5))


def test_a_larger_picture_never_takes_less() -> None:
    odd = {(512, 512, 2): Timing(0.5, 1.0), (1024, 1024, 2): Timing(0.4, 0.5)}
    assert timing_for(odd, (1024, 1280, 2)) == Timing(0.4, 0.5)


def test_from_one_size_it_is_in_proportion() -> None:
    only = {(512, 512, 2): Timing(0.2, 0.5)}
    assert timing_for(only, (512, 1024, 2)) == Timing(0.4, 1.0)


def test_without_guidance_a_step_is_half_and_decoding_the_same() -> None:
    only = {(512, 512, 2): Timing(0.2, 0.5)}
    assert timing_for(only, (512, 512, 1)) == Timing(0.1, 0.5)


@pytest.mark.parametrize("size", [(4096, 4096, 2), (64, 64, 1)])
def test_far_from_all_that_is_known_nothing_is_guessed(size: tuple[int, int, int]) -> None:
    assert timing_for(KNOWN, size) is None
    assert timing_for({}, size) is None


def test_the_line_says_time_memory_and_place() -> None:
    made = forecast(PLAN, Timing(0.4, 2.0), 30, 1, 0.0, 8 * 1024)
    assert made.text == "≈ 14 s · 5.1 GiB of 8.0 GiB · model offload"
    assert made.reason == "Because."


def test_loading_counts_once_and_each_picture_for_itself() -> None:
    made = forecast(PLAN, Timing(0.5, 1.0), 10, 3, 7.0, 8 * 1024)
    assert (made.seconds, made.load_s) == (25.0, 7.0)


def test_what_was_never_measured_has_no_seconds() -> None:
    made = forecast(replace(PLAN, offload="none"), None, 30, 1, 3.0, 8 * 1024)
    assert made.seconds is None
    assert made.text == "5.1 GiB of 8.0 GiB · all on the GPU"


def test_a_plan_that_may_not_fit_says_so() -> None:
    made = forecast(replace(PLAN, is_tight=True), None, 30, 1, 0.0, 8 * 1024, is_here=False)
    assert made.text == "5.1 GiB of 8.0 GiB · model offload · may not fit"
    assert (made.is_tight, made.is_here) == (True, False)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"device": "cpu", "offload": "none", "expected_vram_mib": 0}, "CPU"),
        ({"offload": "block", "storage": "float8"}, "block offload, 8-bit weights"),
        ({"offload": "leaf", "has_vae_tiling": True}, "leaf offload, decoded in tiles"),
        ({"storage": "nf4"}, "model offload, 4-bit weights"),
    ],
)
def test_the_place_is_said_in_a_few_words(changes: dict, place: str) -> None:
    assert forecast(replace(PLAN, **changes), None, 1, 1, 0, 16_384).place == place


def test_a_time_comes_first_and_is_said_to_be_a_guess() -> None:
    made = forecast(PLAN, Timing(0.0, 3_900.0), 1, 1, 0, 8_192)
    assert made.text.startswith("≈ 1 h 5 min · ")
