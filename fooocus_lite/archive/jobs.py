"""The job store: a job is on disk before anybody is told that it is accepted, and ends once.

Threads and programs share one database. Nothing here knows a device; the lane asks for work and
tells how it goes, the doors ask for a stop or a skip. Every picture index counts from 0.
"""

import logging
import secrets
import sqlite3
import statistics
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import ValidationError

from ..errors import NotFound
from ..events import FINAL_STATES, JobError, JobState, Picture
from ..recipe import ImageRequest, Recipe
from . import audit, index, line
from .database import Database
from .ending import IS_FINAL, Recovery, finish, recover_all
from .job import Job, Wish, job_from, text_of
from .terms import Terms

log = logging.getLogger(__name__)

NO_WISH_BUT_STOP = Wish(stop=True, skip=False)


class JobStore:
    """The line of jobs in a database. Picture paths below `base` are kept relative to it."""

    def __init__(
        self,
        database: Database,
        base: Path,
        line_limit: int = 1_000,
        waiting_per_owner: int = 20,
    ) -> None:
        self._database = database
        self._base = base
        self._line_limit = line_limit
        self._waiting_per_owner = waiting_per_owner

    # What the doors ask

    def add(
        self,
        owner: str,
        request: ImageRequest,
        recipes: Sequence[Recipe],
        priority: int = 0,
        terms: Terms | None = None,
    ) -> Job:
        """A new job, on the disk before this returns. Higher `priority` is served first.

        `terms`: what holds for this owner beside the limits of the line. Raises BadRequest when the
        line is full, TooMany when the owner has too much waiting or this hour, DiskError when the
        database cannot be written, ValueError without recipes.
        """
        if not recipes:
            raise ValueError("A job needs at least one recipe.")
        job = Job(
            id=secrets.token_hex(16),
            owner=owner,
            state="blocked" if terms and terms.refused else "queued",
            request=request,
            recipes=tuple(recipes),
            attempts=0,
            priority=priority,
            created=time.time(),
            error=terms.refused if terms else None,
        )
        with self._database.transaction(durable=True) as connection:
            if job.state == "queued":
                self._admit(connection, job, terms)
            turn = line.turn_for(connection, owner, len(recipes), terms.weight if terms else 1.0)
            connection.execute(
                """INSERT INTO jobs (id, owner, state, priority, turn, created, remaining, error)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                (job.id, owner, job.state, priority, turn, job.created, len(recipes),
                 text_of(job.error)),
            )  # fmt: skip
            if terms is not None:
                audit.write(connection, terms.entry(job))
            connection.execute(
                "INSERT INTO requests VALUES (?, ?)", (job.id, request.model_dump_json())
            )
            connection.executemany(
                "INSERT INTO recipes (job_id, picture_index, recipe) VALUES (?, ?, ?)",
                [(job.id, place, each.model_dump_json()) for place, each in enumerate(recipes)],
            )
        return job

    def _admit(self, connection: sqlite3.Connection, job: Job, terms: Terms | None) -> None:
        """Raises BadRequest when there is no room in the line for it, or for more of its owner."""
        waiting = self._waiting_per_owner
        if terms is not None and terms.waiting_jobs is not None:
            waiting = min(waiting, terms.waiting_jobs)
        line.check_room(connection, job.owner, self._line_limit, waiting)
        if terms is not None and terms.pictures_per_hour is not None:
            audit.check_quota(connection, terms.account, len(job.recipes), terms.pictures_per_hour)

    def get(self, job_id: str, owner: str | None = None) -> Job:
        """The job as it stands; with `owner`, a stranger's job is not found either."""
        connection = self._database.connection()
        row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if row is None or (owner is not None and row["owner"] != owner):
            raise NotFound(f"There is no job “{job_id[:64]}”. Start it again.", field="id")
        (request,) = connection.execute(
            "SELECT request FROM requests WHERE job_id = ?", (job_id,)
        ).fetchone()
        recipes = connection.execute(
            """SELECT picture_index, recipe, outcome FROM recipes WHERE job_id = ?
            ORDER BY picture_index""",
            (job_id,),
        ).fetchall()
        return job_from(row, request, recipes)

    def active(self, owner: str | None) -> tuple[str, ...]:
        """Ids of the owner's unfinished jobs, in the order they run; None is everybody."""
        return line.ids_unfinished(self._database.connection(), owner)

    def waiting(self) -> tuple[str, ...]:
        """Ids of all waiting jobs, next one first."""
        return line.ids_waiting(self._database.connection())

    def position(self, job_id: str) -> int | None:
        """1 is next; None when the job is not waiting."""
        place = line.place_of(self._database.connection(), job_id)
        return None if place is None else place[0] + 1

    def pictures_ahead(self, job_id: str) -> int:
        """Pictures to be made before this job's first, those being made now included."""
        place = line.place_of(self._database.connection(), job_id)
        return 0 if place is None else place[1]

    def seconds_per_picture(self) -> float | None:
        """The median of the latest 20 pictures; None until one was made."""
        rows = self._database.connection().execute(
            """SELECT cook_s FROM pictures WHERE cook_s IS NOT NULL
            ORDER BY created DESC LIMIT 20"""
        )
        times = [row["cook_s"] for row in rows]
        return statistics.median(times) if times else None

    def pictures_of(self, job_id: str) -> tuple[Picture, ...]:
        """The job's pictures so far, by index, also those whose file is gone."""
        rows = self._database.connection().execute(
            "SELECT * FROM pictures WHERE job_id = ? ORDER BY picture_index", (job_id,)
        )
        found = (index.picture_from(row, self._base) for row in rows)
        return tuple(each for each in found if each is not None)

    def request_stop(self, job_id: str) -> None:
        """Ends a waiting job at once; tells the lane at its next heartbeat otherwise."""
        with self._database.transaction() as connection:
            connection.execute(
                f"""UPDATE jobs SET stop_requested = 1,
                    state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END
                WHERE id = ? AND NOT {IS_FINAL}""",
                (job_id,),
            )

    def request_skip(self, job_id: str, picture_index: int) -> None:
        """Asks to leave this picture; without effect once the lane works at another one."""
        with self._database.transaction() as connection:
            connection.execute(
                """UPDATE jobs SET skip_requested = ?
                WHERE id = ? AND state IN ('loading', 'running')""",
                (picture_index, job_id),
            )

    # What the lane does

    def claim(self, only: Collection[str] | None = None) -> Job | None:
        """Takes the next job to make, queued -> loading, and counts the try; None when none waits.

        `only`: take one of these ids or none (a command line that makes only its own).
        """
        while True:
            with self._database.transaction() as connection:
                job_id = line.claim_next(connection, only)
            if job_id is None:
                return None
            try:
                return self.get(job_id)
            except ValidationError:
                # One unreadable row may not stop the line behind it.
                log.exception("Job %s cannot be read", job_id)
                self.finish(
                    job_id,
                    "failed",
                    JobError(
                        "failed",
                        "This job was written by another version of the program and cannot be "
                        "read. Start it again.",
                    ),
                )

    def heartbeat(
        self,
        job_id: str,
        picture_index: int,
        step: int,
        total_steps: int,
        seconds_per_step: float | None = None,
        stage: str | None = None,
    ) -> Wish:
        """Notes how far the lane is; returns what people asked for meanwhile.

        With a `stage` ("Loading the starter model") a job not yet running stays `loading`. A job
        that is no longer the lane's (ended, or put back) answers with a stop.
        """
        with self._database.transaction() as connection:
            row = connection.execute(
                """UPDATE jobs SET picture_index = ?1, step = ?2, total_steps = ?3,
                seconds_per_step = ?4, stage = ?5,
                state = CASE WHEN ?5 IS NULL THEN 'running' ELSE state END
            WHERE id = ?6 AND state IN ('loading', 'running')
            RETURNING stop_requested, skip_requested""",
                (picture_index, step, total_steps, seconds_per_step, stage, job_id),
            ).fetchall()
        if not row:
            return NO_WISH_BUT_STOP
        stop, skip = row[0]
        return Wish(stop=bool(stop), skip=skip == picture_index)

    def next_index(self, job_id: str) -> int | None:
        """The first picture neither made nor skipped; None when all are."""
        (found,) = (
            self._database.connection()
            .execute(
                "SELECT min(picture_index) FROM recipes WHERE job_id = ? AND outcome IS NULL",
                (job_id,),
            )
            .fetchone()
        )
        return None if found is None else int(found)

    def set_recipe(self, job_id: str, picture_index: int, recipe: Recipe) -> None:
        """Replaces a recipe by the one completed with revision and hashes."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE recipes SET recipe = ? WHERE job_id = ? AND picture_index = ?",
                (recipe.model_dump_json(), job_id, picture_index),
            )

    def add_picture(self, picture: Picture, cook_s: float | None = None) -> None:
        """Records a finished picture, on the disk before this returns; only the first one counts.

        `cook_s`: the seconds it took, without loading.
        """
        with self._database.transaction(durable=True) as connection:
            index.insert(connection, picture, self._base, cook_s)
            _set_outcome(connection, picture.job_id, picture.index, "picture")

    def mark_skipped(self, job_id: str, picture_index: int) -> None:
        """Notes that this picture was left; the job goes on with the next."""
        with self._database.transaction() as connection:
            _set_outcome(connection, job_id, picture_index, "skipped")

    def finish(self, job_id: str, state: JobState, error: JobError | None = None) -> bool:
        """Gives the job its one final state; False, and nothing changed, when it has one."""
        if state not in FINAL_STATES:
            raise ValueError(f"“{state}” is no final state; there is {sorted(FINAL_STATES)}.")
        # Not durable: a job whose end a power cut took back is recovered at the next start.
        with self._database.transaction() as connection:
            return finish(connection, job_id, state, error)

    def release(self, job_id: str) -> None:
        """Puts a job back for the next start of the program; the try does not count.

        One that somebody asked to stop ends as cancelled instead.
        """
        with self._database.transaction() as connection:
            connection.execute(
                """UPDATE jobs SET attempts = max(0, attempts - 1), stage = NULL, step = 0,
                    state = CASE WHEN stop_requested THEN 'cancelled' ELSE 'queued' END
                WHERE id = ? AND state IN ('loading', 'running')""",
                (job_id,),
            )

    def recover(self, max_attempts: int = 3) -> Recovery:
        """Takes care of the jobs of a program that died. Only for whoever holds the device's lock.

        Back to the line, or `failed` after `max_attempts` tries, or what it was about to become.
        """
        with self._database.transaction(durable=True) as connection:
            return recover_all(connection, max_attempts)


def _set_outcome(
    connection: sqlite3.Connection, job_id: str, picture_index: int, outcome: str
) -> None:
    """Notes what became of a recipe, and starts the progress of the next one at 0."""
    connection.execute(
        "UPDATE recipes SET outcome = ? WHERE job_id = ? AND picture_index = ? AND outcome IS NULL",
        (outcome, job_id, picture_index),
    )
    connection.execute(
        """UPDATE jobs SET step = 0, remaining =
            (SELECT count(*) FROM recipes WHERE job_id = ?1 AND outcome IS NULL) WHERE id = ?1""",
        (job_id,),
    )
