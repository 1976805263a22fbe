"""The prompt language: 100,000 random prompts without a surprise, and short prompts a second.

Every random prompt is written for one picture and its weights are read, printed and read again. It
has to come to a text within the limit or to one of the errors that are shown to people, and what
was printed has to mean the same. The rates are of short prompts as people type them, on one core.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs
from benchmarks.pairs import Result
from fooocus_lite.errors import BadRequest
from fooocus_lite.recipe import MAX_PROMPT_CHARACTERS
from fooocus_lite.thinking import arrays, emphasis, prompt

TARGET_PER_S = 20_000
ROUNDS = 400
"""How often the short prompts are gone through in one reading."""

WILDCARDS = {
    "color": ("red", "{dark|light} blue", "green"),
    "animal": ("fox", "__color__ cat", "owl, [[sleeping, flying]]"),
    "place/nature": ("a pine forest", "a __color__ lake at {dawn|dusk}"),
    "loop": ("a __loop__",),
    "bomb": ("__animal__ " * 30 + "__bomb2__",),
    "bomb2": ("__animal__ " * 200,),
}
SHORT = (
    "a red fox in the snow",
    "portrait of an old fisherman, (weathered face:1.2), soft light",
    "a castle on a hill, [crowds], ((sunset)), wide view",
    "still life with lemons BREAK oil painting",
    "a __color__ __animal__ in __place/nature__",
    "a {red|blue|2::green} boat on the sea",
    "[[red, green, blue]] circle",
    "a lighthouse <lora:ink:0.6>, night",
)
PIECES = (
    *"()[]{}<>|:,.\\_ \n\t019-+",
    *("BREAK", " BREAK ", "a fox", "(", ")", ":1.3)", ":1..2)", ":9)", "[[", "]]", "[[a, b]]"),
    *("__", "__color__", "__animal__", "__place/nature__"),
    *("{a|b}", "{a|", "2::", "0::", "<lora:ink:1>", "<lora:ink>", "<lora:a:1..2>"),
    *("embedding:calm", "(embedding:calm:1.1)", "é", "雪", "😀", "עברית", "\u2028", "\u200b"),
)
TRAPS = ("__loop__", "__bomb__", "__nothing__", "<lora:a:7>")
"""Refused wherever they stand; rare, as a prompt with one of them ends there."""


@dataclass
class Fuzz:
    """How the random prompts ended."""

    written: int = 0
    refused: int = 0
    surprises: int = 0
    unstable: int = 0
    too_long: int = 0
    slowest_s: float = 0.0
    first_surprise: str | None = None


def main() -> int:
    """Fuzz, then time; report."""
    options = _options()
    load_before = pairs.load_average()
    fuzz = fuzzed(options.prompts, options.seed)
    print(f"  {fuzz}", flush=True)
    reading = pairs.spread([_per_s(emphasis.conditions) for _ in range(options.runs)])
    write = partial(_write, Random(options.seed))
    writing = pairs.spread([_per_s(write) for _ in range(options.runs)])
    return pairs.report(
        Result(
            benchmark="prompt_language",
            target="no surprise and nothing unstable or too long, "
            f"at least {TARGET_PER_S:,} short prompts/s read and as many written",
            is_met=fuzz.surprises + fuzz.unstable + fuzz.too_long == 0
            and min(reading.median, writing.median) >= TARGET_PER_S,
            figures={
                "random_prompts": options.prompts,
                "refused_with_a_sentence": fuzz.refused,
                "surprises": fuzz.surprises,
                "first_surprise": fuzz.first_surprise,
                "unstable": fuzz.unstable,
                "too_long": fuzz.too_long,
                "slowest_prompt_s": fuzz.slowest_s,
                "read_per_s": reading,
                "written_per_s": writing,
            },
            settings={"prompts": options.prompts, "seed": options.seed},
            load_average=(load_before, pairs.load_average()),
        )
    )


def random_prompt(random: Random) -> str:
    """Syntax, broken syntax and words: mostly short, one in a hundred up to the limit."""
    length = random.randrange(3000) if random.random() < 0.01 else random.randrange(24)
    pieces = random.choices(PIECES, k=length)
    if random.random() < 0.05:
        pieces.append(random.choice(TRAPS))
    return "".join(pieces)[:MAX_PROMPT_CHARACTERS]


def fuzzed(prompts: int, seed: int) -> Fuzz:
    """What became of that many random prompts; anything but an answer or BadRequest surprises."""
    random, fuzz = Random(seed), Fuzz()
    for index in range(prompts):
        text, negative_text = random_prompt(random), random_prompt(random)
        began = time.perf_counter()
        try:
            _try(fuzz, text, negative_text, index)
        except BadRequest:
            fuzz.refused += 1
        except Exception as error:
            fuzz.surprises += 1
            fuzz.first_surprise = fuzz.first_surprise or f"{error!r} for {text!r}"
        fuzz.slowest_s = max(fuzz.slowest_s, time.perf_counter() - began)
    return fuzz


def _try(fuzz: Fuzz, text: str, negative_text: str, index: int) -> None:
    """One prompt all the way, as picture 0 to 31."""
    for each in (text, negative_text):
        found = emphasis.conditions(each)
        fuzz.unstable += emphasis.conditions(emphasis.written(found)) != found
    arrays.variants(text)
    in_order = index % 2 == 0
    done = prompt.write(text, negative_text, index % 32, Random(index), WILDCARDS, in_order)
    again = prompt.write(text, negative_text, index % 32, Random(index), WILDCARDS, in_order)
    fuzz.unstable += done != again
    fuzz.too_long += max(len(done.prompt), len(done.negative_prompt)) > MAX_PROMPT_CHARACTERS
    fuzz.written += 1


def _per_s(what: Callable[[str], object]) -> float:
    """Short prompts a second, by the core's own time: neighbours do not count."""
    began = time.process_time()
    for _ in range(ROUNDS):
        for text in SHORT:
            what(text)
    return ROUNDS * len(SHORT) / (time.process_time() - began)


def _write(random: Random, text: str) -> object:
    return prompt.write(text, "", 1, random, WILDCARDS)


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=7)
    parser.add_argument("--prompts", type=int, default=100_000, help="random ones (default 100000)")
    parser.add_argument("--seed", type=int, default=1, help="of the random prompts (default 1)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
