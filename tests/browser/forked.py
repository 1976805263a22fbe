"""Programs that begin with everything imported: forked from a process that did so once.

Gradio and torch take eight seconds of a core, and the tests start some forty programs. A start from
nothing is tested by journeys/test_command_line.py, test_real_page.py and test_packaging.py.
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

# Where forking is not safe, each program imports for itself.
_CONTEXT = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
_CONTEXT.set_forkserver_preload(
    [
        "fooocus_lite.cli.page",
        "fooocus_lite.engine.kitchen",
        "fooocus_lite.ui.server",
        # What the starter's first picture brings in.
        "diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl",
    ]
)


class Forked:
    """A process that runs `run(*arguments)`, with as much of a Popen as the servers need.

    `run` is a function of a module; what it returns is the exit code. `log` takes what it says.
    """

    def __init__(
        self,
        run: Callable[..., int],
        arguments: tuple[object, ...],
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        given = (run, arguments, dict(environment), log)
        self._process = _CONTEXT.Process(target=_begin, args=given, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()


def _begin(
    run: Callable[..., int], arguments: tuple[object, ...], environment: dict[str, str], log: Path
) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(output, number)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(write_through=True)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(environment)
    sys.exit(run(*arguments))
