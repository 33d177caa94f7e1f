"""How a job ends without a clip in its channel. In every case, its charge is given back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from enum import StrEnum

from db.jobs.fairness import refund
from db.jobs.job import Job
from db.jobs.rows import find, transition
from db.sqlite.rows import fetch_one
from db.states import WAITING, JobId, State


class CancelOutcome(StrEnum):
    """The result of a request to cancel.

    DONE: it is cancelled. ASKED: it runs, and is asked to stop. AGAIN: it was asked to stop before.
    TOO_LATE: it is being posted at this moment, or has ended. UNKNOWN: there is no such job.
    """

    DONE = "done"
    ASKED = "asked"
    AGAIN = "again"
    TOO_LATE = "too_late"
    UNKNOWN = "unknown"


def end(
    connection: sqlite3.Connection,
    job: JobId,
    state: State,
    *,
    now: float,
    sources: Iterable[State] = (State.RUNNING,),
    claim: int | None = None,
    **columns: object,
) -> Job | None:
    """Move a job to an end; None if its state or claim did not match, and nothing was written."""
    ended = transition(
        connection, job, state, sources=sources, claim=claim, ended_at=now, in_flight=0, **columns
    )
    if ended is not None:
        refund(connection, job)
        if ended.choosing:
            _end_drafts(connection, ended, now)
        if ended.status_final:  # the message that would tell it is gone
            connection.execute(
                "INSERT INTO owed (job, user_id, at, due_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (job) DO UPDATE SET at = excluded.at, due_at = excluded.due_at, tries = 0",
                (ended.id, ended.user_id, now, now),
            )
    return ended


def _end_drafts(connection: sqlite3.Connection, job: Job, now: float) -> None:
    """Nobody chooses any more: the drafts end too. Those that nobody has seen are not charged."""
    connection.execute("UPDATE job SET choosing = 0 WHERE id = ?", (job.id,))
    for draft in connection.execute("SELECT id FROM job WHERE draft_of = ?", (job.id,)).fetchall():
        cancel(connection, draft["id"], now)
        if job.choose_until is None:
            refund(connection, draft["id"])


def cancel(connection: sqlite3.Connection, job: JobId, at: float) -> CancelOutcome:
    """Cancel a job that waits, to be drawn or for another try to be posted; ask one that is drawn to stop.

    One that a worker draws is cancelled at once: the worker may be out of reach. Where an earlier try to post
    may have arrived, its message still has to go: :meth:`db.moderation.cases.Cases.taking_down`.
    """
    at_rest = fetch_one(
        connection,
        "SELECT state FROM job WHERE id = ? "
        "AND (state = 'running' AND worker IS NOT NULL OR state = 'posting' AND NOT in_flight)",
        (job,),
    )
    sources = WAITING if at_rest is None else (State(at_rest["state"]),)
    if end(connection, job, State.CANCELLED, sources=sources, now=at, retry_at=None):
        connection.execute("UPDATE job SET taking_down = 1 WHERE id = ? AND post_attempts > 0", (job,))
        return CancelOutcome.DONE
    asked = connection.execute(
        "UPDATE job SET cancel_requested = 1 WHERE id = ? AND state = 'running' AND NOT cancel_requested",
        (job,),
    ).rowcount
    if asked:
        return CancelOutcome.ASKED
    found = find(connection, job)
    if found is None:
        return CancelOutcome.UNKNOWN
    return CancelOutcome.AGAIN if found.state is State.RUNNING else CancelOutcome.TOO_LATE
