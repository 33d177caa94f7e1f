"""Rows of the table ``job``: how one is read, and the one way in which its state changes."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Collection, Iterable
from typing import Any

from db.jobs.job import Job
from db.sqlite.connection import Parameters
from db.sqlite.rows import Rows, fetch_one
from db.states import JobId, State, check_move, sql_list

_FIELDS = [field.name for field in dataclasses.fields(Job)]
_BOOLS = (
    *("cancel_requested", "status_final", "adult", "spoiler", "looked_at", "choosing", "chosen_late"),
    *("private", "answer_only"),
)


class JobRows(Rows):
    """Rows of the table ``job``."""

    async def recipes_of_clips(self, digests: Collection[str]) -> dict[str, str]:
        """Digest of a finished clip → the recipe that it was made from, where a row still knows it."""
        rows = await self._db.read(
            "SELECT clip_sha256, recipe FROM job WHERE forgotten_at IS NULL "
            "AND clip_sha256 IN (SELECT value FROM json_each(?)) ORDER BY seq DESC",
            (json.dumps(list(digests)),),
        )
        return {row["clip_sha256"]: row["recipe"] for row in rows}

    async def _jobs(self, sql: str, parameters: Parameters = ()) -> list[Job]:
        return [job_from(row) for row in await self._db.read(sql, parameters)]


def job_from(row: sqlite3.Row) -> Job:
    """Read a row that holds at least all columns of a job."""
    values: dict[str, Any] = {name: row[name] for name in _FIELDS}
    values["state"] = State(values["state"])
    for name in ("inputs", "faults"):
        values[name] = json.loads(values[name])
    for name in _BOOLS:
        values[name] = bool(values[name])
    return Job(**values)


def find(connection: sqlite3.Connection, job: JobId) -> Job | None:
    """Return the job as it is now."""
    row = fetch_one(connection, "SELECT * FROM job WHERE id = ?", (job,))
    return None if row is None else job_from(row)


def transition(
    connection: sqlite3.Connection,
    job: JobId,
    new: State,
    *,
    sources: Iterable[State],
    claim: int | None = None,
    **columns: object,
) -> Job | None:
    """Move a job, if it is in one of ``sources`` and, where a claim is given, still under that claim.

    Args:
        columns: written in the same statement.

    Returns:
        The job after the move, or None where the state or the claim did not fit and nothing was written.

    Raises:
        InvalidMove: a source from which this move is never allowed, a bug.
    """
    states = list(sources)
    for old in states:
        check_move(job, old, new)
    assignments = "".join(f", {name} = :{name}" for name in columns)
    fence = "" if claim is None else " AND claim = :fence"
    row = fetch_one(
        connection,
        f"UPDATE job SET state = :new{assignments} "
        f"WHERE id = :job AND state IN ({sql_list(states)}){fence} RETURNING *",
        {**columns, "new": new, "job": job, "fence": claim},
    )
    return None if row is None else job_from(row)
