"""What pressing Generate will cost, said before it is pressed: seconds, memory, and why.

Says nothing where nothing is known. Knows nothing of where the readings are kept.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .amounts import in_mib, in_time
from .memory import MemoryPlan

Size = tuple[int, int, int]
"""Width, height, and how many pictures the denoiser sees at once (2 with guidance)."""

FARTHEST = 4.0
"""From a size with this many times more or fewer pixels nothing is guessed."""


@dataclass(frozen=True)
class Timing:
    """What was measured: seconds of a step, and of all that comes before and after the steps."""

    seconds_per_step: float
    beside_s: float

    def seconds(self, num_inference_steps: int) -> float:
        return self.beside_s + num_inference_steps * self.seconds_per_step


@dataclass(frozen=True)
class Forecast:
    """`seconds` is None where nothing like it was ever made here; `load_s` is counted in it.

    `uses_mib` of `of_mib`: the memory where the model computes. `is_tight`: more is needed than is
    free. `is_here`: nothing has to be downloaded first.
    """

    seconds: float | None
    load_s: float
    uses_mib: int
    of_mib: int
    place: str
    reason: str
    is_tight: bool = False
    is_here: bool = True

    @property
    def time(self) -> str:
        """Such as "≈ 14 s"; empty while it is not known."""
        return "" if self.seconds is None else f"≈ {in_time(self.seconds)}"

    @property
    def text(self) -> str:
        """One line, such as "≈ 14 s · 5.1 GiB of 8.0 GiB · model offload"."""
        memory = f"{in_mib(self.uses_mib)} of {in_mib(self.of_mib)}"
        doubt = "may not fit" if self.is_tight else ""
        return " · ".join(filter(None, [self.time, memory, self.place, doubt]))


def timing_for(readings: Mapping[Size, Timing], wanted: Size) -> Timing | None:
    """What a picture of this size takes: as measured, else on the line through the two nearest.

    From one known size, in proportion to its pixels. None when no size is known with a quarter to
    four times the pixels.
    """
    if wanted in readings or not readings:
        return readings.get(wanted)
    work = math.prod(wanted)
    nearest = sorted(readings, key=lambda size: abs(math.log(math.prod(size) / work)))
    if not 1 / FARTHEST <= work / math.prod(nearest[0]) <= FARTHEST:
        return None
    # A step follows all that the denoiser looks at; the rest, mostly decoding, the picture alone.
    return Timing(
        _on_line([(math.prod(size), readings[size].seconds_per_step) for size in nearest], work),
        _on_line(
            [(math.prod(size[:2]), readings[size].beside_s) for size in nearest], work // wanted[2]
        ),
    )


def _on_line(known: Sequence[tuple[int, float]], at: int) -> float:
    """Seconds at a number of pixels, from pairs of both, the nearest first.

    Never less than what is in proportion, for a picture has costs that no pixel has.
    """
    pixels, seconds = known[0]
    ratio = at / pixels
    other = next((pair for pair in known[1:] if pair[0] != pixels), None)
    if other is None:
        return seconds * ratio
    slope = (other[1] - seconds) / (other[0] - pixels)
    return max(seconds + slope * (at - pixels), seconds * min(1.0, ratio))


def forecast(
    plan: MemoryPlan,
    timing: Timing | None,
    num_inference_steps: int,
    pictures: int,
    load_s: float,
    total_mib: int,
    is_here: bool = True,
) -> Forecast:
    """For so many pictures of one plan; `load_s` is what loading the model takes first."""
    seconds = None
    if timing is not None:
        seconds = load_s + pictures * timing.seconds(num_inference_steps)
    return Forecast(
        seconds=seconds,
        load_s=load_s,
        uses_mib=plan.expected_vram_mib or plan.expected_ram_mib,
        of_mib=total_mib,
        place=plan.place,
        reason=plan.reason,
        is_tight=plan.is_tight,
        is_here=is_here,
    )
