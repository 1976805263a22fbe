"""Models on their way to this computer, one after the other, while pictures are made.

Knows nothing of the Hub: what brings the files is handed in. Whoever asks sees the same list.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from ..errors import BadRequest, Cancelled, FooocusLiteError, NotFound, WeightsError
from ..weights.progress import Progress
from ..whole_file import write_whole
from .wishes import Wish

log = logging.getLogger(__name__)
State = Literal["waiting", "running", "done", "failed", "cancelled"]
UNFINISHED = frozenset({"waiting", "running"})
BROKE_OFF = "It was not complete when the program ended. What has come is kept."
ELSEWHERE = "Another program is downloading this model. Waiting for it."


@dataclass(frozen=True)
class Download:
    """How one stands. `message` is a sentence for people; `link` the page that helps, if any."""

    wish: Wish
    state: State
    file: str = ""
    done_bytes: int = 0
    total_bytes: int = 0
    bytes_per_s: float = 0.0
    eta_s: float | None = None
    message: str = ""
    link: str | None = None

    @property
    def name(self) -> str:
        return self.wish.name

    @property
    def is_over(self) -> bool:
        return self.state not in UNFINISHED


Bring = Callable[[Wish, Callable[[Progress], None], Callable[[], bool]], object]
"""Brings what is wished, telling its progress, until it is here or asked to stop (then raises)."""


@dataclass
class _Entry:
    download: Download
    is_cancelled: Event = field(default_factory=Event)


class Downloads:
    """The list, and the one thread that works it off. `memory` is the file that outlives us."""

    def __init__(self, bring: Bring, memory: Path) -> None:
        self._bring = bring
        self._memory = memory
        self._lock = Lock()
        self._closing = Event()
        self._worker: Thread | None = None
        self._entries = {
            wish.name: _Entry(Download(wish, "cancelled", message=BROKE_OFF))
            for wish in _remembered(memory)
        }

    def all(self) -> tuple[Download, ...]:
        """In the order they were asked for; those that are over stay until they are forgotten."""
        with self._lock:
            return tuple(entry.download for entry in self._entries.values())

    def find(self, name: str) -> Download:
        """Raises NotFound."""
        with self._lock:
            return self._entry(name).download

    def ask(self, wish: Wish) -> Download:
        """Puts it at the end of the line; one that is over starts again where it broke off.

        One that waits or runs already is left alone, unless it was told to stop and has not yet.
        """
        with self._lock:
            known = self._entries.get(wish.name)
            is_underway = known is not None and not known.download.is_over
            if known is not None and is_underway and not known.is_cancelled.is_set():
                return known.download
            self._entries.pop(wish.name, None)
            download = Download(wish, "waiting")
            self._entries[wish.name] = _Entry(download)
            self._remember()
            if self._worker is None and not self._closing.is_set():
                self._worker = Thread(target=self._work, name="downloads", daemon=True)
                self._worker.start()
        return download

    def cancel(self, name: str) -> None:
        """Ends it soon; what has come is kept. Raises NotFound."""
        with self._lock:
            entry = self._entry(name)
            entry.is_cancelled.set()
            if entry.download.state == "waiting":
                entry.download = replace(entry.download, state="cancelled")

    def forget(self, name: str) -> None:
        """Takes one that is over off the list. Raises NotFound, and BadRequest while it runs."""
        with self._lock:
            if not self._entry(name).download.is_over:
                raise BadRequest("That download is not over yet. Cancel it first.", field="name")
            del self._entries[name]
            self._remember()

    def close(self) -> None:
        """Ends the thread; what is unfinished can be gone on with at the next start."""
        with self._lock:
            self._closing.set()
            worker = self._worker
        if worker is not None:
            worker.join(timeout=30)

    def _work(self) -> None:
        while (entry := self._next()) is not None:
            self._serve(entry)

    def _next(self) -> _Entry | None:
        """The next to bring; None ends the thread, and a later wish begins another."""
        with self._lock:
            waiting = (each for each in self._entries.values() if each.download.state == "waiting")
            entry = None if self._closing.is_set() else next(waiting, None)
            if entry is None:
                self._worker = None
            else:
                entry.download = replace(entry.download, state="running")
            return entry

    def _serve(self, entry: _Entry) -> None:
        """Brings one to its end, whatever happens."""
        wish = entry.download.wish

        def tell(progress: Progress) -> None:
            self._change(
                entry,
                file=progress.file,
                done_bytes=progress.done_bytes,
                total_bytes=progress.total_bytes,
                bytes_per_s=progress.bytes_per_s,
                eta_s=progress.eta_s,
                message=ELSEWHERE if progress.is_waiting else "",
            )

        try:
            self._bring(wish, tell, lambda: entry.is_cancelled.is_set() or self._closing.is_set())
            self._change(entry, state="done", bytes_per_s=0.0, eta_s=None, message="")
        except Cancelled as error:
            self._change(entry, state="cancelled", message=error.message)
        except FooocusLiteError as error:
            link = error.link if isinstance(error, WeightsError) else None
            log.warning("%s was not downloaded: %s", wish.name, error.message)
            self._change(entry, state="failed", message=error.message, link=link)
        except Exception as error:  # the download fails, the thread lives
            log.exception("the download of %s broke", wish.name)
            message = f"Something unexpected broke ({type(error).__name__}). The log has details."
            self._change(entry, state="failed", message=message)

    def _change(self, entry: _Entry, **changes: object) -> None:
        with self._lock:
            entry.download = replace(entry.download, **changes)  # type: ignore[arg-type]
            if entry.download.is_over:
                self._remember()

    def _entry(self, name: str) -> _Entry:
        if name not in self._entries:
            raise NotFound(f"There is no download of “{name}”.", field="name")
        return self._entries[name]

    def _remember(self) -> None:
        """Writes down what is not complete; without that only the wish is lost, not its bytes."""
        unfinished = [
            entry.download.wish.model_dump(mode="json")
            for entry in self._entries.values()
            if entry.download.state != "done"
        ]
        try:
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._memory, f"{json.dumps(unfinished, indent=1)}\n".encode())
        except OSError as error:
            log.warning("%s cannot be written: %s", self._memory.name, error)


def _remembered(memory: Path) -> list[Wish]:
    """What an earlier run did not complete; nothing when its note is not there or is damaged."""
    try:
        return TypeAdapter(list[Wish]).validate_json(memory.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValidationError) as error:
        log.warning("%s is not used: %s", memory.name, error)
        return []
