"""Faults of what draws: how often each place failed in a job, and when that is enough.

A fault of a machine is never the job's, so the job goes back to the front at no cost. But one that fails
wherever it is drawn would go round for ever, and its member would wait for nothing. So faults are counted in
its row. A silence is none: who went away has not failed.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping

from db.codes import BotCode
from db.jobs.ending import end
from db.jobs.job import Job
from db.states import State


def place_of(job: Job) -> str:
    """Under which name the place is counted that has the job's claim."""
    return job.worker or job.seat


def count_fault(
    connection: sqlite3.Connection, job: Job, *, most: int, spared: bool, now: float
) -> Job | None:
    """Count a fault of the place that had a job, which runs no more; the job may be over with it.

    Args:
        connection: in a transaction.
        job: as it was while it ran.
        most: faults of all places together at which it ends.
        spared: another place is there that has not failed in it, so it goes on whatever their number is.
        now: Unix seconds.

    Returns:
        The job, where it is over; None: it goes on waiting.
    """
    faults: Mapping[str, int] = Counter(job.faults) + Counter({place_of(job): 1})
    connection.execute("UPDATE job SET faults = ? WHERE id = ?", (json.dumps(faults), job.id))
    if spared or sum(faults.values()) < most:
        return None
    return end(connection, job.id, State.FAILED, sources=[State.QUEUED], now=now, error_code=BotCode.MACHINES)
