"""Bytes in words."""

import pytest

from fooocus_lite.thinking.amounts import in_bytes, in_mib


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
