"""Bytes and seconds in words."""

import pytest

from fooocus_lite.thinking.amounts import in_bytes, in_mib, in_time, time_left


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (12, "12 B"),
        (2048, "2 KiB"),
        (1.8 * 2**20, "1.8 MiB"),
        (48.4 * 2**20, "48 MiB"),
        (6.5 * 2**30, "6.5 GiB"),
        (2**40, "1024.0 GiB"),
    ],
)
def test_an_amount_is_said_in_the_unit_that_suits_it(size, shown):
    assert in_bytes(size) == shown


def test_memory_is_said_in_the_same_words():
    assert (in_mib(5_222), in_mib(44)) == ("5.1 GiB", "44 MiB")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.42, "0.4 s"),
        (3.0, "3 s"),
        (3.26, "3.3 s"),
        (9.96, "10 s"),
        (99.0, "99 s"),
        (100, "2 min"),
        (3_590, "1 h"),
        (3_900, "1 h 5 min"),
        (7_200, "2 h"),
    ],
)
def test_a_time_is_said_as_people_say_it(seconds, said):
    assert in_time(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(-1, "1 s"), (0.2, "1 s"), (5.4, "5 s")])
def test_what_is_left_of_a_time_counts_down_in_whole_seconds(seconds, said):
    assert time_left(seconds) == said
