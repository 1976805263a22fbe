import sqlite3
import threading
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest

from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.migrations import MIGRATIONS
from fooocus_lite.errors import DiskError, FooocusLiteError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "archive.sqlite"


def test_a_new_database_has_the_newest_tables_and_a_write_ahead_log(path: Path) -> None:
    database = open_database(path)
    connection = database.connection()
    assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert database.notices == ()
    database.close()


def test_opening_again_keeps_what_is_there(path: Path) -> None:
    database = open_database(path)
    database.connection().execute("INSERT INTO requests VALUES ('a', 'b')")
    database.close()
    again = open_database(path)
    assert again.connection().execute("SELECT count(*) FROM requests").fetchone()[0] == 1
    again.close()


@pytest.mark.parametrize("damage", ["text", "truncated", "middle"])
def test_a_damaged_database_is_set_aside_and_said(path: Path, damage: str) -> None:
    database = open_database(path)
    with database.transaction() as connection:
        connection.executemany(
            "INSERT INTO requests VALUES (?, ?)", [(str(n), "x" * 500) for n in range(300)]
        )
    database.close()
    good = path.read_bytes()
    bad = {
        "text": b"this is no database " * 100,
        "truncated": good[: len(good) // 2],
        "middle": good[:4096] + b"\xa5" * 40_000 + good[44_096:],
    }[damage]
    path.write_bytes(bad)
    path.with_name(path.name + "-wal").write_bytes(b"")
    again = open_database(path)
    aside = path.with_name(path.name + ".damaged-1")
    assert aside.read_bytes() == bad
    assert "history rebuild" in again.notices[0]
    assert aside.name in again.notices[0]
    assert again.connection().execute("SELECT count(*) FROM jobs").fetchone()[0] == 0
    again.close()


def test_a_second_damaged_database_keeps_the_first(path: Path) -> None:
    path.parent.mkdir()
    for number in (1, 2):
        path.write_bytes(b"nonsense %d" % number * 100)
        open_database(path).close()
        path.unlink()
    assert path.with_name(path.name + ".damaged-1").read_bytes().startswith(b"nonsense 1")
    assert path.with_name(path.name + ".damaged-2").read_bytes().startswith(b"nonsense 2")


def test_a_database_of_a_newer_program_is_refused_and_untouched(path: Path) -> None:
    open_database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(FooocusLiteError, match=r"version 99.*Update"):
        open_database(path)
    assert [each.name for each in path.parent.iterdir() if "damaged" in each.name] == []


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    with pytest.raises(DiskError, match="cannot be used"):
        open_database(tmp_path / "state" / "archive.sqlite")


def test_a_full_disk_is_a_sentence_and_nothing_is_half_written(path: Path) -> None:
    database = open_database(path)
    connection = database.connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DiskError, match="the disk is full"), database.transaction() as open_one:
        open_one.executemany(
            "INSERT INTO requests VALUES (?, ?)", [(str(n), "x" * 9_000) for n in range(50)]
        )
    assert connection.execute("SELECT count(*) FROM requests").fetchone()[0] == 0
    database.close()


def test_each_thread_has_its_own_connection_and_ended_ones_are_closed(path: Path) -> None:
    database = open_database(path)
    seen: list[sqlite3.Connection] = []
    for _ in range(5):
        thread = threading.Thread(target=lambda: seen.append(database.connection()))
        thread.start()
        thread.join()
    own = database.connection()
    assert len({id(each) for each in (*seen, own)}) == 6
    for connection in seen:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
    assert database.connection() is own
    database.close()


def test_jobs_of_the_version_before_wait_in_the_usual_class(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as old:
        for statement in chain.from_iterable(MIGRATIONS[:3]):
            old.execute(statement)
        old.execute(
            """INSERT INTO jobs (id, owner, state, priority, turn, created, remaining)
            VALUES ('a', 'anna', 'queued', 0, 1.0, 5.0, 2)"""
        )
        old.execute("PRAGMA user_version=3")
        old.commit()
    database = open_database(path)
    row = database.connection().execute("SELECT * FROM jobs").fetchone()
    assert (row["priority"], row["waiting_since"], row["picture_s"]) == ("fast", 0, None)
    assert row["promoted"] == float("inf")
    database.close()


def test_the_version_tells_of_every_write_by_whichever_thread_or_program(path: Path) -> None:
    database, other = open_database(path), open_database(path)
    before = database.version()
    assert database.version() == before
    for writer in (database, other):
        with writer.transaction() as connection:
            connection.execute("UPDATE line_clock SET seconds = seconds + 1")
        assert database.version() != before
        before = database.version()
    database.close()
    other.close()
