"""Claims of workers: given for an ask, taken up again after a silence, and given back when a worker is lost.

A claim is the job, the claim's number and the worker. A claim raises the number. As long as it and the worker
in the row are unchanged, nobody else has had the job, so a worker that was silent may go on.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from db.fleet.workers import Trust
from db.jobs.claims import FITS, NEXT, THIS, running_under
from db.jobs.ending import end
from db.jobs.fairness import FairShare
from db.jobs.faults import count_fault
from db.jobs.interruptions import put_back
from db.jobs.job import Job
from db.jobs.rows import find, job_from, transition
from db.lanes.residency import preferred
from db.sqlite.connection import Database
from db.sqlite.rows import Rows, fetch_one
from db.states import JobId, State, check_move

_TRUSTED = """
        AND (
            :trust = 'own'
            OR EXISTS (
                SELECT 1 FROM remote_guild
                WHERE remote_guild.guild_id = job.guild_id
                    AND (remote_guild.trust = 'public' OR :trust = 'friend')
            )
        )
        AND (:trust <> 'public' OR (job.inputs = '{}' AND NOT job.private))
"""

FITS_FOR = FITS + "        AND job.ability IN (SELECT value FROM json_each(:abilities))" + _TRUSTED
"""What is true of a job that a worker may claim."""

CLAIM_FOR = NEXT.replace("$fits", FITS_FOR)
"""As :data:`db.jobs.claims.CLAIM`, for a worker that has some abilities and so much trust."""


class Standing(StrEnum):
    """What a claim of a worker's has come to."""

    RUNS = "runs"
    FREE = "free"
    """It waits, and nobody has had it since: it can be taken up again."""

    KEPT = "kept"
    """Its clip was taken."""

    CANCELLED = "cancelled"
    FAILED = "failed"
    STALE = "stale"
    """It is another's, or nobody's, or never was."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A worker's hold on a job.

    Attributes:
        number: the claim's.
    """

    job: JobId
    number: int
    worker: str


