"""The whole run, from an empty folder to `models/starter`: `python -m training`."""

import argparse
import logging
import subprocess
import sys
from pathlib import Path

log = logging.getLogger("training")


def plan(runs: Path, output: Path, *, scale: float, processes: int) -> list[list[str]]:
    """The commands of the whole run in order; `scale` shortens (or lengthens) all of them."""
    vae, decoder, words = str(runs / "vae"), str(runs / "decoder"), str(runs / "tokenizer")
    small, full = str(runs / "data-small"), str(runs / "data")
    early, final = str(runs / "unet-small"), str(runs / "unet")
    team = ["--processes", str(processes)]

    def minutes(value: float) -> list[str]:
        return ["--minutes", f"{value * scale:.3f}"]

    def pictures(value: int) -> list[str]:
        return ["--pictures", str(max(60, round(value * scale)))]

    data = ["dataset", "--vae", vae, *team]
    unet = ["train_unet", "--tokenizer", words, *team]
    judge = str(runs / "object_classifier.safetensors")
    shifted = ["--noise-shift", "0.3"]
    lora = ["train_lora", "--base", str(output), "--data", full, *team]
    return [
        ["tokenizer", "--output", words],
        ["train_vae", "--output", vae, *minutes(10), *team],
        [*data, "--output", small, "--shrink", "2", *pictures(14_000)],
        [*unet, "--data", small, "--output", early, "--flat", "1", *minutes(15)],
        [*data, "--output", full, *pictures(18_000)],
        [*unet, "--data", full, "--start", early, "--output", final, *shifted, *minutes(75)],
        ["train_vae", "--start", vae, "--output", decoder, "--decoder-only", *minutes(10), *team],
        ["export", "--parts", final, "--vae", decoder, "--output", str(output)],
        [*lora, "style", *minutes(5)],
        [*lora, "lcm", *minutes(6)],
        ["train_classifier", "--vae", str(output / "vae"), "--output", judge, *pictures(6000)],
    ]


def main() -> None:
    """Read the command line and run every step; the first failure ends the run."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=Path("training/runs"))
    parser.add_argument("--output", type=Path, default=Path("models/starter"))
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 takes a tenth of the time")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    steps = plan(options.runs, options.output, scale=options.scale, processes=options.processes)
    for step in steps:
        log.info("python -m training.%s", " ".join(step))
        subprocess.run([sys.executable, "-m", f"training.{step[0]}", *step[1:]], check=True)


if __name__ == "__main__":
    main()
