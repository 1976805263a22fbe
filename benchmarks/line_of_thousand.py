"""A thousand jobs from twenty owners at once: how fast they are taken in, and in what order out.

Every owner submits from a thread of its own, each job on the disk before the call returns. Then the
line is emptied as the lane does it: take the next job, finish it. No picture is made.
"""

import argparse
import contextlib
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs
from benchmarks.at_work import request
from benchmarks.pairs import Result
from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.settings import Settings, load
from fooocus_lite.studio import Studio

TARGET_PER_S = 200.0
TARGET_LEAD = 1


def main() -> int:
    """Fill the line and empty it, report rates and fairness."""
    options = _options()
    load_before = pairs.load_average()
    runs = [_run(options) for _ in range(options.runs)]
    submits = pairs.spread([run.submits_per_s for run in runs])
    lost, refused = max(run.lost for run in runs), max(run.refused for run in runs)
    lead = max(run.lead for run in runs)
    return pairs.report(
        Result(
            benchmark="line_of_thousand",
            target="nothing lost or refused, no owner ever more than "
            f"{TARGET_LEAD} job ahead of another who waits, at least {TARGET_PER_S:.0f} submits/s",
            is_met=submits.median >= TARGET_PER_S and lost + refused == 0 and lead <= TARGET_LEAD,
            figures={
                "submits_per_s": submits,
                "slowest_submit_s": pairs.spread([run.slowest_submit_s for run in runs]),
                "taken_out_per_s": pairs.spread([run.claims_per_s for run in runs]),
                "lost": lost,
                "refused": refused,
                "largest_lead": lead,
            },
            settings={"jobs": options.jobs, "owners": options.owners},
            load_average=(load_before, pairs.load_average()),
        )
    )


class _Run:
    """One line, filled and emptied."""

    def __init__(self, settings: Settings, owners: int, jobs: int) -> None:
        studio = Studio(settings)
        studio.prepare()
        started, seconds = _submit(studio, owners, jobs // owners)
        self.refused = jobs - len(started)
        self.submits_per_s = len(started) / seconds
        self.slowest_submit_s = max(took for _, _, took in started)
        owner_of = {job_id: owner for job_id, owner, _ in started}
        began = time.perf_counter()
        taken = _empty(settings)
        self.claims_per_s = len(taken) / (time.perf_counter() - began)
        # Whatever was accepted has to be taken exactly once, and to end.
        times_taken = Counter(taken)
        self.lost = sum(
            times_taken[job_id] != 1 or studio.jobs.view(job_id).state != "completed"
            for job_id in owner_of
        )
        self.lead = largest_lead([owner_of[job_id] for job_id in taken])


def _run(options: argparse.Namespace) -> _Run:
    with tempfile.TemporaryDirectory() as home:
        settings = load(
            {
                "home": Path(home),
                "line_limit": options.jobs,
                "waiting_per_owner": options.jobs // options.owners,
            }
        )
        run = _Run(settings, options.owners, options.jobs)
    print(
        f"  {run.submits_per_s:.0f} submits/s, lead {run.lead}, lost {run.lost}, "
        f"refused {run.refused}",
        flush=True,
    )
    return run


def largest_lead(owners: Sequence[str]) -> int:
    """How far one owner was ever ahead of another who still waited, in jobs served.

    `owners` of the jobs in the order they were served; 1 is the best there is for two or more.
    """
    waiting, served = Counter(owners), Counter(dict.fromkeys(owners, 0))
    lead = 0
    for owner in owners:
        served[owner] += 1
        behind = [served[each] for each, left in waiting.items() if left > 0 and each != owner]
        lead = max([lead, *(served[owner] - count for count in behind)])
        waiting[owner] -= 1
    return lead


def _submit(
    studio: Studio, owners: int, jobs_each: int
) -> tuple[list[tuple[str, str, float]], float]:
    """(job id, owner, seconds) of every job accepted, and the seconds all took together."""
    ready = Barrier(owners + 1)
    asked = request("a red apple on a white background", 256, 20)

    def one_owner(owner: str) -> list[tuple[str, str, float]]:
        ready.wait()
        started = []
        for _ in range(jobs_each):
            began = time.perf_counter()
            with contextlib.suppress(sqlite3.OperationalError):
                job_id = studio.orders.start(asked, owner)
                started.append((job_id, owner, time.perf_counter() - began))
        return started

    with ThreadPoolExecutor(owners) as pool:
        waiting = [pool.submit(one_owner, f"owner-{number:02}") for number in range(owners)]
        ready.wait()
        began = time.perf_counter()
        started = [each for owner in waiting for each in owner.result()]
        return started, time.perf_counter() - began


def _empty(settings: Settings) -> list[str]:
    """Takes every job out of the line and finishes it; their ids in that order."""
    database = open_database(settings.state / "jobs.sqlite3")
    store = JobStore(database, settings.home)
    taken = []
    while (job := store.claim()) is not None:
        taken.append(job.id)
        store.finish(job.id, "completed")
    database.close()
    return taken


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=5)
    parser.add_argument("--jobs", type=int, default=1_000, help="in all (default 1000)")
    parser.add_argument("--owners", type=int, default=20, help="who share them (default 20)")
    options = parser.parse_args()
    if options.owners < 2 or options.jobs % options.owners:
        parser.error(f"--jobs {options.jobs} has to be shared evenly by two or more --owners")
    return options


if __name__ == "__main__":
    sys.exit(main())