class WorkerClaims(Rows):
    """The part of the queue that workers' claims go through."""

    def __init__(self, db: Database, *, share: FairShare, clock: Callable[[], float]) -> None:
        super().__init__(db, clock=clock)
        self._share = share

    async def abilities(self) -> list[str]:
        """What the jobs that wait need of a machine, each once."""
        rows = await self._db.read(
            "SELECT DISTINCT ability FROM job WHERE state = 'queued' AND lane = '' AND ability <> ''"
        )
        return [row["ability"] for row in rows]

    async def abilities_for(self, trust: Trust) -> list[str]:
        """Those of :meth:`abilities` that jobs need which workers of a trust may draw."""
        rows = await self._db.read(
            "SELECT DISTINCT ability FROM job "
            f"WHERE state = 'queued' AND lane = '' AND ability <> '' {_TRUSTED}",
            {"trust": trust},
        )
        return [row["ability"] for row in rows]

    async def claim_for(
        self,
        worker: str,
        *,
        seat: str,
        trust: Trust,
        abilities: Collection[str],
        last: Collection[JobId] = (),
        left: Collection[JobId] = (),
        resident: str = "",
    ) -> Job | None:
        """Take the next job that this worker can draw and may see. None: there is none.

        Args:
            worker: its id.
            seat: its name.
            trust: how far it is trusted.
            abilities: those that it has.
            last: these come after all others.
            left: these are left to others.
            resident: the engine whose model it has loaded; see :mod:`db.lanes.residency`. "": none counts.
        """
        given: dict[str, object] = {
            "now": self._clock(),
            "lane": "",
            "engines": None,
            "unable": "[]",
            "seat": seat,
            "worker": worker,
            "last": json.dumps(list(last)),
            "left": json.dumps(list(left)),
            "most": self._share.member_running,
            "abilities": json.dumps(list(abilities)),
            "trust": trust,
        }

        def transaction(connection: sqlite3.Connection) -> Job | None:
            check_move(JobId("the next"), State.QUEUED, State.RUNNING)
            chosen = preferred(connection, FITS_FOR, given, resident) if resident else None
            row = fetch_one(connection, CLAIM_FOR if chosen is None else THIS, given | {"job": chosen})
            return None if row is None else job_from(row)

        return await self._db.write(transaction)

    async def standing(self, claim: Claim) -> tuple[Standing, Job | None]:
        """What a claim has come to, and its job, where that is still or again the claim's."""
        rows = await self._db.read(
            "SELECT * FROM job WHERE id = ? AND claim = ? AND worker = ?",
            (claim.job, claim.number, claim.worker),
        )
        if not rows:
            return Standing.STALE, None
        job = job_from(rows[0])
        return _STANDINGS.get(job.state, Standing.KEPT if job.clip_sha256 else Standing.STALE), job

    async def adopt(self, claim: Claim) -> Job | None:
        """Let a worker go on with a job that was given back, or that it never stopped drawing.

        Returns:
            The job; None where somebody else has had it, or it has ended or waits for a moderator.
        """

        def transaction(connection: sqlite3.Connection) -> Job | None:
            job = find(connection, claim.job)
            if job is None or (job.claim, job.worker) != (claim.number, claim.worker):
                return None
            if job.state is State.RUNNING:
                return None if job.cancel_requested else job
            if job.state is not State.QUEUED:
                return None
            return transition(
                connection,
                job.id,
                State.RUNNING,
                sources=[State.QUEUED],
                claim=claim.number,
                started_at=self._clock(),
            )

        return await self._db.write(transaction)

    async def lose(
        self,
        claim: Claim,
        *,
        losses: int,
        faults: int,
        anew: bool = False,
        blamed: bool = False,
        spared: bool = False,
    ) -> State | None:
        """Give a worker's claim back, to the front of the queue, because nothing is heard of it.

        Args:
            claim: the worker's.
            losses: held against the job, at which it is set aside.
            faults: of all machines together at which the job ends; see :mod:`db.jobs.faults`.
            anew: its program has begun anew without the job, which is a fault of the machine's.
            blamed: that is held against the job, too.
            spared: another place is there that has not failed in it.

        Returns:
            The job's new state; None where the claim is stale.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> State | None:
            job = running_under(connection, claim.job, claim.number, claim.worker)
            if job is None:
                return None
            if job.cancel_requested:
                end(connection, job.id, State.CANCELLED, claim=job.claim, now=at)
                return State.CANCELLED
            lost = job.losses + blamed
            if blamed and lost >= losses:
                end(connection, job.id, State.QUARANTINED, claim=job.claim, now=at, losses=lost)
                return State.QUARANTINED
            put_back(connection, job)
            connection.execute("UPDATE job SET losses = ? WHERE id = ?", (lost, job.id))
            if anew and count_fault(connection, job, most=faults, spared=spared, now=at) is not None:
                return State.FAILED
            return State.QUEUED

        return await self._db.write(transaction)

    async def running(self) -> list[Claim]:
        """All claims that workers have, as far as rows say. Looked at often, so jobs are not read whole."""
        rows = await self._db.read(
            "SELECT id, claim, worker FROM job WHERE state = 'running' AND worker IS NOT NULL "
            "ORDER BY started_at"
        )
        return [Claim(job=JobId(row["id"]), number=row["claim"], worker=row["worker"]) for row in rows]

    async def note(self, progress: Sequence[tuple[Claim, str, float, int]]) -> None:
        """Store how far claims are: stage, fraction and take of each. Those that are stale are left out."""
        if not progress:
            return

        def transaction(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "UPDATE job SET stage = ?, fraction = ?, take = ? "
                "WHERE id = ? AND claim = ? AND worker = ? AND state = 'running'",
                [
                    (stage, fraction, take, claim.job, claim.number, claim.worker)
                    for claim, stage, fraction, take in progress
                ],
            )

        await self._db.write(transaction)


_STANDINGS = {
    State.RUNNING: Standing.RUNS,
    State.QUEUED: Standing.FREE,
    State.CANCELLED: Standing.CANCELLED,
    State.FAILED: Standing.FAILED,
    State.QUARANTINED: Standing.FAILED,
    State.REFUSED: Standing.FAILED,
}
"""By the state of a job that is still the claim's. Where it has a clip, the states behind mean kept."""
