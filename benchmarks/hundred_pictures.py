"""A hundred pictures in a row, each its own job with a watcher: memory and temporary files.

Small pictures on purpose: what is kept by mistake is kept per picture or per step, not per pixel
computed. Each file is read back as the page does. Growth counts from the tenth picture, when
everything is warm.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs  # noqa: E402  (the script runs from anywhere)
from benchmarks.at_work import AtWork, at_work, request  # noqa: E402
from benchmarks.pairs import Result  # noqa: E402

TARGET = 0.05
WARM_AFTER = 10
PROMPTS = ("a red apple", "a blue house at night", "a yellow sailboat", "watercolor, a flower")


def main() -> int:
    """Make them, report the growth."""
    options = _options()
    load = pairs.load_average()
    with tempfile.TemporaryDirectory() as temporary:
        # Whatever a package leaves in the system's temporary folder lands here and is counted.
        os.environ["TMPDIR"] = tempfile.tempdir = temporary
        with at_work() as work:
            places = (Path(temporary), work.studio.settings.state / "tmp")
            growths, readings = [], []
            for run in range(options.runs):
                readings = _readings(work, options, places)
                growths.append(growth(readings))
                print(f"  hundred {run + 1}: memory {growths[-1]:+.2%}", flush=True)
    memory_mib = [memory for memory, _ in readings]
    files = [count for _, count in readings]
    grown = pairs.spread(growths)
    extra_files = files[-1] - files[WARM_AFTER - 1]
    return pairs.report(
        Result(
            benchmark="hundred_pictures",
            target=f"memory grows less than {TARGET:.0%} from the tenth picture to the last, and "
            "no temporary file stays",
            is_met=grown.median < TARGET and extra_files == 0,
            figures={
                "growth_after_tenth": grown,
                "memory_mib": pairs.spread(memory_mib),
                "memory_mib_at_tenth": memory_mib[WARM_AFTER - 1],
                "memory_mib_at_last": memory_mib[-1],
                "temporary_files_more": extra_files,
            },
            settings={
                "pictures": options.pictures,
                "size": options.size,
                "num_inference_steps": options.steps,
            },
            load_average=(load, pairs.load_average()),
        )
    )


def growth(readings: list[tuple[float, int]]) -> float:
    """By what share memory grew from the tenth reading to the last."""
    return readings[-1][0] / readings[WARM_AFTER - 1][0] - 1


def _readings(
    work: AtWork, options: argparse.Namespace, places: tuple[Path, ...]
) -> list[tuple[float, int]]:
    """(memory in MiB, temporary files) after each picture."""
    import psutil  # type: ignore[import-untyped]  # comes with accelerate, without types

    process = psutil.Process()
    readings = []
    for index in range(options.pictures):
        prompt = PROMPTS[index % len(PROMPTS)]
        made = work.make(request(prompt, options.size, options.steps, seed=index))
        work.studio.picture_bytes(made.picture.id)
        readings.append((process.memory_info().rss / 2**20, _files(places)))
    return readings


def _files(places: tuple[Path, ...]) -> int:
    """Files in the temporary folders; the home, which lies in one of them, is not temporary."""
    return sum(
        each.is_file() and "outputs" not in each.parts and "jobs.sqlite3" not in each.name
        for place in places
        for each in place.rglob("*")
    )


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=1)
    parser.add_argument("--pictures", type=int, default=100, help="in a row (default 100)")
    parser.add_argument("--size", type=int, default=128, help="pixels a side (default 128)")
    parser.add_argument("--steps", type=int, default=8, help="inference steps (default 8)")
    options = parser.parse_args()
    if options.pictures <= WARM_AFTER:
        parser.error(f"--pictures {options.pictures}: take more than {WARM_AFTER}")
    return options


if __name__ == "__main__":
    sys.exit(main())
