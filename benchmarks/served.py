"""A page server in a process of its own: started, asked, weighed and ended.

Knows nothing of what is served; the benchmarks of the page start ours and a bare one with it.
"""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # comes with accelerate, without types

from benchmarks.pairs import ROOT, Cost

START_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 30.0
ASK_EVERY_S = 0.01
TEMPORARY = "temporary"
"""Below the server's home: what it takes for the system's temporary folder."""


@dataclass(frozen=True)
class Served:
    """A running server and what its first page took."""

    url: str
    process: psutil.Process
    first_page: Cost


def launch_command(port: int) -> list[str]:
    """What a person types to get the page, on that port and without a browser.

    Raises SystemExit when this interpreter lacks what the project needs: that start is a set-up.
    """
    import launch

    if missing := launch.unsatisfied(launch.requirements(set())):
        raise SystemExit(f"This Python lacks {', '.join(missing)}: run it with one that has them.")
    script = str(ROOT / "launch.py")
    return [sys.executable, script, "--disable-in-browser", "--port", str(port)]


@contextlib.contextmanager
def served(command: Sequence[str], port: int, home: Path, page: str = "/") -> Iterator[Served]:
    """The server, from its first `page` on; ended with all its processes at the end.

    Raises RuntimeError with its own words when no page comes.
    """
    log = home / f"terminal-{port}.log"
    (home / TEMPORARY).mkdir(exist_ok=True)
    with log.open("wb") as output:
        began = time.perf_counter()
        popen = subprocess.Popen(
            command,
            cwd=home,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        while not _answers(port, page):
            if popen.poll() is not None or time.perf_counter() - began > START_TIMEOUT_S:
                words = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"No page came. The program said:\n{words}")
            time.sleep(ASK_EVERY_S)
        process = psutil.Process(popen.pid)
        cost = Cost(time.perf_counter() - began, cpu_seconds(process))
        yield Served(f"http://127.0.0.1:{port}/", process, cost)
    finally:
        _end(popen)


def cpu_seconds(process: psutil.Process) -> float:
    """Core seconds that a process and everything it started have used so far."""
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(each.cpu_times()[:4])  # its own, and those of children that ended
    return total


def memory_mib(process: psutil.Process) -> float:
    """Resident memory of a process and everything it started; pages they share count twice."""
    total: int = process.memory_info().rss
    for each in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += each.memory_info().rss
    return total / 2**20


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, page: str) -> bool:
    """Whether the whole page arrives."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_TIMEOUT_S)
    try:
        connection.request("GET", page)
        answer = connection.getresponse()
        return answer.status == 200 and bool(answer.read())
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(popen: "subprocess.Popen[bytes]") -> None:
    popen.terminate()
    try:
        popen.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        for each in psutil.Process(popen.pid).children(recursive=True):
            each.kill()
        popen.kill()
        popen.wait()


def _environment(home: Path) -> dict[str, str]:
    """This process's environment with a home of the server's own and no talk to the network."""
    kept = {name: value for name, value in os.environ.items() if "FOOOCUS_LITE_" not in name}
    return {
        **kept,
        "FOOOCUS_LITE_HOME": str(home),
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "TMPDIR": str(home / TEMPORARY),
    }
