"""What follows when the engine or the bot ends while a job runs.

Most often the job has nothing to do with it: somebody stopped a process, or the machine did. So one that ran
goes back to the front. Only what points at the job is held against it: the engine ended of itself, or others
were drawn in between and this one was hit again. Nothing is ever set aside before it has gone last, with
nothing waiting before it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import Enum, auto

from db.jobs.ending import end
from db.jobs.job import Job
from db.jobs.rows import find, transition
from db.sqlite.rows import fetch_one
from db.states import EVERYWHERE, State


@dataclass(frozen=True, kw_only=True)
class StumbleLimits:
    """When a job goes last, and when it is set aside.

    Attributes:
        crashes: of the engine by itself, in this job.
        restarts: ends of the bot by itself, or of the engine by something else, each after other jobs were
            drawn. Also the crashes of a job that was the only one to draw.
        goes_last: ends of any kind from which the job goes last.
        faults: of all places together at which it fails, where each has failed; see :mod:`db.jobs.faults`.
    """

    crashes: int
    restarts: int
    goes_last: int
    faults: int


class Ended(Enum):
    """What ended while a job ran, and by what."""

    ENGINE = auto()
    """The engine process, of itself."""

    ENGINE_KILLED = auto()
    """The engine process, by a signal from outside."""

    BOT = auto()
    """The bot, of itself."""

    BOT_KILLED = auto()
    """The bot, by a signal or a power cut; it left no word of an error."""


def stumble(
    connection: sqlite3.Connection,
    job: Job,
    what: Ended,
    limits: StumbleLimits,
    *,
    now: float,
    proven: bool = False,
) -> Job | None:
    """Put a job that ran back into the queue, or set it aside.

    Args:
        connection: in a transaction.
        job: runs.
        what: ended.
        limits: the owner's.
        now: Unix seconds.
        proven: others were drawn in between, as the caller knows.

    Returns:
        The job; None where its claim is stale.
    """
    others_ran = proven or _others_ran(connection, job, what)
    crashes = job.crashes + (what is Ended.ENGINE)
    restarts = job.restarts + (what in {Ended.BOT, Ended.ENGINE_KILLED} and others_ran)
    stumbles = job.stumbles + 1
    if what is Ended.ENGINE:
        guilty = crashes >= limits.crashes and (
            others_ran or (crashes >= limits.restarts and not _others_wait(connection, job))
        )
        last = crashes >= limits.crashes
    else:
        guilty = restarts >= limits.restarts
        last = False
    went_last = job.stumbles >= limits.goes_last or job.crashes >= limits.crashes
    if guilty and (went_last or proven):
        return end(
            connection,
            job.id,
            State.QUARANTINED,
            claim=job.claim,
            now=now,
            stumbles=stumbles,
            stumbled_at=now,
            crashes=crashes,
            restarts=restarts,
        )
    moved = put_back(connection, job, last=last or stumbles >= limits.goes_last)
    connection.execute(
        "UPDATE job SET stumbles = ?, stumbled_at = ?, crashes = ?, restarts = ? WHERE id = ?",
        (stumbles, now, crashes, restarts, job.id),
    )
    return None if moved is None else find(connection, job.id)


def put_back(connection: sqlite3.Connection, job: Job, *, last: bool = False) -> Job | None:
    """Put a running job back: to the front, or behind all that wait now. Those who come later stay behind."""
    due = job.due
    if last:
        waiting = fetch_one(
            connection, "SELECT max(due) AS due FROM job WHERE state = 'queued' AND lane = ?", (job.lane,)
        )
        if waiting is not None and waiting["due"] is not None:
            due = max(due, waiting["due"] + 0.001)
    return transition(
        connection,
        job.id,
        State.QUEUED,
        sources=[State.RUNNING],
        front=int(not last),
        started_at=None,
        stage="",
        fraction=0,
        take=0,
        due=due,
    )


def _others_ran(connection: sqlite3.Connection, job: Job, what: Ended) -> bool:
    """Whether another job was drawn since this one last stumbled.

    Of an engine, only what it has drawn itself tells: one that ends in each job must not put the blame on
    them because another engine goes well.
    """
    if job.stumbled_at is None:
        return False
    of_engine = what in {Ended.ENGINE, Ended.ENGINE_KILLED}
    found = fetch_one(
        connection,
        "SELECT 1 FROM job WHERE rendered_at > ? AND id <> ? AND (? IS NULL OR seat = ?) LIMIT 1",
        (job.stumbled_at, job.id, job.seat if of_engine else None, job.seat),
    )
    return found is not None


def _others_wait(connection: sqlite3.Connection, job: Job) -> bool:
    found = fetch_one(
        connection,
        "SELECT 1 FROM job WHERE state = 'queued' AND lane = ? AND id <> ? "
        "AND NOT EXISTS (SELECT 1 FROM pause WHERE guild_id IN (job.guild_id, ?)) LIMIT 1",
        (job.lane, job.id, EVERYWHERE),
    )
    return found is not None
