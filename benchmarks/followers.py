"""One running job and its followers: how much slower its steps are with 20 and with 200 of them.

The job is made and served in this process, the followers sit in another on the same cores, each
with a stream of its own. With nobody following no preview is made: that is what is compared with.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs
from benchmarks.pairs import ROOT, Figure, Result

TARGETS = {20: 0.10, 200: 0.25}
WAIT_S = 0.02


def main() -> int:
    """Make the job without and with followers, report how far the rate of its steps falls."""
    options = _options()
    load = pairs.load_average()
    falls: dict[int, list[float]] = {number: [] for number in TARGETS}
    followed = []
    with tempfile.TemporaryDirectory() as home, _kitchen(Path(home)) as kitchen:
        kitchen.reading(options, 0)
        for _ in range(options.runs):
            for number in TARGETS:
                alone, watched = kitchen.reading(options, 0), kitchen.reading(options, number)
                falls[number].append(1 - alone.step_s / watched.step_s)
                followed.append(watched)
                print(f"  {number} followers: {alone}, then {watched}", flush=True)
    spreads = {number: pairs.spread(each) for number, each in falls.items()}
    most_encoded = max(each.encoded_per_step for each in followed)
    lost = sum(each.lost for each in followed)
    is_slower = any(spreads[number].median >= target for number, target in TARGETS.items())
    figures: dict[str, Figure] = {
        f"rate_falls_with_{number}": spread for number, spread in spreads.items()
    }
    return pairs.report(
        Result(
            benchmark="followers",
            target=", ".join(f"{limit:.0%} with {number}" for number, limit in TARGETS.items())
            + " at most, each preview encoded once, every follower told the end",
            is_met=not is_slower and most_encoded <= 1 and not lost,
            figures={
                **figures,
                "previews_encoded_per_step": most_encoded,
                "followers_not_told_the_end": lost,
                "fewest_previews_of_a_follower": min(each.fewest_previews for each in followed),
            },
            settings={"size": options.size, "num_inference_steps": options.steps},
            load_average=(load, pairs.load_average()),
        )
    )


@dataclass(frozen=True)
class Reading:
    """One job: seconds of a step, and what its followers got."""

    step_s: float
    encoded_per_step: float = 0.0
    lost: int = 0
    fewest_previews: int = 0

    def __str__(self) -> str:
        return f"{self.step_s * 1000:.1f} ms a step"


@dataclass
class _Kitchen:
    """The engine at work behind its API, and when each step of the newest job was shown."""

    studio: Any
    port: int
    shown: list[tuple[int, float]] = field(default_factory=list)
    encoded: int = 0

    def reading(self, options: argparse.Namespace, followers: int) -> Reading:
        """The job once, followed by so many from soon after its first step."""
        from benchmarks.at_work import request

        self.shown.clear()
        self.encoded = 0
        command = [sys.executable, "-m", "benchmarks.follow", str(self.port), str(followers)]
        with (
            subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            if followers
            else _nobody() as crowd
        ):
            job_id = self.studio.orders.start(request("a green tree", options.size, options.steps))
            told: dict[str, int] = {"ended": 0, "fewest_previews": 0}
            since = 0.0
            if crowd is not None:
                crowd.stdin.write(job_id + "\n")
                crowd.stdin.flush()
                if crowd.stdout.readline() != "ready\n":
                    raise RuntimeError("The followers could not open their streams.")
                since = time.perf_counter()
            while not self.studio.jobs.view(job_id).is_final:
                time.sleep(WAIT_S)
            if crowd is not None:
                told = json.loads(crowd.stdout.readline())
        return Reading(
            step_s=self._step_s(since),
            encoded_per_step=self.encoded / len(self.shown),
            lost=followers - told["ended"],
            fewest_previews=told["fewest_previews"],
        )

    def _step_s(self, since: float) -> float:
        """The mean time from step to step, those before `since` and the first ones left out."""
        counted = [at for step, at in self.shown if at >= since and step > 2]
        if len(counted) < 10:
            raise RuntimeError("The job was over too soon: take more --steps.")
        return (counted[-1] - counted[0]) / (len(counted) - 1)


@contextmanager
def _nobody() -> Iterator[None]:
    yield None


@contextmanager
def _kitchen(home: Path) -> Iterator[_Kitchen]:
    """The engine in that home; each preview drawn and each step shown is noted."""
    from benchmarks.answering import answering
    from fooocus_lite.engine import previews
    from fooocus_lite.events import Loading, Step
    from fooocus_lite.line.board import Board
    from fooocus_lite.settings import load
    from fooocus_lite.studio import Studio

    studio = Studio(load({"home": home}))
    kitchen = _Kitchen(studio, 0)

    class NotedBoard(Board):
        def show(self, job_id: str, now: Loading | Step) -> None:
            if isinstance(now, Step) and now.step > 0:
                kitchen.shown.append((now.step, time.perf_counter()))
            super().show(job_id, now)

    jpeg = previews.jpeg

    def noted(*given: Any) -> bytes | None:
        kitchen.encoded += 1
        return jpeg(*given)

    studio.board = NotedBoard()
    previews.jpeg = noted
    try:
        studio.cook()
        with answering(studio) as address:
            kitchen.port = urlsplit(address).port or 0
            yield kitchen
    finally:
        previews.jpeg = jpeg
        studio.close()


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=5)
    parser.add_argument("--size", type=int, default=256, help="pixels a side (default 256)")
    parser.add_argument("--steps", type=int, default=150, help="inference steps (default 150)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
