"""How soon `GET /generate/{id}` is answered while the program makes that very picture."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs, served
from benchmarks.api import Caller
from benchmarks.pairs import Result

TARGET_S = 0.100
ASK_EVERY_S = 0.05


def main() -> int:
    """Ask while pictures are made, report the time to the answers."""
    options = _options()
    load = pairs.load_average()
    port = served.free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        served.served(served.launch_command(port), port, Path(folder)),
    ):
        caller = Caller(port)
        caller.wait_until_ready()
        _answers_s(caller, options)  # the model is loaded now
        runs = [_answers_s(caller, options) for _ in range(options.runs)]
    slow = pairs.spread([quantile(run, 0.95) for run in runs])
    return pairs.report(
        Result(
            benchmark="answer_while_cooking",
            target=f"95 of 100 answers within {TARGET_S * 1000:.0f} ms while a picture is made",
            is_met=slow.median < TARGET_S,
            figures={
                "p95_s": slow,
                "p50_s": pairs.spread([quantile(run, 0.5) for run in runs]),
                "p99_s": pairs.spread([quantile(run, 0.99) for run in runs]),
                "answers": sum(map(len, runs)),
            },
            settings={"size": options.size, "num_inference_steps": options.steps},
            load_average=(load, pairs.load_average()),
        )
    )


def quantile(readings: list[float], share: float) -> float:
    """The reading that so large a share is not above. Raises IndexError without readings."""
    return sorted(readings)[min(len(readings) - 1, int(share * len(readings)))]


def _answers_s(caller: Caller, options: argparse.Namespace) -> list[float]:
    """Seconds of each answer while one job was being made."""
    asked = {"prompt": "a green tree", "width": options.size, "height": options.size}
    _, job = caller.ask("/generate", {**asked, "num_inference_steps": options.steps, "seed": 1})
    took = []
    while True:
        began = time.perf_counter()
        _, view = caller.ask(f"/generate/{job['id']}")
        passed = time.perf_counter() - began
        if view["status"] == "running":
            took.append(passed)
        elif view["status"] not in ("queued", "loading"):
            break
        time.sleep(ASK_EVERY_S)
    if view["status"] != "completed" or not took:
        raise RuntimeError(f"The job was {view['status']} after {len(took)} looks at it.")
    return took


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=5)
    parser.add_argument("--size", type=int, default=256, help="pixels a side (default 256)")
    parser.add_argument("--steps", type=int, default=150, help="inference steps (default 150)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
