"""How the program is doing, in numbers. No word of whose work it is."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measures:
    """`jobs` counts by state; None where nothing has been measured, or there is no GPU.

    `load_s`: seconds by model. VRAM is as it was after the latest picture. `retries` are the tries
    after the first one of a job, `promoted` the jobs that had waited too long.
    """

    jobs: Mapping[str, int]
    oldest_wait_s: float
    seconds_per_step: float | None
    seconds_per_picture: float | None
    load_s: Mapping[str, float]
    free_vram_mib: int | None = None
    total_vram_mib: int | None = None
    retries: int = 0
    promoted: int = 0

    @property
    def waiting(self) -> int:
        return self.jobs.get("queued", 0)
