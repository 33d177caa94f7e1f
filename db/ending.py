"""How a job ends without a clip in its channel: by whatever way, what it was charged is given back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from db.fairness import refund
from db.jobs import Job, JobId, State
from db.rows import transition


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
    """Move a job to an end; None where its state or claim did not fit, and nothing was written."""
    ended = transition(
        connection, job, state, sources=sources, claim=claim, ended_at=now, in_flight=0, **columns
    )
    if ended is not None:
        refund(connection, job)
    return ended
