"""Models on their way to this computer, one after the other, while pictures are made.

Knows nothing of the Hub: what brings the files is handed in. Whoever asks sees the same list.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Literal

from ..errors import BadRequest, Cancelled, FooocusLiteError, NotFound, WeightsError
from ..weights.progress import Doing, Progress
from ..weights.repository import RemoteFile
from . import unfinished
from .unfinished import Unfinished
from .wishes import Wish

log = logging.getLogger(__name__)
State = Literal["waiting", "running", "done", "failed", "cancelled"]
UNFINISHED = frozenset({"waiting", "running"})
BROKE_OFF = "It was not complete when the program ended. What has come is kept."
PAUSES: Mapping[Doing, str] = {
    "waiting": "Another program is downloading this model. Waiting for it.",
    "checking": "Checking what has come already.",
    "retrying": "Nothing comes just now. Trying again…",
}


@dataclass(frozen=True)
class Download:
    """How one stands. `message` is a sentence for people; `link` the page that helps, if any.

    `files` are those that it brings, once they are known.
    """

    wish: Wish
    state: State
    file: str = ""
    done_bytes: int = 0
    total_bytes: int = 0
    bytes_per_s: float = 0.0
    eta_s: float | None = None
    message: str = ""
    link: str | None = None
    files: Sequence[RemoteFile] = ()

    @property
    def name(self) -> str:
        return self.wish.name

    @property
    def is_over(self) -> bool:
        return self.state not in UNFINISHED


Expect = Callable[[Sequence[RemoteFile]], None]
Bring = Callable[[Wish, Callable[[Progress], None], Callable[[], bool], Expect], str]
"""Brings what is wished, telling its files and then its progress, until it is here
or asked to stop (then raises). Returns what a person should know of it, or nothing."""
Arrived = Callable[[Wish, Sequence[RemoteFile]], int]
"""How many bytes of these files are on the disk."""


@dataclass
class _Entry:
    download: Download
    is_cancelled: Event = field(default_factory=Event)


class Downloads:
    """The list, and the one thread that works it off. `memory` is the file that outlives us."""

    def __init__(self, bring: Bring, memory: Path, arrived: Arrived) -> None:
        self._bring = bring
        self._memory = memory
        self._lock = Lock()
        self._closing = Event()
        self._worker: Thread | None = None
        self._entries = {
            each.wish.name: _Entry(_again(each, arrived)) for each in unfinished.read(memory)
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
            entry = _Entry(Download(wish, "waiting"))
            if known is not None and known.download.state != "done":
                entry = _Entry(_gone_on_with(known.download, wish))
            self._entries[wish.name] = entry
            self._remember()
            if self._worker is None and not self._closing.is_set():
                self._worker = Thread(target=self._work, name="downloads", daemon=True)
                self._worker.start()
            return entry.download

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
                message=PAUSES.get(progress.doing, ""),
            )

        def expect(files: Sequence[RemoteFile]) -> None:
            with self._lock:
                entry.download = replace(entry.download, files=files)
                self._remember()

        def is_cancelled() -> bool:
            return entry.is_cancelled.is_set() or self._closing.is_set()

        try:
            message = self._bring(wish, tell, is_cancelled, expect)
            self._change(entry, state="done", bytes_per_s=0.0, eta_s=None, message=message)
        except Cancelled as error:
            message = error.message if entry.is_cancelled.is_set() else BROKE_OFF
            self._change(entry, state="cancelled", message=message)
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
        """Writes down what is not complete."""
        all_of_them = (each.download for each in self._entries.values())
        unfinished.write(
            self._memory, [_noted(each) for each in all_of_them if each.state != "done"]
        )


def _gone_on_with(before: Download, wish: Wish) -> Download:
    """The same once more, with what is known of how much is here."""
    return Download(
        wish,
        "waiting",
        done_bytes=before.done_bytes,
        total_bytes=before.total_bytes,
        files=before.files,
    )


def _noted(found: Download) -> Unfinished:
    """What the next run has to know; of what is not over, it says itself that it broke off."""
    if found.state not in ("failed", "cancelled"):
        return Unfinished(wish=found.wish, files=tuple(found.files))
    return Unfinished(
        wish=found.wish,
        files=tuple(found.files),
        ended=found.state,
        message=found.message,
        link=found.link,
    )


def _again(noted: Unfinished, arrived: Arrived) -> Download:
    """How one stands that an earlier run did not complete, by what lies on the disk now."""
    return Download(
        noted.wish,
        noted.ended or "cancelled",
        done_bytes=arrived(noted.wish, noted.files),
        total_bytes=sum(file.size for file in noted.files),
        message=noted.message if noted.ended else BROKE_OFF,
        link=noted.link,
        files=noted.files,
    )
