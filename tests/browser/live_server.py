"""The real program in a process of its own, with its page: start it, kill it, start it again."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from tests.browser.forked import Forked
from tests.browser.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0


class LiveServer:
    """One program on a free port of this machine with a home folder of its own.

    `is_cold`: it imports everything for itself, as it does for people. `is_supervised` starts it as
    `python launch.py` does, so that it comes back when it dies.
    """

    def __init__(
        self, home: Path, *flags: str, is_cold: bool = False, is_supervised: bool = False
    ) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "terminal.log"
        self._flags = flags
        self._is_cold = is_cold or is_supervised
        self._is_supervised = is_supervised
        self._process: subprocess.Popen[bytes] | Forked | None = None

    def start(self, *, must_answer: bool = True) -> None:
        """Start the program, and wait until its page answers."""
        if self._process is not None and self._process.poll() is None:
            raise RuntimeError(f"the program at {self.url} runs already")
        arguments = ["--port", str(self.port), *self._flags]
        if self._is_cold:
            self._process = self._cold(arguments)
        else:
            self._process = Forked(program, (arguments,), environment(self.home), self.log)
        if must_answer:
            self.wait_until_up()

    def _cold(self, arguments: list[str]) -> "subprocess.Popen[bytes]":
        program = ["launch.py"] if self._is_supervised else ["-m", "fooocus_lite"]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *program, *arguments],
                cwd=ROOT,
                env=environment(self.home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_up(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Wait for the page. Raises RuntimeError with the program's own words if it never comes."""
        deadline = time.monotonic() + timeout_s
        while not self.is_up():
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"the program ended before its page was there:\n{self.words()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"no page within {timeout_s:.0f} s:\n{self.words()}")
            time.sleep(0.1)

    def is_up(self) -> bool:
        """Whether the page answers now."""
        try:
            with _open(self.url, timeout_s=5.0) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    @property
    def pid(self) -> int:
        """The process that serves the page: under supervision, the child."""
        if self._process is None:
            raise RuntimeError("the program was not started")
        if not self._is_supervised:
            return self._process.pid
        return psutil.Process(self._process.pid).children()[0].pid

    def kill(self) -> None:
        """Kill the program as the system does when memory runs out (kill -9)."""
        process = psutil.Process(self.pid)
        process.kill()
        if not self._is_supervised:
            self._wait()

    def stop(self) -> int | None:
        """End the program the polite way, or by force where that fails; its exit code."""
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                return self._wait()
            except subprocess.TimeoutExpired:
                for each in psutil.Process(self._process.pid).children(recursive=True):
                    each.kill()
                self._process.kill()
        return self._wait()

    def restart(self) -> None:
        """Stop politely and start again, on the same port and home."""
        self.stop()
        self.start()

    def words(self) -> str:
        """The last that the program said on its terminal."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)[-4000:]

    def _wait(self) -> int | None:
        return self._process.wait(STOP_TIMEOUT_S) if self._process is not None else None


def program(arguments: list[str]) -> int:
    """What `fooocus-lite` does with these arguments, for `Forked`; its exit code."""
    from fooocus_lite.cli import main

    return main(arguments)


def environment(home: Path) -> dict[str, str]:
    """This process's environment without its Fooocus Lite settings, and with that home."""
    kept = {name: value for name, value in os.environ.items() if "FOOOCUS_LITE_" not in name}
    return {
        **kept,
        "FOOOCUS_LITE_HOME": str(home),
        "FOOOCUS_LITE_BROWSER": "false",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _open(url: str, timeout_s: float) -> Any:
    # A proxy of the environment knows nothing of this machine's own addresses.
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=timeout_s)
