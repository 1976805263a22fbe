"""Downloads in the background: their line, their end, and what outlives the program."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

import pytest

from fooocus_lite.errors import BadRequest, Cancelled, NotFound, WeightsError
from fooocus_lite.supplies.downloads import BROKE_OFF, Downloads
from fooocus_lite.supplies.wishes import Wish
from fooocus_lite.weights.progress import Progress
from fooocus_lite.weights.repository import RemoteFile

TIMEOUT_S = 120
FILE = RemoteFile("unet/a.safetensors", 100, "a" * 64)
OUTSIDE = """[{"wish": {"name": "a", "title": "a", "repo_id": "a/a"},
    "files": [{"path": "a", "size": 1, "blob": "../a"}]}]"""


class Carrier:
    """Brings nothing, but tells and waits as a test wants it."""

    def __init__(self) -> None:
        self.brought: list[str] = []
        self.began: dict[str, Event] = {}
        self.may_end: dict[str, Event] = {}
        self.problems: dict[str, Exception] = {}
        self.said: dict[str, str] = {}

    def hold(self, name: str) -> None:
        self.began[name], self.may_end[name] = Event(), Event()

    def __call__(
        self,
        wish: Wish,
        tell: Callable[[Progress], None],
        is_cancelled: Callable[[], bool],
        expect: Callable[[Sequence[RemoteFile]], None],
    ) -> str:
        expect([FILE])
        tell(Progress("unet/a.safetensors", 25, 100, 5.0, 15.0))
        if wish.name in self.began:
            self.began[wish.name].set()
            while not self.may_end[wish.name].wait(0.01):
                if is_cancelled():
                    raise Cancelled("The download was stopped.")
        if problem := self.problems.pop(wish.name, None):
            raise problem
        self.brought.append(wish.name)
        return self.said.pop(wish.name, "")


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "state" / "downloads.json"


@pytest.fixture
def downloads(carrier: Carrier, memory: Path):
    made = Downloads(carrier, memory, arrived)
    yield made
    made.close()


def arrived(_wish: Wish, files: Sequence[RemoteFile]) -> int:
    """Of each file 40 bytes lie on the disk."""
    return 40 * len(files)


def wish(name: str) -> Wish:
    return Wish(name=name, title=name.upper(), repo_id=f"somebody/{name}")


def settle(downloads: Downloads) -> None:
    """Waits until nothing waits or runs."""
    worker = downloads._worker
    if worker is not None:
        worker.join(TIMEOUT_S)
    assert all(each.is_over for each in downloads.all())


def states(downloads: Downloads) -> dict[str, str]:
    return {each.name: each.state for each in downloads.all()}


def test_they_come_one_after_the_other_in_the_order_asked(downloads, carrier):
    carrier.hold("a")
    for name in "abc":
        downloads.ask(wish(name))
    assert carrier.began["a"].wait(TIMEOUT_S)
    assert states(downloads) == {"a": "running", "b": "waiting", "c": "waiting"}
    carrier.may_end["a"].set()
    settle(downloads)
    assert carrier.brought == ["a", "b", "c"]
    assert set(states(downloads).values()) == {"done"}


def test_what_is_to_be_known_of_one_that_is_here_is_told(downloads, carrier):
    carrier.said["a"] = "There is nothing newer."
    for name in "ab":
        downloads.ask(wish(name))
    settle(downloads)
    assert [each.message for each in downloads.all()] == ["There is nothing newer.", ""]


def test_progress_is_seen_by_whoever_asks(downloads, carrier):
    carrier.hold("a")
    downloads.ask(wish("a"))
    assert carrier.began["a"].wait(TIMEOUT_S)
    seen = downloads.find("a")
    assert (seen.file, seen.done_bytes, seen.total_bytes) == ("unet/a.safetensors", 25, 100)
    assert (seen.bytes_per_s, seen.eta_s) == (5.0, 15.0)


def test_asking_twice_brings_it_once(downloads, carrier):
    carrier.hold("a")
    downloads.ask(wish("a"))
    assert carrier.began["a"].wait(TIMEOUT_S)
    assert downloads.ask(wish("a")).state == "running"
    carrier.may_end["a"].set()
    settle(downloads)
    assert carrier.brought == ["a"]


def test_a_running_one_can_be_stopped_and_gone_on_with(downloads, carrier):
    carrier.hold("a")
    downloads.ask(wish("a"))
    assert carrier.began["a"].wait(TIMEOUT_S)
    downloads.cancel("a")
    settle(downloads)
    assert states(downloads) == {"a": "cancelled"}
    carrier.may_end["a"].set()
    waiting = downloads.ask(wish("a"))
    assert (waiting.done_bytes, waiting.total_bytes, waiting.message) == (25, 100, "")
    settle(downloads)
    assert states(downloads) == {"a": "done"}


def test_one_that_is_still_stopping_is_gone_on_with_when_it_is_asked_for_again(downloads, carrier):
    carrier.hold("a")
    downloads.ask(wish("a"))
    assert carrier.began["a"].wait(TIMEOUT_S)
    downloads.cancel("a")
    assert downloads.ask(wish("a")).state == "waiting"
    carrier.may_end["a"].set()
    settle(downloads)
    assert states(downloads) == {"a": "done"}


def test_a_waiting_one_is_taken_out_of_the_line_at_once(downloads, carrier):
    carrier.hold("a")
    downloads.ask(wish("a"))
    downloads.ask(wish("b"))
    downloads.cancel("b")
    assert states(downloads)["b"] == "cancelled"
    carrier.may_end["a"].set()
    settle(downloads)
    assert carrier.brought == ["a"]


def test_a_failure_says_why_with_the_link_and_the_next_one_comes(downloads, carrier):
    gated = WeightsError("somebody/a is gated. Open the page and accept.")
    gated.link = "https://huggingface.co/somebody/a"
    carrier.problems["a"] = gated
    carrier.problems["b"] = ValueError("a mistake of ours")
    for name in "abc":
        downloads.ask(wish(name))
    settle(downloads)
    failed = downloads.find("a")
    assert (failed.state, failed.message, failed.link) == ("failed", gated.message, gated.link)
    assert "ValueError" in downloads.find("b").message
    assert carrier.brought == ["c"]


def test_what_is_over_can_be_taken_off_the_list(downloads, carrier):
    carrier.hold("a")
    downloads.ask(wish("a"))
    with pytest.raises(BadRequest, match="Cancel it first"):
        downloads.forget("a")
    carrier.may_end["a"].set()
    settle(downloads)
    downloads.forget("a")
    assert downloads.all() == ()
    for order in (downloads.find, downloads.cancel, downloads.forget):
        with pytest.raises(NotFound, match="no download of “a”"):
            order("a")


def test_the_next_run_of_the_program_knows_what_was_unfinished(downloads, carrier, memory):
    carrier.hold("b")
    for name in "abc":
        downloads.ask(wish(name))
    assert carrier.began["b"].wait(TIMEOUT_S)
    downloads.close()
    assert carrier.brought == ["a"]
    later = Downloads(carrier, memory, arrived)
    assert states(later) == {"b": "cancelled", "c": "cancelled"}
    assert {each.message for each in later.all()} == {BROKE_OFF}
    began, never_began = later.all()
    assert (began.done_bytes, began.total_bytes) == (40, 100)
    assert (never_began.done_bytes, never_began.total_bytes) == (0, 0)
    carrier.may_end["b"].set()
    later.ask(later.find("b").wish)
    settle(later)
    assert states(later)["b"] == "done"
    assert [each["wish"]["name"] for each in json.loads(memory.read_text())] == ["c"]


def test_the_next_run_says_why_one_ended_and_how_much_of_it_lies_there(downloads, carrier, memory):
    gated = WeightsError("somebody/a is gated. Open the page and accept.")
    gated.link = "https://huggingface.co/somebody/a"
    carrier.problems["a"] = gated
    carrier.hold("b")
    for name in "ab":
        downloads.ask(wish(name))
    assert carrier.began["b"].wait(TIMEOUT_S)
    downloads.cancel("b")
    settle(downloads)
    failed, stopped = Downloads(carrier, memory, arrived).all()
    assert (failed.state, failed.message, failed.link) == ("failed", gated.message, gated.link)
    assert (stopped.state, stopped.message) == ("cancelled", "The download was stopped.")
    assert {(each.done_bytes, each.total_bytes) for each in (failed, stopped)} == {(40, 100)}


def test_what_was_running_when_the_program_was_killed_broke_off(downloads, carrier, memory):
    carrier.hold("a")
    downloads.ask(wish("a"))
    assert carrier.began["a"].wait(TIMEOUT_S)
    (left,) = Downloads(carrier, memory, arrived).all()
    assert (left.state, left.message, left.done_bytes) == ("cancelled", BROKE_OFF, 40)
    carrier.may_end["a"].set()


@pytest.mark.parametrize("written", ["", "{}", '[{"name": 1}]', "[" * 2000, "\x00", OUTSIDE])
def test_a_damaged_note_is_not_used(carrier, memory, written):
    memory.parent.mkdir()
    memory.write_text(written)
    assert Downloads(carrier, memory, arrived).all() == ()


def test_without_room_for_the_note_the_download_comes_all_the_same(carrier, tmp_path):
    in_the_way = tmp_path / "state"
    in_the_way.write_text("a file where a folder should be")
    downloads = Downloads(carrier, in_the_way / "downloads.json", arrived)
    downloads.ask(wish("a"))
    settle(downloads)
    assert carrier.brought == ["a"]
