"""Who did what, when, and how it went; and from that, how much somebody has used of late.

A prompt is kept here only when the setting `audit_prompts` says so.
"""

import logging
import sqlite3
import time
from dataclasses import dataclass

from ..errors import DiskError, TooMany
from .database import Database

log = logging.getLogger(__name__)
HOUR_S = 3600.0
KEPT_S = 90 * 24 * 3600.0
MAX_ROWS = 1_000_000


@dataclass(frozen=True)
class Entry:
    """One line. `subject` is the id or name it was about; `pictures` were asked for by it."""

    who: str
    action: str
    outcome: str = "done"
    subject: str = ""
    pictures: int = 0
    prompt: str | None = None
    at: float = 0.0


@dataclass(frozen=True)
class Usage:
    """What one account asked for: jobs and pictures in all, and pictures in the last hour."""

    who: str
    jobs: int
    pictures: int
    last_hour: int


class Audit:
    """The audit log in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, entry: Entry) -> None:
        """Adds a line; forgets those older than 90 days now and then."""
        with self._database.transaction() as connection:
            number = write(connection, entry)
            if number % 1_000 == 0:
                connection.execute(
                    "DELETE FROM audit WHERE at < ? OR number <= ?",
                    (time.time() - KEPT_S, number - MAX_ROWS),
                )

    def try_note(self, entry: Entry) -> None:
        """`note` about something that is done already: a disk in trouble loses only this line."""
        try:
            self.note(entry)
        except (DiskError, sqlite3.Error) as error:
            log.warning("“%s” could not be written down: %s", entry.action, error)

    def latest(self, limit: int = 100, who: str | None = None) -> list[Entry]:
        """The newest lines first; with `who` only theirs. How a job ended is its outcome."""
        rows = self._database.connection().execute(
            """SELECT audit.*, coalesce(jobs.state, audit.outcome) AS ending
            FROM audit LEFT JOIN jobs ON jobs.id = audit.subject
            WHERE ?1 IS NULL OR who = ?1 ORDER BY audit.number DESC LIMIT ?2""",
            (who, limit),
        )
        return [
            Entry(
                who=row["who"],
                action=row["action"],
                outcome=row["ending"],
                subject=row["subject"],
                pictures=row["pictures"],
                prompt=row["prompt"],
                at=row["at"],
            )
            for row in rows
        ]

    def pictures_this_hour(self, who: str) -> int:
        """How many of its hourly pictures an account has used."""
        return sum(row["pictures"] for row in _of_this_hour(self._database.connection(), who))

    def usage(self) -> list[Usage]:
        """Everybody who asked for pictures, the busiest first."""
        rows = self._database.connection().execute(
            """SELECT who, count(*) AS jobs, sum(pictures) AS pictures,
                sum(CASE WHEN at > ? THEN pictures ELSE 0 END) AS last_hour
            FROM audit WHERE action = 'generate' AND outcome = 'accepted'
            GROUP BY who ORDER BY pictures DESC""",
            (time.time() - HOUR_S,),
        )
        return [
            Usage(row["who"], row["jobs"], row["pictures"], row["last_hour"] or 0) for row in rows
        ]


def write(connection: sqlite3.Connection, entry: Entry) -> int:
    """Adds a line within a transaction; its number."""
    cursor = connection.execute(
        """INSERT INTO audit (at, who, action, outcome, subject, pictures, prompt)
        VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (
            entry.at or time.time(),
            entry.who,
            entry.action,
            entry.outcome,
            entry.subject,
            entry.pictures,
            entry.prompt,
        ),
    )
    return int(cursor.lastrowid or 0)


def check_quota(
    connection: sqlite3.Connection,
    who: str,
    pictures: int,
    per_hour: int,
    are_refused: bool = False,
) -> None:
    """Raises TooMany when these pictures are more than the account has left for this hour.

    `are_refused`: they break a rule and take nothing from the hour, but nobody fills the disk with
    such orders either: together with what was granted they may be no more.
    """
    rows = _of_this_hour(connection, who, also="blocked" if are_refused else "accepted")
    left = per_hour - sum(row["pictures"] for row in rows)
    if pictures <= left:
        return
    if pictures > per_hour:
        raise TooMany(
            f"You may make {per_hour:,} pictures an hour; this asks for {pictures:,} at once. Ask "
            "for fewer.",
            field="count",
            allowed=[per_hour],
        )
    retry_after_s, coming = HOUR_S, left
    for row in rows:
        coming += row["pictures"]
        if coming >= pictures:
            retry_after_s = row["at"] + HOUR_S - time.time()
            break
    raise TooMany(
        f"You may make {per_hour:,} pictures an hour and have {max(left, 0):,} left. Try again in "
        f"{_minutes(retry_after_s)}.",
        field="count",
        retry_after_s=retry_after_s,
    )


def _of_this_hour(
    connection: sqlite3.Connection, who: str, also: str = "accepted"
) -> list[sqlite3.Row]:
    """What the account was granted in the last hour, the oldest first; `also` this outcome."""
    now = time.time()
    # Lines from the future were written before the clock was set back; they no longer count.
    return connection.execute(
        """SELECT at, pictures FROM audit WHERE who = ? AND at > ? AND at <= ?
            AND action = 'generate' AND outcome IN ('accepted', ?) ORDER BY at, number""",
        (who, now - HOUR_S, now, also),
    ).fetchall()


def _minutes(seconds: float) -> str:
    minutes = max(1, -int(-seconds // 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"
