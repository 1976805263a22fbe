"""The page in front of the fake studio, in a process of its own. Knows no test."""

import os
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.browser.forked import Forked

START_TIMEOUT_S = 120.0
STEP_S = 0.06


@dataclass
class FakeServer:
    """A program that serves the page in front of a fake studio. Its notices lie in its home."""

    home: Path
    port: int
    process: Forked | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        given = (self.home, self.port, STEP_S)
        log = self.home / "terminal.log"
        self.process = Forked(_program, given, os.environ, log)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.is_up():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(encoding="utf-8"))
            time.sleep(0.1)

    def is_up(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.url, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def _program(home: Path, port: int, step_s: float) -> int:
    from tests import ui_fake

    return ui_fake.main(home, port, step_s)
