"""models/lock.json: what was taken first is what is used, and nothing of it is dropped silently."""

import hashlib
import json
import os
import threading
from pathlib import Path

import pytest

from fooocus_lite.errors import WeightsError
from fooocus_lite.weights import lock, snapshots

OLD, NEW = "a" * 40, "b" * 40
SHA = "0" * 64


def test_without_a_file_nothing_is_locked(tmp_path: Path) -> None:
    assert lock.read(tmp_path / "nowhere") == {}


def test_a_revision_is_recorded_with_its_files_and_variant(tmp_path: Path) -> None:
    lock.record(tmp_path, "owner/name", OLD, {"unet/a.safetensors": SHA}, "fp16")
    lock.record(tmp_path, "owner/name", OLD, {"unet/b.safetensors": SHA}, "")
    entry = lock.read(tmp_path)["owner/name"]
    assert entry.revision == OLD
    assert list(entry.files) == ["unet/a.safetensors", "unet/b.safetensors"]
    assert entry.revisions[OLD].variants == ("", "fp16")


def test_an_older_revision_stays_recorded_and_can_come_back(tmp_path: Path) -> None:
    lock.record(tmp_path, "owner/name", OLD, {"a": SHA}, "fp16")
    lock.record(tmp_path, "owner/name", NEW, {"b": SHA}, "fp16")
    assert lock.read(tmp_path)["owner/name"].revision == NEW
    lock.record(tmp_path, "owner/name", OLD)
    assert dict(lock.read(tmp_path)["owner/name"].files) == {"a": SHA}


def test_the_file_reads_as_repository_revision_file_sha256(tmp_path: Path) -> None:
    lock.record(tmp_path, "owner/name", OLD, {"a": SHA})
    said = json.loads((tmp_path / "lock.json").read_text(encoding="utf-8"))
    assert said["repositories"]["owner/name"]["revisions"][OLD]["files"] == {"a": SHA}


def test_a_forgotten_repository_leaves_the_others(tmp_path: Path) -> None:
    lock.record(tmp_path, "owner/name", OLD, {"a": SHA})
    lock.record(tmp_path, "owner/other", OLD, {"a": SHA})
    lock.forget(tmp_path, "owner/name")
    lock.forget(tmp_path, "owner/never")
    assert list(lock.read(tmp_path)) == ["owner/other"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 2}', '{"surprise": 1}', '{"repositories": {"o/r": {}}}',
     json.dumps({"repositories": {"o/r": {"revision": OLD, "revisions": {}}}}),
     json.dumps({"repositories": {"o/r": {"revision": "main", "revisions": {"main": {}}}}}),
     json.dumps({"repositories": {"o/r": {"revision": OLD, "revisions": {OLD: {
         "files": {"a": "short"}}}}}}),
     json.dumps({"repositories": {"o/r": {"revision": OLD, "revisions": {OLD: {
         "files": {"../../x": SHA}}}}}})],
)  # fmt: skip
def test_a_damaged_file_is_an_error_and_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lock.json"
    path.write_text(text, encoding="utf-8")
    for action in (
        lambda: lock.read(tmp_path),
        lambda: lock.record(tmp_path, "owner/name", OLD, {"a": SHA}),
        lambda: lock.forget(tmp_path, "owner/name"),
    ):
        with pytest.raises(WeightsError, match=r"models/lock\.json is damaged"):
            action()
    assert path.read_text(encoding="utf-8") == text


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    names = [f"owner/name{place}" for place in range(8)]
    threads = [
        threading.Thread(target=lock.record, args=(tmp_path, name, OLD, {"a": SHA}))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(lock.read(tmp_path)) == names
    assert sorted(file.name for file in tmp_path.iterdir()) == ["hub", "lock.json"]


def test_every_byte_is_read_again(tmp_path: Path) -> None:
    file = snapshots.snapshot_of(tmp_path, "owner/name", OLD) / "a.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    lock.record(tmp_path, "owner/name", OLD, {"a.json": hashlib.sha256().hexdigest()})
    entry = lock.read(tmp_path)["owner/name"]
    assert lock.problem(tmp_path, "owner/name", entry) is None
    file.write_bytes(b"x")
    heard: list[tuple[str, int, int]] = []
    found = lock.problem(tmp_path, "owner/name", entry, lambda *read: heard.append(read))
    assert "a.json is not the file" in str(found)
    assert heard == [("owner/name/a.json", 1, 1)]
    file.unlink()
    assert "is missing" in str(lock.problem(tmp_path, "owner/name", entry))


def test_in_use_is_what_is_locked_and_never_another_revision(tmp_path: Path) -> None:
    for revision in (OLD, NEW):
        snapshots.snapshot_of(tmp_path, "owner/name", revision).mkdir(parents=True)
        snapshots.snapshot_of(tmp_path, "owner/free", revision).mkdir(parents=True)
    for name in ("owner/name", "owner/free"):
        snapshots.point(tmp_path, name, NEW)
    lock.record(tmp_path, "owner/name", OLD, {"a": SHA})
    assert {name: each.name for name, each in lock.in_use(tmp_path).items()} == {
        "owner/name": OLD,
        "owner/free": NEW,
    }
    snapshots.snapshot_of(tmp_path, "owner/name", OLD).rmdir()
    assert list(lock.in_use(tmp_path)) == ["owner/free"]
    (tmp_path / "lock.json").write_text("{")
    assert lock.in_use(tmp_path)["owner/name"].name == NEW


def test_the_file_is_on_the_disk_before_it_counts(tmp_path: Path, monkeypatch) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda file: (order.append("on the disk"), fsync(file)))
    monkeypatch.setattr(
        Path, "replace", lambda part, to: (order.append(to.name), replace(part, to))[1]
    )
    lock.record(tmp_path, "owner/name", "a" * 40)
    assert order == ["on the disk", "lock.json"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["hub", "lock.json"]
