"""Bytes of many files as one number, with a speed that forgets the past."""

import pytest
from local_hub import FakeTime

from fooocus_lite.weights.progress import Meter, Progress

SIZES = {"a": (1000, 0), "b": (3000, 1000)}


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def told() -> list[Progress]:
    return []


def meter(time: FakeTime, told: list[Progress], sizes: dict[str, tuple[int, int]] = SIZES) -> Meter:
    return Meter(sizes, time.clock, told.append)


def test_what_was_here_counts_as_done_but_not_as_speed(
    time: FakeTime, told: list[Progress]
) -> None:
    measured = meter(time, told)
    measured.of("a")(0)
    time.sleep(1)
    measured.of("a")(500)
    assert told[-1] == Progress("a", 1500, 4000, bytes_per_s=500, eta_s=5)


def test_it_is_told_five_times_a_second_and_at_the_end(
    time: FakeTime, told: list[Progress]
) -> None:
    measured = meter(time, told)
    for size in range(0, 1001, 10):
        measured.of("a")(size)
        time.sleep(0.01)
    assert 4 <= len(told) <= 7
    measured.of("b")(3000)
    measured.finish()
    assert told[-1].done_bytes == told[-1].total_bytes == 4000


def test_the_speed_is_that_of_the_last_seconds(time: FakeTime, told: list[Progress]) -> None:
    measured = meter(time, told, {"a": (10**6, 0)})
    for second in range(60):
        measured.of("a")(second * (1000 if second < 30 else 100) + (0 if second < 30 else 30_000))
        time.sleep(1)
    assert told[-1].bytes_per_s == pytest.approx(100, rel=0.01)


def test_a_file_that_starts_again_takes_its_bytes_back(
    time: FakeTime, told: list[Progress]
) -> None:
    measured = meter(time, told)
    measured.of("b")(0)
    assert told[-1].done_bytes == 0
    time.sleep(1)
    measured.of("b")(700)
    assert (told[-1].done_bytes, told[-1].bytes_per_s) == (700, 700)


def test_while_nothing_comes_no_time_is_promised(time: FakeTime, told: list[Progress]) -> None:
    measured = meter(time, told)
    measured.of("a")(0)
    time.sleep(30)
    measured.of("a")(0)
    assert (told[-1].bytes_per_s, told[-1].eta_s) == (0, None)


def test_a_pause_is_told_at_once_without_a_speed_until_the_next_byte(
    time: FakeTime, told: list[Progress]
) -> None:
    measured = meter(time, told)
    measured.of("a")(0)
    time.sleep(1)
    measured.of("a")(500)
    measured.pause("a", "retrying")
    assert told[-1] == Progress("a", 1500, 4000, doing="retrying")
    measured.of("a")(501)
    assert (told[-1].doing, told[-1].done_bytes) == ("receiving", 1501)


def test_nothing_to_do_is_told_too(time: FakeTime, told: list[Progress]) -> None:
    meter(time, told, {}).finish()
    assert told == [Progress("", 0, 0)]
