"""Sheets: pictures of discarded takes, with what the gate found where."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from db.jobs.claims import running_under
from db.sqlite.rows import Rows
from db.states import JobId


class Sheets(Rows):
    """The part of the queue that remembers the sheets of discarded takes."""

    async def save(
        self, job: JobId, claim: int, sheets: Mapping[int, str], *, worker: str | None = None
    ) -> bool:
        """Store the sheets of the takes that a claim discarded; they replace those of an earlier claim.

        Args:
            job: a job that runs.
            claim, worker: the number of its claim, and whose it is; None: an engine's of the bot's own.
            sheets: take → hex digest of a blob.

        Returns:
            False where the claim is stale, and nothing was written.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            if running_under(connection, job, claim, worker) is None:
                return False
            connection.execute("DELETE FROM sheet WHERE job = ?", (job,))
            connection.executemany(
                "INSERT INTO sheet (job, take, sha256, at) VALUES (?, ?, ?, ?)",
                [(job, take, digest, at) for take, digest in sheets.items()],
            )
            return True

        return await self._db.write(transaction)

    async def of_job(self, job: JobId) -> dict[int, str]:
        """Take → digest, in the order of the takes; nothing of a clip that was taken down."""
        rows = await self._db.read(
            "SELECT sheet.take, sheet.sha256 FROM sheet JOIN job ON job.id = sheet.job "
            "WHERE sheet.job = ? AND job.deleted_at IS NULL ORDER BY sheet.take",
            (job,),
        )
        return {row["take"]: row["sha256"] for row in rows}
