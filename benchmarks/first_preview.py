"""From the submit to the first preview that a watcher gets, when the engine is warm.

The picture's own seconds per step are taken off: what is left is everything but the first step.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs
from benchmarks.at_work import Made, at_work, request
from benchmarks.pairs import Result

TARGET_S = 0.150


def main() -> int:
    """Make pictures one after the other, report the first previews."""
    options = _options()
    load = pairs.load_average()
    with at_work() as work:
        asked = request("a green tree on a meadow", options.size, options.steps)
        work.make(asked)
        beyond, waits, steps = [], [], []
        for _ in range(options.runs):
            wait_s, step_s = _first_preview(work.make(asked))
            beyond.append(wait_s - step_s)
            waits.append(wait_s)
            steps.append(step_s)
    over = pairs.spread(beyond)
    return pairs.report(
        Result(
            benchmark="first_preview",
            target=f"the first preview comes within one step and {TARGET_S * 1000:.0f} ms",
            is_met=over.median <= TARGET_S,
            figures={
                "beyond_one_step_s": over,
                "share_within": sum(each <= TARGET_S for each in beyond) / len(beyond),
                "submit_to_first_preview_s": pairs.spread(waits),
                "one_step_s": pairs.spread(steps),
            },
            settings={"size": options.size, "num_inference_steps": options.steps},
            load_average=(load, pairs.load_average()),
        )
    )


def _first_preview(made: Made) -> tuple[float, float]:
    """Seconds to the first preview, and of one step."""
    if made.first_preview_s is None or made.seconds_per_step is None:
        raise RuntimeError("No preview came: take more steps or a larger picture.")
    return made.first_preview_s, made.seconds_per_step


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=15)
    parser.add_argument("--size", type=int, default=256, help="pixels a side (default 256)")
    parser.add_argument("--steps", type=int, default=20, help="inference steps (default 20)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
