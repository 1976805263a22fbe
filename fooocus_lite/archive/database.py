"""One SQLite file with everything the program must not forget, and one connection per thread to it.

Knows the tables, nothing of what they mean. For a local disk: SQLite's locks are not safe on NFS.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import DiskError, FooocusLiteError

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
    for migration in MIGRATIONS[version:]:
        migration(connection)
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
    trouble = DISK_TROUBLE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    if trouble is None:
        return error
    return DiskError(f"The database {path} cannot be used: {trouble}, then try again.")


def _migration_1(connection: sqlite3.Connection) -> None:
    """Jobs with their recipes, and the index of pictures.

    Texts stand apart from `jobs`, so that a heartbeat rewrites a row of some hundred bytes.
    """
    for statement in (
        """CREATE TABLE jobs (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            owner TEXT NOT NULL,
            state TEXT NOT NULL,
            priority INTEGER NOT NULL,
            turn REAL NOT NULL,
            created REAL NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            is_started INTEGER NOT NULL DEFAULT 0,
            remaining INTEGER NOT NULL,
            picture_index INTEGER,
            step INTEGER NOT NULL DEFAULT 0,
            total_steps INTEGER NOT NULL DEFAULT 0,
            seconds_per_step REAL,
            stage TEXT,
            stop_requested INTEGER NOT NULL DEFAULT 0,
            skip_requested INTEGER,
            error TEXT)""",
        "CREATE INDEX jobs_line ON jobs (priority DESC, turn, number) WHERE state = 'queued'",
        "CREATE INDEX jobs_active ON jobs (state) WHERE state IN ('loading', 'running')",
        "CREATE INDEX jobs_owner ON jobs (owner, turn)",
        "CREATE INDEX jobs_waiting ON jobs (owner) WHERE state = 'queued'",
        "CREATE INDEX jobs_clock ON jobs (turn) WHERE is_started",
        "CREATE TABLE requests (job_id TEXT PRIMARY KEY, request TEXT NOT NULL)",
        """CREATE TABLE recipes (
            job_id TEXT NOT NULL,
            picture_index INTEGER NOT NULL,
            recipe TEXT NOT NULL,
            outcome TEXT,
            PRIMARY KEY (job_id, picture_index))""",
        """CREATE TABLE pictures (
            id TEXT NOT NULL PRIMARY KEY,
            job_id TEXT,
            picture_index INTEGER NOT NULL,
            owner TEXT NOT NULL,
            path TEXT NOT NULL,
            recipe TEXT NOT NULL,
            words TEXT NOT NULL,
            created REAL NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            is_saved INTEGER NOT NULL,
            cook_s REAL,
            UNIQUE (job_id, picture_index))""",
        "CREATE UNIQUE INDEX pictures_path ON pictures (path) WHERE is_saved",
        "CREATE INDEX pictures_created ON pictures (created)",
        "CREATE INDEX pictures_owner ON pictures (owner, created)",
    ):
        connection.execute(statement)


def _migration_2(connection: sqlite3.Connection) -> None:
    """How long steps and loading took, for forecasts."""
    for statement in (
        """CREATE TABLE timings (
            device TEXT NOT NULL,
            model TEXT NOT NULL,
            plan TEXT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            batch INTEGER NOT NULL,
            seconds_per_step REAL NOT NULL,
            beside_s REAL NOT NULL,
            runs INTEGER NOT NULL,
            PRIMARY KEY (device, model, plan, width, height, batch))""",
        """CREATE TABLE load_times (
            device TEXT NOT NULL,
            model TEXT NOT NULL,
            plan TEXT NOT NULL,
            seconds REAL NOT NULL,
            PRIMARY KEY (device, model, plan))""",
    ):
        connection.execute(statement)


def _migration_3(connection: sqlite3.Connection) -> None:
    """Logins, and who did what."""
    for statement in (
        """CREATE TABLE sessions (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            token TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            stamp TEXT NOT NULL,
            expires REAL NOT NULL)""",
        "CREATE INDEX sessions_name ON sessions (name)",
        """CREATE TABLE audit (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at REAL NOT NULL,
            who TEXT NOT NULL,
            action TEXT NOT NULL,
            outcome TEXT NOT NULL,
            subject TEXT NOT NULL,
            pictures INTEGER NOT NULL,
            prompt TEXT)""",
        "CREATE INDEX audit_who ON audit (who, at)",
    ):
        connection.execute(statement)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _migration_1,
    _migration_2,
    _migration_3,
)
