"""Choosing by chance, the same on every machine and Python: only `Random.random()` is asked.

Python promises that sequence for a seed; what it makes of it in `choice` or `sample` may change.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar

T = TypeVar("T")


def below(limit: int, random: Random) -> int:
    """A whole number from 0 up to but not including `limit`, which is below 2**53."""
    return int(random.random() * limit)


def pick(options: Sequence[T], random: Random) -> T:
    """One of the options, each as likely as the others. Asks once."""
    return options[below(len(options), random)]


def weighted(options: Sequence[T], weights: Sequence[float], random: Random) -> T:
    """One of the options, each as likely as its weight; one of weights is above 0. Asks once."""
    sums = list(accumulate(weights))
    return options[bisect_right(sums, random.random() * sums[-1], hi=len(sums) - 1)]


def shuffled(options: Sequence[T], random: Random) -> list[T]:
    """All options in an order by chance (Fisher and Yates). Asks once less than there are."""
    order = list(options)
    for last in range(len(order) - 1, 0, -1):
        place = below(last + 1, random)
        order[last], order[place] = order[place], order[last]
    return order
