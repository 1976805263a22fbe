"""What Enhance adds to varied prompts: how long it takes, and how much of it.

Every prompt of `varied_prompts.txt` is enhanced with several seeds, one after the other. The
time is the core's: one takes so little that on a busy machine the clock measures the neighbours.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs
from benchmarks.pairs import ROOT, Result
from fooocus_lite.thinking.expansion import MAX_TOKENS, additions, fight, token_bound
from fooocus_lite.thinking.reading import read

TARGET_MS = 5.0
PROMPTS = ROOT / "benchmarks" / "varied_prompts.txt"


def main() -> int:
    """Enhance every prompt, report the time of one and what was added."""
    options = _options()
    prompts = PROMPTS.read_text(encoding="utf-8").splitlines()
    load_before = pairs.load_average()
    took_ms: list[float] = []
    contradictions, tokens = 0, [0]
    for seed in range(options.runs):
        for prompt in prompts:
            began = time.thread_time()
            added = additions(prompt, Random(seed))
            took_ms.append((time.thread_time() - began) * 1000)
            tokens.append(token_bound(", " + added) if added else 0)
            contradictions += contradicts(prompt, added)
    ninety_nine = statistics.quantiles(took_ms, n=100)[98]
    return pairs.report(
        Result(
            benchmark="expansion",
            target=f"99 of 100 prompts enhanced in less than {TARGET_MS:.0f} ms each, nothing "
            f"contradicted, at most {MAX_TOKENS} tokens added",
            is_met=ninety_nine < TARGET_MS and not contradictions and max(tokens) <= MAX_TOKENS,
            figures={
                "took_ms": pairs.spread(took_ms),
                "took_ms_99th_percentile": ninety_nine,
                "contradictions": contradictions,
                "most_tokens": max(tokens),
            },
            settings={"prompts": len(prompts), "seeds": options.runs},
            load_average=(load_before, pairs.load_average()),
        )
    )


def contradicts(prompt: str, added: str) -> bool:
    """Whether the prompt and `added` each say one of two things that cannot both be true."""
    said, telling = read(prompt).tags, read(added).tags
    return any(fight(one, other) for one in said for other in telling)


def _options() -> argparse.Namespace:
    return pairs.parser(__doc__, runs=10).parse_args()


if __name__ == "__main__":
    sys.exit(main())
