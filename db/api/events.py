"""What has happened to a job, in order. Triggers of the database write it down while the API is served."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from db.sqlite.rows import Rows
from db.states import JobId, State

SWITCH = "api"
"""The key in ``meta``: events are written down while its value is "on"."""

DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Happened:
    """Something that has happened to a job.

    Attributes:
        number: counted from 1 for each job.
        type: such as "job.started".
        state: of the job, when it happened.
        at: Unix seconds.
    """

    number: int
    type: str
    state: State
    at: float


class JobEvents(Rows):
    """The part of the queue that remembers what has happened to jobs."""

    async def switch(self, *, on: bool) -> None:
        """Write down what happens from now on, or stop doing so and forget it."""

        def transaction(connection: sqlite3.Connection) -> None:
            connection.execute(
                "REPLACE INTO meta (key, value) VALUES (?, ?)", (SWITCH, "on" if on else "off")
            )
            if not on:
                connection.execute("DELETE FROM job_event")

        await self._db.write(transaction)

    async def after(self, job: JobId, number: int) -> list[Happened]:
        """Return what has happened to a job after the event of this number, the oldest first."""
        rows = await self._db.read(
            "SELECT * FROM job_event WHERE job = ? AND number > ? ORDER BY number", (job, number)
        )
        return [
            Happened(number=row["number"], type=row["type"], state=State(row["state"]), at=row["at"])
            for row in rows
        ]

    async def drop_old(self, days: float) -> None:
        """Forget the events of jobs that ended more than so many days ago."""
        await self._changes(
            "DELETE FROM job_event WHERE job IN (SELECT id FROM job WHERE ended_at < ?)",
            (self._clock() - days * DAY,),
        )
