"""One file over real HTTP, with everything going wrong on the way."""

import gc
import hashlib
import os
import signal
import subprocess
import sys
import time as real_time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_hub import FakeTime, LocalHub

from fooocus_lite.errors import Cancelled, WeightsError
from fooocus_lite.weights.fetch import Follower, fetch
from fooocus_lite.weights.hub import Hub
from fooocus_lite.weights.patience import Patience
from fooocus_lite.weights.repository import RemoteFile, Repository

NAME = "unet/model.safetensors"
DATA = bytes(range(256)) * 4096 * 3  # 3 MiB, and no two places alike by accident
SHA256 = hashlib.sha256(DATA).hexdigest()


class Download:
    """One repository with one large file, and a place to put it."""

    def __init__(self, server: LocalHub, blobs: Path, token: str | None = None) -> None:
        self.server = server
        self.blobs = blobs
        self.time = FakeTime()
        self.hub = Hub(server.endpoint, token, self.patience())
        self.told: list[int] = []
        self.paused: list[str] = []
        server.add_repo("owner/name", {NAME: DATA, "config.json": b"{}", "empty.txt": b""})
        self.repository: Repository = self.hub.repository("owner/name")
        server.requests.clear()

    def patience(self, answer_s: float = 10.0) -> Patience:
        return Patience(answer_s=answer_s, clock=self.time.clock, sleep=self.time.sleep)

    def file(self, path: str = NAME) -> RemoteFile:
        found = self.repository.file(path)
        assert found
        return found

    def run(self, path: str = NAME, stop_at: int = 2**60) -> str:
        follower = Follower(
            self.told.append,
            lambda: bool(self.told) and self.told[-1] >= stop_at,
            self.paused.append,
        )
        return fetch(self.hub, self.repository, self.file(path), self.blobs, follower)

    @property
    def part(self) -> Path:
        return self.blobs / f"{SHA256}.part"

    @property
    def ranges(self) -> list[str | None]:
        return [each.headers.get("range") for each in self.server.asked(NAME, "hub")]

    def is_whole(self) -> bool:
        return (self.blobs / SHA256).read_bytes() == DATA and not self.part.exists()


@pytest.fixture
def server() -> Iterator[LocalHub]:
    with LocalHub() as server:
        yield server


@pytest.fixture
def download(server: LocalHub, tmp_path: Path) -> Download:
    return Download(server, tmp_path / "blobs")


def test_a_file_comes_whole_under_its_hash(download: Download) -> None:
    assert download.run() == SHA256
    assert download.is_whole()
    assert download.told == sorted(download.told)
    assert download.told[-1] == len(DATA)


@pytest.mark.parametrize(("path", "content"), [("config.json", b"{}"), ("empty.txt", b"")])
def test_a_small_file_is_checked_by_gits_hash(
    download: Download, path: str, content: bytes
) -> None:
    assert download.run(path) == hashlib.sha256(content).hexdigest()
    assert (download.blobs / download.file(path).blob).read_bytes() == content


def test_what_is_there_is_checked_and_not_fetched(download: Download) -> None:
    download.run()
    download.server.requests.clear()
    assert not download.paused
    assert download.run() == SHA256
    assert not download.server.requests
    assert download.paused == ["checking"]


def test_what_was_damaged_on_disk_is_fetched_again(download: Download) -> None:
    download.blobs.mkdir()
    (download.blobs / SHA256).write_bytes(DATA[:-1] + b"x")
    download.run()
    assert download.is_whole()


def test_a_dropped_connection_goes_on_where_it_ended(download: Download) -> None:
    download.server.fault(NAME, drop_at=2_000_000, times=1)
    download.run()
    assert download.is_whole()
    assert download.ranges == [None, "bytes=2000000-"]
    assert download.paused == ["retrying"]


def test_many_drops_are_no_reason_to_give_up_while_bytes_come(download: Download) -> None:
    download.server.fault(NAME, drop_every=100_000)
    download.run()
    assert download.is_whole()
    assert len(download.ranges) == 32
    assert max(download.time.slept) <= 0.5


def test_a_connection_without_any_byte_ends_after_a_minute(download: Download) -> None:
    download.server.fault(NAME, drop_at=1_000_000)
    with pytest.raises(WeightsError, match=r"No byte of unet/model\.safetensors"):
        download.run()
    assert 45 < sum(download.time.slept) <= 60
    assert download.part.stat().st_size == 1_000_000
    download.server.heal()
    download.run()
    assert download.ranges == ["bytes=1000000-"]
    assert download.is_whole()


def test_a_connection_that_falls_silent_is_opened_anew(download: Download) -> None:
    download.server.fault(NAME, stall_at=1_500_000, times=1)
    download.hub = Hub(download.server.endpoint, None, download.patience(answer_s=0.3))
    download.run()
    assert download.is_whole()
    assert download.ranges == [None, "bytes=1500000-"]


def test_a_polite_but_short_answer_ends_in_a_sentence(download: Download) -> None:
    download.server.fault(NAME, truncate_at=1_000_000)
    with pytest.raises(WeightsError, match="or fewer than the 3,145,728"):
        download.run()


def test_a_corrupt_body_is_thrown_away_and_fetched_once_more(download: Download) -> None:
    download.server.fault(NAME, is_corrupt=True, times=1)
    download.run()
    assert download.is_whole()
    assert download.ranges == [None, None]


def test_a_body_that_stays_corrupt_is_an_error_and_leaves_nothing(download: Download) -> None:
    download.server.fault(NAME, is_corrupt=True)
    with pytest.raises(WeightsError, match="came damaged twice"):
        download.run()
    assert list(download.blobs.iterdir()) == []
    assert len(download.ranges) == 2


