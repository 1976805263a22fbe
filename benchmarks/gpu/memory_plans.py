"""Memory plans against a real GPU: peak as planned, none out of memory, and what each mode costs.

Full-size models with random weights, on a card made smaller: the process may allocate only a part
of it, and the planner is told that so much is free. For each model and card, every plan of the
ladder makes one picture of 1024 × 1024 in a process of its own; the first plan is the one that
counts. Without a CUDA GPU it says so and measures nothing.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from benchmarks import pairs
from benchmarks.pairs import Result
from fooocus_lite.thinking.costs import Picture
from fooocus_lite.thinking.memory import HardwareFacts, MemoryPlan, plans
from fooocus_lite.thinking.model_size import ModelSize

CARDS_GB = (4, 6, 8, 12, 16, 24)
KEPT_BY_THE_SYSTEM_MIB = 400
TOLERANCE = 0.15
STEPS = 6
MIB = 2**20


def main() -> int:
    """Measure every case, report the worst difference between plan and peak."""
    options = _options()
    import torch

    if not torch.cuda.is_available():
        print("no CUDA GPU: unmeasured")
        return 0
    if options.case is not None:
        print(json.dumps(measure(**json.loads(options.case))))
        return 0
    load_before = pairs.load_average()
    measured = [
        _in_a_process(model, card_gb, place)
        for model in options.models
        for card_gb in CARDS_GB
        for place in (range(9) if options.every_plan else [0])
    ]
    known = [each for each in measured if each]
    first = [each for each in known if each["place"] == 0]
    off = [abs(each["peak_mib"] / each["planned_mib"] - 1) for each in first if each["peak_mib"]]
    failed = sum(each["peak_mib"] is None for each in first)
    return pairs.report(
        Result(
            benchmark="gpu_memory_plans",
            target=f"first plan: peak within {TOLERANCE:.0%} of the planned, never out of memory",
            is_met=failed == 0 and max(off, default=0) <= TOLERANCE,
            figures={
                "difference_to_plan": pairs.spread(off),
                "out_of_memory": failed,
                **{_title(each): _summary(each) for each in known},
            },
            settings={"cards_gb": list(CARDS_GB), "models": options.models, "steps": STEPS},
            load_average=(load_before, pairs.load_average()),
        )
    )


def on_card(facts: HardwareFacts, card_gb: int) -> HardwareFacts:
    """The facts of this machine, had its GPU so much memory."""
    free = card_gb * 1024 - KEPT_BY_THE_SYSTEM_MIB
    return replace(facts, free_vram_mib=free, total_mib=card_gb * 1024)


def ladder(facts: HardwareFacts, size: ModelSize, card_gb: int) -> tuple[MemoryPlan, ...]:
    """The plans for one picture of 1024 × 1024 with guidance."""
    return plans(on_card(facts, card_gb), size, Picture(1024, 1024))


def measure(model: str, card_gb: int, place: int) -> dict[str, Any] | None:
    """Peak and speed of the plan at `place` of the ladder; None when it has no so many plans.

    A peak of None: it ran out of memory.
    """
    import torch

    from benchmarks.gpu import full_size
    from fooocus_lite.engine import hardware, placing

    facts = hardware.facts()
    pipeline = full_size.MODELS[model]()
    made = ladder(facts, full_size.size_of(pipeline), card_gb)
    if place >= len(made):
        return None
    plan = made[place]
    total = torch.cuda.get_device_properties(0).total_memory
    limit = on_card(facts, card_gb).free_mib * MIB
    torch.cuda.set_per_process_memory_fraction(min(1.0, limit / total))
    found = {"model": model, "card_gb": card_gb, "place": place, "plan": plan.label}
    found |= {"planned_mib": plan.expected_vram_mib, "extra_s": plan.expected_extra_s}
    try:
        placing.place(pipeline, plan)
        seconds_per_step = run(pipeline, plan.device, 1024, STEPS)
    except torch.OutOfMemoryError:
        return found | {"peak_mib": None, "seconds_per_step": None}
    peak = torch.cuda.max_memory_reserved() / MIB
    return found | {"peak_mib": peak, "seconds_per_step": seconds_per_step}


def run(pipeline: Any, device: str, side: int, steps: int) -> float:
    """Makes a picture, text encoders and decoder included; the seconds of a step but the first."""
    import torch

    from benchmarks.gpu import full_size

    moments: list[float] = []

    def step_end(*arguments: Any) -> Any:
        if device == "cuda":
            torch.cuda.synchronize()
        moments.append(time.perf_counter())
        return arguments[-1]

    pipeline.set_progress_bar_config(disable=True)
    try:
        pipeline(
            **full_size.words(pipeline, device),
            width=side,
            height=side,
            num_inference_steps=steps,
            guidance_scale=5.0,
            generator=torch.Generator().manual_seed(0),
            callback_on_step_end=step_end,
            output_type="pt",
        )
    finally:
        pipeline.maybe_free_model_hooks()
    return (moments[-1] - moments[0]) / (len(moments) - 1)


def _in_a_process(model: str, card_gb: int, place: int) -> dict[str, Any] | None:
    """`measure` in a process of its own, so that every case finds an empty GPU."""
    case = json.dumps({"model": model, "card_gb": card_gb, "place": place})
    done = subprocess.run(
        [sys.executable, __file__, "--case", case], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] | None = json.loads(done.stdout.splitlines()[-1])
    if found:
        print(f"  {_title(found)}: {_summary(found)}", flush=True)
    return found


def _title(found: dict[str, Any]) -> str:
    return f"{found['model']} on {found['card_gb']} GB, {found['plan']}"


def _summary(found: dict[str, Any]) -> str:
    if found["peak_mib"] is None:
        return f"OUT OF MEMORY, planned {found['planned_mib']} MiB"
    return (
        f"{found['peak_mib']:.0f} MiB, planned {found['planned_mib']} MiB; "
        f"{found['seconds_per_step']:.3f} s a step"
    )


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=1)
    parser.add_argument("--models", nargs="+", default=["SDXL", "Z-Image"])
    parser.add_argument("--every-plan", action="store_true", help="not only the first of each")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
