"""What the descriptions of our APIs allow, and much they do not, sent by schemathesis: no 500.

The APIs answer behind their gate, in a home of their own, before a line that nobody works off.
Needs `pip install schemathesis`, which the tests do not bring along.
"""

import argparse
import contextlib
import importlib.util
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import pairs
from benchmarks.pairs import Result

APIS = ("/api/v1", "/v1", "/sdapi/v1")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
NOT_READY = "/ready"
"""Says 503 by design: nothing is loaded here."""


def main() -> int:
    """Ask each API for a while, report what came back."""
    options = _options()
    load = pairs.load_average()
    statuses: dict[str, Counter[int]] = {api: Counter() for api in APIS}
    codes = []
    with tempfile.TemporaryDirectory() as home, _answering(Path(home), statuses) as address:
        for api, run in product(APIS, range(options.runs)):
            command = _command(address + api, options, options.seed + run)
            codes.append(subprocess.run(command, check=False, cwd=home).returncode)
            print(f"  {api}: {sum(statuses[api].values()):,} calls", flush=True)
    together = Counter[int]()
    for each in statuses.values():
        together += each
    broken = sum(count for status, count in together.items() if status >= 500)
    return pairs.report(
        Result(
            benchmark="schema_fuzz",
            target="no answer is a 5xx, or of another shape than described",
            is_met=not broken and not any(codes) and sum(together.values()) > 0,
            figures={
                "calls": sum(together.values()),
                "answers_5xx": broken,
                "accepted": sum(count for status, count in together.items() if status < 400),
                "runs_with_complaints": sum(map(bool, codes)),
            },
            settings={"seconds_each": options.seconds, "seed": options.seed},
            load_average=(load, pairs.load_average()),
        )
    )


def _command(api: str, options: argparse.Namespace, seed: int) -> list[str]:
    return [
        sys.executable, "-m", "schemathesis.cli", "run", f"{api}/openapi.json", "--url", api,
        "--checks", ",".join(CHECKS), "--exclude-path", NOT_READY,
        "--phases", "examples,coverage,fuzzing", "--max-examples", str(options.examples),
        "--max-time", str(options.seconds), "--seed", str(seed), "--no-shrink",
        "--request-timeout", "30", "--warnings", "off",
    ]  # fmt: skip


@contextlib.contextmanager
def _answering(home: Path, statuses: Mapping[str, Counter[int]]) -> Iterator[str]:
    """The address of the APIs; what they answer is counted in `statuses`."""
    from benchmarks.answering import answering
    from fooocus_lite.api import a1111, jobs, openai_images
    from fooocus_lite.settings import load
    from fooocus_lite.studio import Studio

    for module in (jobs, openai_images, a1111):
        module.WAIT_S = 0.0  # nobody draws here

    def counted(app: ASGIApp) -> ASGIApp:
        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_counted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    for api, counter in statuses.items():
                        counter[message["status"]] += scope["path"].startswith(api + "/")
                await send(message)

            await app(scope, receive, send_counted)

        return served

    nobody = "http://127.0.0.1:9"  # what is made up is never asked of the real Hub
    limits = {"line_limit": 10**9, "waiting_per_owner": 10**9}
    studio = Studio(load({"home": home, "hub_endpoint": nobody, **limits}))
    with answering(studio, counted) as address:
        yield address


def _options() -> argparse.Namespace:
    parser = pairs.parser(__doc__, runs=1)
    parser.add_argument(
        "--seconds", type=int, default=15, help="for each of the three APIs (default 15)"
    )
    parser.add_argument("--examples", type=int, default=200, help="for each address (default 200)")
    parser.add_argument("--seed", type=int, default=1, help="of what is made up (default 1)")
    options = parser.parse_args()
    if importlib.util.find_spec("schemathesis") is None:
        parser.error("schemathesis is not installed: pip install schemathesis")
    return options


if __name__ == "__main__":
    sys.exit(main())
