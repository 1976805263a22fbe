"""How far the forecast is from what pictures then take, with the built-in model on this machine.

In a fresh home, one picture is made so that something is known. Then sizes and numbers of steps
come in a random order, round by round: the forecast is read, the picture is made, and the time from
the submit to the saved file is compared. In the first round most sizes are new, and the forecast a
guess from the nearest ones; later each was corrected by its own runs. Each picture is made twice in
a row: how much the two differ is what no forecast could know.
"""

import argparse
import sys
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs
from benchmarks.at_work import AtWork, at_work, request
from benchmarks.pairs import Result

TARGET = 0.15
PROMPT = "a red apple on a white background"
SIZES = (128, 192, 256, 320)
STEPS = (8, 12, 20)
SEED = 1


def main() -> int:
    """Make pictures, report the error of what was forecast."""
    options = _options()
    load_before = pairs.load_average()
    order = Random(SEED)
    cases = [(side, steps) for side in SIZES for steps in STEPS]
    guessed: list[float] = []
    corrected: list[float] = []
    by_chance: list[float] = []
    with at_work() as work:
        work.make(request(PROMPT, 256, 12))
        seen = {256}
        for _ in range(options.runs):
            for side, steps in order.sample(cases, len(cases)):
                forecast_s, took_s, again_s = compare(work, side, steps)
                error = abs(forecast_s - took_s) / took_s
                (corrected if side in seen else guessed).append(error)
                by_chance.append(abs(again_s - took_s) / took_s)
                seen.add(side)
    every = pairs.spread([*guessed, *corrected])
    return pairs.report(
        Result(
            benchmark="estimates",
            target=f"median error at most {TARGET:.0%} of the time taken",
            is_met=every.median <= TARGET,
            figures={
                "error": every,
                "error_of_sizes_made_before": pairs.spread(corrected),
                "error_of_new_sizes": pairs.spread(guessed) if guessed else None,
                "difference_of_two_runs": pairs.spread(by_chance),
            },
            settings={"sizes": list(SIZES), "steps": list(STEPS), "rounds": options.runs},
            load_average=(load_before, pairs.load_average()),
        )
    )


def compare(work: AtWork, side: int, steps: int) -> tuple[float, float, float]:
    """Seconds as forecast, as taken, and as taken once more.

    Raises RuntimeError without a forecast.
    """
    asked = request(PROMPT, side, steps)
    forecast = work.studio.orders.forecast(asked)
    if forecast is None or forecast.seconds is None:
        raise RuntimeError(f"Nothing was forecast for {side} × {side} pixels.")
    return forecast.seconds, work.make(asked).saved.wall_s, work.make(asked).saved.wall_s


def _options() -> argparse.Namespace:
    return pairs.parser(__doc__, runs=3).parse_args()


if __name__ == "__main__":
    sys.exit(main())
