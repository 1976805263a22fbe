"""Logins that outlive the program. Only the hash of a token is kept. Knows no password."""

import time

from .database import Database

DAY_S = 24 * 3600.0
WEEK_S = 7 * DAY_S
MAX_PER_USER = 50


class Sessions:
    """The logins in a database. A `stamp` that is no longer the user's ends its logins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, token_hash: str, name: str, stamp: str) -> None:
        """Keeps a login for a week; a user's oldest ones beyond 50 end."""
        now = time.time()
        with self._database.transaction(durable=True) as connection:
            connection.execute("DELETE FROM sessions WHERE expires <= ?", (now,))
            connection.execute(
                "INSERT INTO sessions (token, name, stamp, expires) VALUES (?, ?, ?, ?)",
                (token_hash, name, stamp, now + WEEK_S),
            )
            connection.execute(
                """DELETE FROM sessions WHERE name = ?1 AND number NOT IN (SELECT number
                    FROM sessions WHERE name = ?1 ORDER BY number DESC LIMIT ?2)""",
                (name, MAX_PER_USER),
            )

    def find(self, token_hash: str) -> tuple[str, str] | None:
        """(name, stamp) of a login that has not ended."""
        now = time.time()
        # One that lasts much longer than a week was made before the clock was set back.
        row = (
            self._database.connection()
            .execute(
                "SELECT name, stamp FROM sessions WHERE token = ? AND expires BETWEEN ? AND ?",
                (token_hash, now, now + WEEK_S + DAY_S),
            )
            .fetchone()
        )
        return None if row is None else (row["name"], row["stamp"])

    def end(self, token_hash: str) -> None:
        """Ends one login."""
        with self._database.transaction(durable=True) as connection:
            connection.execute("DELETE FROM sessions WHERE token = ?", (token_hash,))

    def end_all(self, name: str | None = None) -> int:
        """Ends every login of that user, or of everybody; how many there were."""
        with self._database.transaction(durable=True) as connection:
            return connection.execute(
                "DELETE FROM sessions WHERE ?1 IS NULL OR name = ?1", (name,)
            ).rowcount
