"""Members who still have to hear what became of their job: its message could not be edited."""

from __future__ import annotations

from db.jobs.job import Job
from db.jobs.rows import JobRows
from db.states import JobId, State

NEVER = 9e15
"""Unix seconds that do not come: what is told stays remembered, so that it is told once."""


class Owed(JobRows):
    """The part of the queue that remembers what still has to be said."""

    async def add_if_nothing_came(self, job: Job) -> None:
        """Remember a job that has ended without a clip. Of others there is nothing to say.

        An end that is remembered, or was told already, is not told again.
        """
        if job.state is State.DELIVERED or not job.state.ended:
            return
        now = self._clock()
        await self._changes(
            "INSERT INTO owed (job, user_id, at, due_at) VALUES (:job, :user, :ended, :now) "
            "ON CONFLICT (job) DO UPDATE SET at = :ended, due_at = :now, tries = 0 WHERE at < :ended",
            {"job": job.id, "user": job.user_id, "ended": job.ended_at or now, "now": now},
        )

    async def due(self) -> list[tuple[Job, int]]:
        """Return the jobs to speak of now, and how often that was tried."""
        rows = await self._db.read(
            "SELECT job, tries FROM owed WHERE due_at <= ? ORDER BY at", (self._clock(),)
        )
        tries = {row["job"]: row["tries"] for row in rows}
        marks = ", ".join("?" * len(tries))
        jobs = await self._jobs(f"SELECT * FROM job WHERE id IN ({marks}) ORDER BY seq", (*tries,))
        return [(job, tries[job.id]) for job in jobs]

    async def later(self, job: JobId, seconds: float) -> None:
        """It could not be said; try again after this many seconds."""
        await self._changes(
            "UPDATE owed SET tries = tries + 1, due_at = ? WHERE job = ?", (self._clock() + seconds, job)
        )

    async def said(self, job: JobId) -> None:
        """It was said, or cannot be said anywhere."""
        await self._changes("UPDATE owed SET due_at = ? WHERE job = ?", (NEVER, job))
