"""On which terms a job is taken: what its owner may have, and what is written down about it."""

from dataclasses import dataclass

from ..events import JobError
from .audit import Entry
from .job import Job


@dataclass(frozen=True)
class Terms:
    """`account` is what the quota counts. None: no limit but those of the line.

    With `refused` the job ends as `blocked` before it begins.
    """

    account: str
    pictures_per_hour: int | None = None
    waiting_jobs: int | None = None
    refused: JobError | None = None
    is_prompt_kept: bool = False

    def entry(self, job: Job) -> Entry:
        """The line of the audit log about this job."""
        return Entry(
            who=self.account,
            action="generate",
            outcome="blocked" if self.refused else "accepted",
            subject=job.id,
            pictures=len(job.recipes),
            prompt=job.request.prompt if self.is_prompt_kept else None,
        )
