"""One SQLite file with everything the program must not forget, and one connection per thread to it.

Knows nothing of what is in it. For a local disk: SQLite's locks are not safe on NFS.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path

from ..errors import DiskBusy, DiskError, FooocusLiteError
from .migrations import MIGRATIONS

BUSY_TIMEOUT_MS = 5_000
DAMAGE = ("malformed", "not a database", "file is encrypted", "unsupported file format")
DISK_TROUBLE = {
    sqlite3.SQLITE_BUSY: "another program keeps it busy. Wait a moment",
    sqlite3.SQLITE_FULL: "the disk is full. Free some space",
    sqlite3.SQLITE_READONLY: "it cannot be written. Give yourself the right to write there",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened. Give yourself the right to write there",
    sqlite3.SQLITE_IOERR: "the disk answers with an error. Check the disk",
}


class Database:
    """An open database. `notices` are sentences a person should see once."""

    def __init__(self, path: Path, notices: tuple[str, ...] = ()) -> None:
        self.path = path
        self.notices = notices
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._witness: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        # Writers of this process queue here: SQLite's own waiting sleeps, and is not fair.
        self._writing = threading.RLock()

    def connection(self) -> sqlite3.Connection:
        """The calling thread's own connection, in autocommit."""
        thread = threading.current_thread()
        found = self._connections.get(thread)
        if found is None:
            found = _connect(self.path)
            with self._lock:
                self._close_those_of_ended_threads()
                self._connections[thread] = found
        return found

    def version(self) -> int:
        """Another number whenever something was written, by whichever thread or program."""
        with self._lock:
            if self._witness is None:
                # A connection that writes does not see its own changes as changes.
                self._witness = _connect(self.path)
            return int(self._witness.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def transaction(self, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """All or nothing; `durable` means that it is on the disk itself at the end.

        Without `durable` a commit survives a killed program but maybe not a power cut: right for
        progress, wrong for a job somebody was told is accepted. Raises DiskError for a full disk.
        Inside another one of the same thread it is a part of that one.
        """
        connection = self.connection()
        is_inside = connection.in_transaction
        if is_inside:
            yield connection
            return
        with self._writing:
            try:
                if durable:
                    connection.execute("PRAGMA synchronous=FULL")
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                finally:
                    if durable:
                        connection.execute("PRAGMA synchronous=NORMAL")
            except sqlite3.OperationalError as error:
                raise _readable(error, self.path) from None

    def close(self) -> None:
        """Closes the connections of every thread; nobody may be using one."""
        with self._lock:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()
            if self._witness is not None:
                self._witness.close()
                self._witness = None

    def _close_those_of_ended_threads(self) -> None:
        for thread in [each for each in self._connections if not each.is_alive()]:
            self._connections.pop(thread).close()


def open_database(path: Path) -> Database:
    """The database at `path`, made or brought up to date; a damaged one is set aside and said so.

    Raises DiskError when the folder cannot be written, FooocusLiteError when the file is of a newer
    version of the program.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _prepare(path)
            return Database(path)
        except sqlite3.DatabaseError as error:
            if not any(sign in str(error) for sign in DAMAGE):
                raise
        aside = _set_aside(path)
        _prepare(path)
    except (sqlite3.OperationalError, OSError) as error:
        raise _readable(error, path) from None
    return Database(
        path,
        (
            f"The database {path.name} was damaged and is now {aside.name}; a new one was made. "
            "Jobs that were waiting are lost. Pictures are safe: get them back into the history "
            "with “history rebuild”.",
        ),
    )


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _prepare(path: Path) -> None:
    """Checks the file, switches on the write-ahead log and runs the missing migrations."""
    with closing(_connect(path)) as connection:
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("database disk image is malformed")
        _use_write_ahead_log(connection)
        if _version(connection) == len(MIGRATIONS):
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            _migrate(connection, path)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    # SQLite does not always wait its busy timeout for this one when two programs start at once.
    for attempt in range(50):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == 49:
                raise
            time.sleep(0.1)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    # Read again inside the lock: another program may have migrated meanwhile.
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise FooocusLiteError(
            f"The database {path.name} has version {version}; this program knows versions up to "
            f"{len(MIGRATIONS)}. Update the program, or move the file away to start afresh."
        )
    for statement in chain.from_iterable(MIGRATIONS[version:]):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")


def _set_aside(path: Path) -> Path:
    """Renames the file with its log; returns the new name."""
    number = 1
    while path.with_name(f"{path.name}.damaged-{number}").exists():
        number += 1
    aside = path.with_name(f"{path.name}.damaged-{number}")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        extra = path.with_name(path.name + suffix)
        if extra.exists():
            extra.rename(aside.with_name(aside.name + suffix))
    return aside


def _readable(error: sqlite3.OperationalError | OSError, path: Path) -> Exception:
    """A DiskError for what a person can mend; everything else as it came."""
    if isinstance(error, OSError):
        return DiskError(f"The database {path} cannot be used: {error.strerror}.")
    # The lower byte is the family of SQLite's extended code.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    trouble = DISK_TROUBLE.get(code)
    if trouble is None:
        return error
    kind = DiskBusy if code == sqlite3.SQLITE_BUSY else DiskError
    return kind(f"The database {path} cannot be used: {trouble}, then try again.")
