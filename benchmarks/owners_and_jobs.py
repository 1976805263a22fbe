"""Fifty users with twenty jobs each, all at once, through the API: nothing lost, nothing twice.

Each job has a seed of its own, so that a picture in the wrong hands, or made again, would be seen.
The pictures are as small as they get: it is the line that is looked at.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs, served
from benchmarks.api import Caller
from benchmarks.pairs import Result

PAGE = 200
LOOK_EVERY_S = 0.5
MOST_AT_ONCE = 20


def main() -> int:
    """Let all ask at once, wait for the pictures, report what each got."""
    options = _options()
    load = pairs.load_average()
    runs = [_run(options) for _ in range(options.runs)]
    troubles = [trouble for run in runs for trouble in run.troubles]
    for trouble in troubles[:10]:
        print(f"  {trouble}")
    return pairs.report(
        Result(
            benchmark="owners_and_jobs",
            target="each job is accepted once and ends completed, each owner has exactly the "
            "pictures asked for",
            is_met=not troubles,
            figures={
                "lost_doubled_or_misplaced": len(troubles),
                "accepted_per_s": pairs.spread([run.accepted_per_s for run in runs]),
                "pictures_per_s": pairs.spread([run.pictures_per_s for run in runs]),
            },
            settings={"owners": options.owners, "jobs_each": options.jobs},
            load_average=(load, pairs.load_average()),
        )
    )


@dataclass(frozen=True)
class _Run:
    accepted_per_s: float
    pictures_per_s: float
    troubles: list[str]


def _run(options: argparse.Namespace) -> _Run:
    from fooocus_lite.access.users import UsersFile

    with tempfile.TemporaryDirectory() as folder:
        home, port = Path(folder), served.free_port()
        users = UsersFile(home / "users.json")
        names = [f"owner-{number:02}" for number in range(options.owners)]
        for name in names:
            users.add(name, "a long password", "pro")
        keys = {name: users.add_key(name, "benchmark") for name in names}
        command = [*served.launch_command(port), "--users", str(users.path)]
        with served.served(command, port, home, page="/login"):
            callers = [Caller(port, keys[name]) for name in names]
            callers[0].wait_until_ready()
            began = time.perf_counter()
            accepted, troubles = _submitted(callers, options.jobs)
            submitted = time.perf_counter()
            while sum(caller.ask("/queue")[1]["waiting"] for caller in callers[:1]):
                time.sleep(LOOK_EVERY_S)
            for number, caller in enumerate(callers):
                troubles += _checked(caller, number, accepted[number])
            ended = time.perf_counter()
        files = len(list((home / "outputs").rglob("*.png")))
    number = options.owners * options.jobs
    if files != number:
        troubles.append(f"{files} files for {number} pictures")
    return _Run(number / (submitted - began), number / (ended - began), troubles)


def _submitted(callers: list[Caller], jobs: int) -> tuple[list[dict[int, str]], list[str]]:
    """For each owner the job of each seed, and what was refused."""
    ready, troubles = Barrier(len(callers)), []

    def one_owner(number: int) -> dict[int, str]:
        found = {}
        ready.wait()
        for job in range(jobs):
            seed = 1_000 * number + job
            asked = {"prompt": "a green tree", "width": 64, "height": 64, "steps": 1, "seed": seed}
            status, answer = callers[number].ask("/generate", asked)
            if status == 202:
                found[seed] = answer["id"]
            else:
                troubles.append(f"owner {number}, job {job}: {status} {answer}")
        return found

    with ThreadPoolExecutor(len(callers)) as pool:
        accepted = list(pool.map(one_owner, range(len(callers))))
    ids = Counter(job_id for found in accepted for job_id in found.values())
    troubles += [f"job {job_id} was given out {times} times" for job_id, times in ids.items()
                 if times > 1]  # fmt: skip
    return accepted, troubles


def _checked(caller: Caller, number: int, accepted: dict[int, str]) -> list[str]:
    """What is wrong with an owner's jobs and pictures."""
    troubles = []
    for seed, job_id in accepted.items():
        while (job := caller.ask(f"/generate/{job_id}")[1])["status"] in (
            "queued", "loading", "running",
        ):  # fmt: skip
            time.sleep(LOOK_EVERY_S)
        seeds = [each["seed"] for each in job["results"]]
        if job["status"] != "completed" or seeds != [seed]:
            troubles.append(f"owner {number}: job {job_id} is {job['status']} with seeds {seeds}")
    history = [each["seed"] for each in caller.ask(f"/history?limit={PAGE}")[1]["results"]]
    if sorted(history) != sorted(accepted):
        troubles.append(f"owner {number}: the history has {sorted(history)}")
    return troubles


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=1)
    parser.add_argument("--owners", type=int, default=50, help="at once (default 50)")
    parser.add_argument("--jobs", type=int, default=20, help="of each owner (default 20)")
    options = parser.parse_args()
    if not 1 <= options.jobs <= MOST_AT_ONCE or options.owners < 1:
        parser.error(f"1 to {MOST_AT_ONCE} --jobs may wait for each of the --owners")
    return options


if __name__ == "__main__":
    sys.exit(main())
