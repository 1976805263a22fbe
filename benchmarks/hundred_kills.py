"""Killed a hundred times without warning, over a queue of quick jobs: nothing lost, nothing twice.

Each time the program is started, gets a few more jobs, and is killed (-9) at a random moment: while
it starts, or once it works. At the end every job that was accepted has one final state, which never
changed, and every picture that was recorded opens. The journey of the tests kills five times.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Protocol

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs
from benchmarks.pairs import Result

if TYPE_CHECKING:
    from fooocus_lite.studio import Studio

JOBS_EACH = 6
ENOUGH_JOBS = 12
"""More are not added: a slow machine makes less between two kills than is asked for."""
OWNERS = 3
SHARE_WHILE_STARTING = 0.2
START_S, WORK_S = 6.0, 1.5
"""The longest waits before a kill: from the start, and from the first sign of work."""
LOOK_EVERY_S = 0.02
TIMEOUT_S = 300.0
GAVE_UP = "ended unexpectedly 3 times"


class Program(Protocol):
    """The real program in a process of its own."""

    def start(self, *, must_answer: bool = True) -> None: ...

    def kill(self) -> None: ...


@dataclass
class Survived:
    """What came of it. `troubles` are sentences; none is the only good answer."""

    jobs: list[str] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    kills: int = 0
    kills_at_work: int = 0

    def look(self, studio: "Studio") -> None:
        """Notes which jobs have ended, and how; an end that changes is trouble."""
        for job in self.jobs:
            view = studio.jobs.view(job)
            told = f"{view.state} with {sorted(picture.id for picture in view.pictures)}"
            if self.ended.get(job, told) != told:
                self.troubles.append(f"{job} was {self.ended[job]}, and is {told}")
            if view.is_final:
                self.ended[job] = told


def main() -> int:
    """Kill, look, report."""
    options = _options()
    load = pairs.load_average()
    from fooocus_lite.settings import load as settings_of
    from fooocus_lite.studio import Studio
    from tests.browser.live_server import LiveServer

    began, states, runs = time.perf_counter(), Counter[str](), []
    for run in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            studio, program = Studio(settings_of({"home": home})), LiveServer(home, is_cold=True)
            try:
                runs.append(survive(program, studio, options.kills, Random(options.seed + run)))
            finally:
                program.stop()
            states.update(studio.jobs.view(job).state for job in runs[-1].jobs)
    troubles = [trouble for survived in runs for trouble in survived.troubles]
    for trouble in troubles[:10]:
        print(f"  {trouble}")
    at_work = sum(survived.kills_at_work for survived in runs)
    return pairs.report(
        Result(
            benchmark="hundred_kills",
            target="every accepted job ends once, every recorded picture is there and opens",
            is_met=not troubles and at_work > 0,
            figures={
                "kills": sum(survived.kills for survived in runs),
                "kills_at_work": at_work,
                "troubles": len(troubles),
                "jobs": sum(states.values()),
                **{f"jobs_{state}": number for state, number in sorted(states.items())},
                "seconds": time.perf_counter() - began,
            },
            settings={"kills": options.kills, "seed": options.seed},
            load_average=(load, pairs.load_average()),
        )
    )


def survive(program: Program, studio: "Studio", kills: int, random: Random) -> Survived:
    """Kills the program so many times at random moments, then lets it finish its line.

    It is left running. `studio` looks at the same home from outside.
    """
    survived = Survived()
    for _ in range(kills):
        if len(survived.jobs) - len(survived.ended) < ENOUGH_JOBS:
            survived.jobs += [_quick_job(studio, random) for _ in range(JOBS_EACH)]
        program.start(must_answer=False)
        if random.random() < SHARE_WHILE_STARTING:
            time.sleep(random.uniform(0, START_S))
        else:
            before = _made(studio, survived)
            _wait_until(lambda before=before: _made(studio, survived) > before)
            time.sleep(random.uniform(0, WORK_S))
        program.kill()
        survived.kills += 1
        survived.kills_at_work += any(
            studio.jobs.view(job).state in ("loading", "running") for job in survived.jobs
        )
        survived.look(studio)
    program.start(must_answer=False)
    _wait_until(lambda: all(studio.jobs.view(job).is_final for job in survived.jobs))
    survived.look(studio)
    survived.troubles += troubles_of(studio, survived.jobs)
    return survived


def troubles_of(studio: "Studio", jobs: list[str]) -> list[str]:
    """What is wrong with these jobs, all of them at their end, and with the files of the home."""
    troubles, recorded = [], set()
    for job in jobs:
        view = studio.jobs.view(job)
        indexes = sorted(picture.index for picture in view.pictures)
        if len(set(indexes)) < len(indexes):
            troubles.append(f"{job} has pictures twice: {indexes}")
        if view.state == "completed" and indexes != list(range(len(view.recipes))):
            troubles.append(f"{job} is completed with the pictures {indexes}")
        if view.state != "completed" and not (view.error and GAVE_UP in view.error.message):
            troubles.append(f"{job} is {view.state}: {view.error}")
        for picture in view.pictures:
            recorded.add(picture.path)
            if not _opens(picture.path):
                troubles.append(f"{picture.path.name} of {job} does not open")
    files = {path for path in studio.settings.output_path.rglob("*") if path.is_file()}
    troubles += [f"{path.name} has no record" for path in sorted(files - recorded)]
    return troubles


def _opens(path: Path) -> bool:
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
    except OSError:
        return False
    return True


def _quick_job(studio: "Studio", random: Random) -> str:
    from fooocus_lite.recipe import ImageRequest

    request = ImageRequest(
        prompt="a fox",
        width=64,
        height=64,
        num_inference_steps=random.randint(2, 24),
        count=random.randint(1, 3),
        seed=random.randrange(2**31),
    )
    return studio.orders.start(request, owner=f"person {random.randrange(OWNERS)}")


def _made(studio: "Studio", survived: Survived) -> int:
    """Pictures of the jobs that have not been seen ended, and those that ended since."""
    views = [studio.jobs.view(job) for job in survived.jobs if job not in survived.ended]
    return sum(len(view.pictures) + view.is_final for view in views)


def _wait_until(condition: Callable[[], bool]) -> None:
    """Raises TimeoutError when it never comes true."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("The program did not go on with its line.")
        time.sleep(LOOK_EVERY_S)


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=1)
    parser.add_argument("--kills", type=int, default=100, help="default 100; 5 is quick")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default 1)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