def test_a_corrupt_beginning_on_disk_is_found_at_the_end(download: Download) -> None:
    download.blobs.mkdir()
    download.part.write_bytes(b"x" * 1_000_000)
    download.run()
    assert download.is_whole()
    assert download.ranges == ["bytes=1000000-", None]


def test_a_part_longer_than_the_file_is_thrown_away(download: Download) -> None:
    download.blobs.mkdir()
    download.part.write_bytes(b"x" * (len(DATA) + 1))
    download.run()
    assert download.ranges == [None]
    assert download.is_whole()


def test_a_server_that_ignores_ranges_sends_everything_again(download: Download) -> None:
    download.blobs.mkdir()
    download.part.write_bytes(DATA[:1_000_000])
    download.server.fault(NAME, ignores_range=True)
    download.run()
    assert download.is_whole()
    assert 0 in download.told


def test_a_range_that_was_not_asked_for_is_not_taken(download: Download) -> None:
    download.blobs.mkdir()
    download.part.write_bytes(DATA[:1_000_000])
    download.server.fault(NAME, wrong_range=True, times=1)
    download.run()
    assert download.is_whole()
    assert download.ranges == ["bytes=1000000-", None]


@pytest.mark.parametrize("said", ["bytes " + "9" * 5000 + "-9/9", "bytes */5", "bytes", "x"])
def test_a_range_that_says_nonsense_is_not_taken(download: Download, said: str) -> None:
    download.blobs.mkdir()
    download.part.write_bytes(DATA[:1_000_000])
    download.server.fault(NAME, range_said=said, times=1)
    download.run()
    assert download.is_whole()


def test_a_stop_while_the_part_is_read_leaves_no_file_open(download: Download) -> None:
    download.blobs.mkdir()
    download.part.write_bytes(DATA[:2_500_000])
    follower, file = Follower(is_cancelled=lambda: True), download.file()
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always")
        with pytest.raises(Cancelled):
            fetch(download.hub, download.repository, file, download.blobs, follower)
        gc.collect()
    assert not [each.message for each in left_open if each.category is ResourceWarning]
    assert download.part.stat().st_size == 2_500_000


def test_more_bytes_than_promised_are_cut_off(download: Download) -> None:
    download.server.fault(NAME, surplus=b"x" * 500_000)
    download.run()
    assert download.is_whole()


def test_a_cancelled_download_keeps_its_bytes(download: Download) -> None:
    with pytest.raises(Cancelled, match="goes on there"):
        download.run(stop_at=1_000_000)
    assert 1_000_000 <= download.part.stat().st_size < len(DATA)
    kept = download.part.stat().st_size
    download.run()
    assert download.ranges == [None, f"bytes={kept}-"]
    assert download.is_whole()


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_in_the_middle_is_a_sentence(download: Download, status: int) -> None:
    download.server.fault(NAME, status=status)
    with pytest.raises(WeightsError, match="owner/name"):
        download.run()
    assert not download.time.slept


def test_trouble_of_the_hub_is_waited_for(download: Download) -> None:
    download.server.fault(NAME, status=503, retry_after="7", times=2)
    download.run()
    assert download.is_whole()
    assert sum(download.time.slept) == pytest.approx(14)


def test_the_token_goes_to_the_hub_and_never_to_the_server_it_sends_on_to(
    server: LocalHub, tmp_path: Path
) -> None:
    Download(server, tmp_path / "blobs", token="hf_good").run()
    (at_hub,), (at_cdn,) = server.asked(NAME, "hub"), server.asked(NAME, "cdn")
    assert at_hub.headers["authorization"] == "Bearer hf_good"
    assert "authorization" not in at_cdn.headers
    assert "hf_good" not in str(at_cdn)


def test_a_folder_that_cannot_be_written_is_said(download: Download) -> None:
    download.blobs.write_bytes(b"a file where the folder should be")
    with pytest.raises(WeightsError, match="cannot be written"):
        download.run()


RUN = """
import sys
from pathlib import Path
from fooocus_lite.weights.fetch import Follower, fetch
from fooocus_lite.weights.hub import Hub
hub = Hub(sys.argv[1])
repository = hub.repository("owner/name")
fetch(hub, repository, repository.file("unet/model.safetensors"), Path(sys.argv[2]), Follower())
"""


def program(download: Download, before: str = "") -> list[str]:
    return [sys.executable, "-c", before + RUN, download.server.endpoint, str(download.blobs)]


def environment() -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "0", "PYTHONPATH": str(Path(__file__).parent.parent)}


def test_a_killed_process_loses_nothing_that_was_written(download: Download) -> None:
    download.server.fault(NAME, stall_at=2_500_000)
    with subprocess.Popen(program(download), env=environment()) as killed:
        until = real_time.monotonic() + 120
        while not download.part.exists() or download.part.stat().st_size < 500_000:
            assert killed.poll() is None
            assert real_time.monotonic() < until
            real_time.sleep(0.01)
        killed.send_signal(signal.SIGKILL)
    kept = download.part.stat().st_size
    download.server.heal()
    download.run()
    assert download.ranges == [f"bytes={kept}-"]
    assert download.is_whole()


def test_a_full_disk_is_said_and_what_came_is_kept(download: Download) -> None:
    pytest.importorskip("resource")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2**21, 2**21))\n"
    done = subprocess.run(
        program(download, limit), env=environment(), capture_output=True, text=True
    )
    assert "The disk is full" in done.stderr
    assert download.part.stat().st_size == 2**21
    download.run()
    assert download.is_whole()
