"""The job store: a job is on disk before anybody is told that it is accepted, and ends once.

Threads and programs share one database. Nothing here knows a device; the lane asks for work and
tells how it goes, the doors ask for a stop or a skip. Every picture index counts from 0.
"""

import logging
import secrets
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from pydantic import ValidationError

from ..errors import NotFound
from ..events import FINAL_STATES, JobError, JobState, Picture
from ..recipe import ImageRequest, Recipe
from ..visitor import Priority, Spare
from . import audit, index, line, making, orphans
from .database import Database
from .ending import IS_FINAL, Recovery, finish, recover_all
from .job import Job, Wish, job_from
from .places import Place, Places
from .terms import Terms

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
TICK_S = 1.0
"""How often a heartbeat lets the line's time go on."""


class JobStore:
    """The line of jobs in a database. Picture paths below `base` are kept relative to it."""

    def __init__(
        self,
        database: Database,
        base: Path,
        line_limit: int = 1_000,
        waiting_per_owner: int = 20,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` measures how long jobs wait; no one sets it, unlike the time of day."""
        self._database = database
        self._base = base
        self._line_limit = line_limit
        self._waiting_per_owner = waiting_per_owner
        self._clock = clock
        self._ticked: float | None = None
        self._places = Places(database)

    # What the doors ask

    def add(
        self,
        owner: str,
        request: ImageRequest,
        recipes: Sequence[Recipe],
        priority: Priority | Spare = "fast",
        terms: Terms | None = None,
        picture_s: float | None = None,
    ) -> Job:
        """A new job, on the disk before this returns, in the class `priority` of the line.

        `terms`: what holds for this owner beside the limits of the line; `picture_s`: the seconds
        that each picture is expected to take. Raises BadRequest when the line is full, TooMany when
        the owner has too much waiting or this hour, DiskError when the database cannot be written,
        ValueError without recipes.
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
            self._admit(connection, job, terms)
            self._tick(connection)
            line.enter(connection, job, picture_s)
            if terms is not None:
                audit.write(connection, terms.entry(job))
        return job

    def _admit(self, connection: sqlite3.Connection, job: Job, terms: Terms | None) -> None:
        """Raises BadRequest when there is no room in the line for it, or for more of its owner."""
        waiting = self._waiting_per_owner
        if terms is not None and terms.waiting_jobs is not None:
            waiting = min(waiting, terms.waiting_jobs)
        if job.state == "queued":
            line.check_room(connection, job.owner, self._line_limit, waiting)
        if terms is not None and terms.pictures_per_hour is not None:
            pictures, per_hour = len(job.recipes), terms.pictures_per_hour
            audit.check_quota(connection, terms.account, pictures, per_hour, job.state == "blocked")

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

    def place(self, job_id: str) -> Place | None:
        """Where a waiting job stands in the line; None when it is not waiting."""
        return self._places.of(job_id)

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
                self._ticked = self._clock() if self._ticked is None else self._ticked
                self._tick(connection, at_least_s=0.0)
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
        picture_index: int | None,
        step: int,
        total_steps: int,
        seconds_per_step: float | None = None,
        stage: str | None = None,
    ) -> Wish:
        """Notes how far the lane is; returns what people asked for meanwhile.

        With a `stage` ("Loading the starter model") a job not yet running stays `loading`. Without
        a `picture_index` it is about the whole job, and no wish to skip is answered. A job that is
        no longer the lane's (ended, or put back) answers with a stop.
        """
        with self._database.transaction() as connection:
            self._tick(connection)
            return making.note_progress(
                connection, job_id, picture_index, step, total_steps, seconds_per_step, stage
            )

    def try_again(self, job_id: str, max_attempts: int = MAX_ATTEMPTS) -> int | None:
        """Counts another try of a job being made; its number, or None when it has had them all."""
        with self._database.transaction() as connection:
            return making.try_again(connection, job_id, max_attempts)

    def next_index(self, job_id: str) -> int | None:
        """The first picture neither made nor skipped; None when all are."""
        return making.next_index(self._database.connection(), job_id)

    def set_recipe(self, job_id: str, picture_index: int, recipe: Recipe) -> None:
        """Replaces a recipe by the one completed with revision and hashes."""
        with self._database.transaction() as connection:
            making.set_recipe(connection, job_id, picture_index, recipe)

    def expect_picture(self, job_id: str, picture_index: int, path: Path) -> None:
        """Notes where a picture is about to be saved, in case nobody can say so afterwards."""
        with self._database.transaction() as connection:
            orphans.expect(connection, job_id, picture_index, path, self._base)

    def add_picture(self, picture: Picture, cook_s: float | None = None) -> None:
        """Records a finished picture, on the disk before this returns; only the first one counts.

        `cook_s`: the seconds it took, without loading.
        """
        with self._database.transaction(durable=True) as connection:
            index.insert(connection, picture, self._base, cook_s)
            making.set_outcome(connection, picture.job_id, picture.index, "picture")

    def mark_skipped(self, job_id: str, picture_index: int) -> None:
        """Notes that this picture was left; the job goes on with the next."""
        with self._database.transaction() as connection:
            making.set_outcome(connection, job_id, picture_index, "skipped")

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
            making.release(connection, job_id)

    def recover(self, max_attempts: int = MAX_ATTEMPTS) -> Recovery:
        """Takes care of the jobs of a program that died. Only for whoever holds the device's lock.

        Back to the line, or `failed` after `max_attempts` tries, or what it was about to become.
        A picture that was saved but not recorded is recorded now.
        """
        with self._database.transaction(durable=True) as connection:
            orphans.adopt(connection, self._base)
            return recover_all(connection, max_attempts)

    def _tick(self, connection: sqlite3.Connection, at_least_s: float = TICK_S) -> None:
        """Lets the line's time go on, where this process is the one that serves it."""
        if self._ticked is None:
            return
        now = self._clock()
        if now - self._ticked >= at_least_s:
            line.tick(connection, now - self._ticked)
            self._ticked = now
