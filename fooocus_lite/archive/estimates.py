"""How long things took on this machine, corrected by every run: what a forecast is made from."""

from dataclasses import dataclass

from ..thinking.forecast import Size, Timing
from .database import Database

NEWEST = 0.5
"""How much of a new reading counts: what else a machine does changes within minutes."""


@dataclass(frozen=True)
class Setting:
    """What a time is true of: a device, a model's name and the label of its memory plan."""

    device: str
    model: str
    plan: str


class Estimates:
    """Seconds of steps and of loading, per setting."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, setting: Setting, size: Size, timing: Timing) -> None:
        """Adds a finished picture's times. Raises DiskError."""
        with self._database.transaction() as connection:
            connection.execute(
                """INSERT INTO timings VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)
                ON CONFLICT DO UPDATE SET
                    seconds_per_step = seconds_per_step + (?7 - seconds_per_step) * ?9,
                    beside_s = beside_s + (?8 - beside_s) * ?9,
                    runs = runs + 1""",
                (*_key(setting), *size, timing.seconds_per_step, timing.beside_s, NEWEST),
            )

    def note_load(self, setting: Setting, seconds: float) -> None:
        """Adds how long the model took to load. Raises DiskError."""
        with self._database.transaction() as connection:
            connection.execute(
                """INSERT INTO load_times VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO UPDATE SET seconds = seconds + (?4 - seconds) * ?5""",
                (*_key(setting), seconds, NEWEST),
            )

    def timings(self, setting: Setting) -> dict[Size, Timing]:
        """Every size that was made, with its times."""
        rows = self._database.connection().execute(
            """SELECT width, height, batch, seconds_per_step, beside_s FROM timings
            WHERE device = ? AND model = ? AND plan = ?""",
            _key(setting),
        )
        return {tuple(row)[:3]: Timing(*tuple(row)[3:]) for row in rows}

    def load_s(self, setting: Setting) -> float | None:
        """Seconds that loading takes; None when it was never loaded so."""
        row = (
            self._database.connection()
            .execute(
                "SELECT seconds FROM load_times WHERE device = ? AND model = ? AND plan = ?",
                _key(setting),
            )
            .fetchone()
        )
        return None if row is None else float(row[0])


def _key(setting: Setting) -> tuple[str, str, str]:
    return setting.device, setting.model, setting.plan
