"""From `python launch.py` to its first page, against a Gradio app of one textbox.

Run it with an interpreter that has the project's packages: setting up is not measured. Both are
processes of their own, started in turn; the clock stops when the whole page has arrived (HTTP 200).
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs, served
from benchmarks.pairs import Cost, Result

TARGET = 1.5
BARE = """
import sys
import gradio
with gradio.Blocks() as demo:
    gradio.Textbox()
demo.launch(server_port=int(sys.argv[1]), quiet=True)
"""


def main() -> int:
    """Start both in turn, report the ratio."""
    options = _options()
    load = pairs.load_average()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        # Once unmeasured: what lies in the disk's cache is the same for all that follow.
        ours(home), bare(home)
        found = pairs.interleave(lambda: ours(home), lambda: bare(home), options.runs)
    ratio = pairs.ratios(found)
    return pairs.report(
        Result(
            benchmark="first_page",
            target=f"our first page takes at most {TARGET} times a bare Gradio page",
            is_met=ratio.median <= TARGET,
            figures={
                "ratio": ratio,
                "ratio_of_core_seconds": pairs.ratios(found, "cpu_s"),
                "ours_s": pairs.spread([pair.ours.wall_s for pair in found]),
                "bare_s": pairs.spread([pair.theirs.wall_s for pair in found]),
            },
            settings={"runs": options.runs},
            load_average=(load, pairs.load_average()),
        )
    )


def ours(home: Path) -> Cost:
    """What the first page of `python launch.py` takes."""
    port = served.free_port()
    with served.served(served.launch_command(port), port, home) as page:
        return page.first_page


def bare(home: Path) -> Cost:
    """What the first page of a bare Gradio app takes."""
    port = served.free_port()
    with served.served([sys.executable, "-c", BARE, str(port)], port, home) as page:
        return page.first_page


def _options() -> argparse.Namespace:
    return pairs.parser(__doc__, runs=7).parse_args()


if __name__ == "__main__":
    sys.exit(main())
