"""The engine's side of a job: claim it, report progress, hand the clip in, or give the job back.

Every write about a claim names the claim's number and the state ``running``. If no row matches, the answer is
stale: the job has moved on without this engine, and the answer is dropped.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from db.audit.log import AuditEntry, write_down
from db.jobs.ending import CancelOutcome, cancel, end
from db.jobs.fairness import FairShare, charge
from db.jobs.faults import count_fault
from db.jobs.interruptions import Ended, StumbleLimits, put_back, stumble
from db.jobs.job import Job
from db.jobs.rows import job_from, transition
from db.lanes.residency import preferred
from db.sqlite.connection import Database
from db.sqlite.rows import Rows, fetch_one
from db.states import EVERYWHERE, FAILS_UNCLAIMED, STRANGERS, JobId, State, check_move

FITS = f"""job.state = 'queued' AND NOT job.choosing AND job.lane = :lane
            AND NOT EXISTS (SELECT 1 FROM pause WHERE guild_id IN (job.guild_id, {EVERYWHERE}))
            AND (:engines IS NULL OR job.engine IN (SELECT value FROM json_each(:engines)))
            AND job.ability NOT IN (SELECT value FROM json_each(:unable))
            AND job.id NOT IN (SELECT value FROM json_each(:left))
            AND (
                job.guild_id <> {STRANGERS}
                OR (
                    SELECT count(*) FROM job AS theirs
                    WHERE theirs.state = 'running' AND theirs.guild_id = {STRANGERS} AND theirs.lane = :lane
                ) < :most
            )"""
"""What is true of a job that may be claimed in a lane. All strangers together have the engines of one member,
even where nobody else waits: a guild that asks next finds the others free."""

_IN_TURN = "ORDER BY job.priority DESC, job.front DESC, job.due, job.slot_seq LIMIT 1"

_TAKE = """
UPDATE job
SET
    state = 'running', claim = claim + 1, seat = :seat, worker = :worker, trust = :trust, started_at = :now,
    stage = '', fraction = 0, take = 0
"""

NEXT = f"""
{_TAKE}
WHERE id = coalesce(
    (
        SELECT job.id FROM job
        WHERE $fits
            AND job.id NOT IN (SELECT value FROM json_each(:last))
            AND (
                SELECT count(*) FROM job AS own
                WHERE own.state = 'running' AND own.lane = :lane AND own.user_id = job.user_id
            ) < :most
        {_IN_TURN}
    ),
    (
        SELECT job.id FROM job
        WHERE $fits
            AND job.id NOT IN (SELECT value FROM json_each(:last))
            AND (
                SELECT count(DISTINCT own.seat) FROM job AS own
                WHERE own.state = 'running' AND own.lane = :lane AND own.user_id = job.user_id
                    AND own.seat <> :seat
            ) < coalesce((SELECT most_each FROM lane_size WHERE lane = :lane), 1000000)
        {_IN_TURN}
    ),
    (
        SELECT job.id FROM json_each(:last) AS nth JOIN job ON job.id = nth.value
        WHERE $fits
        ORDER BY nth.key LIMIT 1
    )
)
RETURNING *
"""
"""The next job of a lane, of those that fit: in the fair order; without the limit of a member's running jobs,
where nobody else waits, but then never on the last engines of many, which are kept for who comes next; and of
those that go last, the first in their own order."""

CLAIM = NEXT.replace("$fits", FITS)
"""For an engine of the bot's own."""

THIS = f"{_TAKE} WHERE id = :job RETURNING *"

REMEMBERED = 1000
"""How many finished waits are kept to learn from."""


class Requeue(StrEnum):
    """Why a running job is given back."""

    CRASH = "crash"
    """The engine ended of itself, and this job may be why."""

    PROVEN = "proven"
    """The same, and the engine has drawn other jobs since it last did."""

    KILLED = "killed"
    """Something else ended the engine."""

    SHUTDOWN = "shutdown"
    ENGINE_DOWN = "engine_down"
    """The engine or the machine could not work; the job has nothing to do with it."""

    FAULT = "fault"
    """The machine failed in it: its device, its program or its disk. It is counted, whatever the job was."""

    LOST = "lost"
    """Nothing was heard any more of the worker that drew it."""

    BAD = "bad"
    """What a worker handed in was not fit to be taken."""


_ENDED = {
    Requeue.CRASH: Ended.ENGINE,
    Requeue.PROVEN: Ended.ENGINE,
    Requeue.KILLED: Ended.ENGINE_KILLED,
}


COUNTED = frozenset({Requeue.CRASH, Requeue.PROVEN, Requeue.FAULT, Requeue.BAD})
"""What is a fault of the place that had the claim; see :mod:`db.jobs.faults`."""


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What was under way when the program last ended.

    Attributes:
        requeued: back at the front of the queue.
        quarantined: found running too often.
        posting: may or may not have been posted; delivery looks before it posts.
        cancelled: they had been asked to stop.
        elsewhere: workers draw them, and may go on.
    """

    requeued: list[Job] = field(default_factory=list)
    quarantined: list[Job] = field(default_factory=list)
    posting: list[Job] = field(default_factory=list)
    cancelled: list[Job] = field(default_factory=list)
    elsewhere: list[Job] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Noted:
    """How far a running job is.

    Attributes:
        claim: the number under which it runs.
    """

    job: JobId
    claim: int
    stage: str
    fraction: float
    take: int


class Claims(Rows):
    """The part of the queue that an engine works with.

    A claim is the number, and the worker that has it; None for an engine of the bot's own. What another says
    of it is stale.
    """

    def __init__(self, db: Database, *, share: FairShare, clock: Callable[[], float]) -> None:
        super().__init__(db, clock=clock)
        self._share = share

    async def claim(
        self,
        *,
        lane: str = "",
        engines: Collection[str] | None = None,
        unable: Collection[str] = (),
        seat: str = "",
        last: Collection[JobId] = (),
        left: Collection[JobId] = (),
        resident: str = "",
    ) -> Job | None:
        """Take the next job of a lane in the fair order. None: nothing may run there.

        Args:
            lane: what is drawn elsewhere has a lane of its own.
            engines: those that can be drawn with; None: all.
            unable: abilities that are wanting here; such jobs are left to others.
            seat: the name of what will draw it.
            last: these come after all others.
            left: these are left to others.
            resident: the engine whose model is loaded; see :mod:`db.lanes.residency`. "": none counts.
        """
        given: dict[str, object] = {
            "now": self._clock(),
            "lane": lane,
            "engines": None if engines is None else json.dumps(list(engines)),
            "unable": json.dumps(list(unable)),
            "seat": seat,
            "worker": None,
            "trust": None,
            "last": json.dumps(list(last)),
            "left": json.dumps(list(left)),
            "most": self._share.member_running,
        }

        def transaction(connection: sqlite3.Connection) -> Job | None:
            check_move(JobId("the next"), State.QUEUED, State.RUNNING)
            chosen = preferred(connection, FITS, given, resident) if resident else None
            statement = CLAIM if chosen is None else THIS
            row = fetch_one(connection, statement, given | {"job": chosen})
            return None if row is None else job_from(row)

        return await self._db.write(transaction)

    async def note_progress(self, notes: Sequence[Noted]) -> None:
        """Store the progress of jobs that run here, in one transaction; stale claims are passed over."""

        def transaction(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "UPDATE job SET stage = ?, fraction = ?, take = ? "
                "WHERE id = ? AND claim = ? AND worker IS NULL AND state = 'running'",
                [(note.stage, note.fraction, note.take, note.job, note.claim) for note in notes],
            )

        await self._db.write(transaction)

    async def hand_in(
        self,
        job: JobId,
        claim: int,
        *,
        clip_sha256: str,
        clip_size: int,
        receipt: str,
        gpu_seconds: float,
        charged_seconds: float,
        worker: str | None = None,
    ) -> bool:
        """Hand in the clip, whose blob is already written, and charge the member.

        Args:
            gpu_seconds: remembered as a render time of the job's profile.
            charged_seconds: what the member and the guild are charged in the fair order.

        Returns:
            False if the clip must be dropped and nothing is charged: the claim is stale, or the job was
            asked to stop meanwhile and is now cancelled.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            found = running_under(connection, job, claim, worker)
            if found is None:
                return False
            if found.cancel_requested:
                end(connection, job, State.CANCELLED, claim=claim, now=at)
                return False
            booked = charge(
                connection,
                guild_id=found.guild_id,
                user_id=found.user_id,
                seconds=charged_seconds,
                now=at,
                half_life=self._share.half_life,
            )
            transition(
                connection,
                job,
                State.RENDERED,
                sources=[State.RUNNING],
                claim=claim,
                rendered_at=at,
                clip_sha256=clip_sha256,
                clip_size=clip_size,
                receipt=receipt,
                gpu_seconds=gpu_seconds,
                charged_seconds=max(0.0, charged_seconds),
                booked=booked,
            )
            connection.execute(
                "INSERT INTO render_time (profile, lane, seat, seconds) VALUES (?, ?, ?, ?)",
                (found.profile, found.lane, found.seat, gpu_seconds),
            )
            _compare(connection, job, at)
            return True

        return await self._db.write(transaction)

    async def requeue(
        self,
        job: JobId,
        claim: int,
        *,
        cause: Requeue,
        limits: StumbleLimits,
        worker: str | None = None,
        spared: bool = False,
    ) -> State | None:
        """Give a running job back, to the front of the queue.

        A job that was asked to stop ends as cancelled instead. What the end of an engine means for the job,
        :mod:`db.jobs.interruptions` says, and what a fault of a machine means, :mod:`db.jobs.faults`.

        Args:
            job: its id.
            claim: the claim's number.
            cause: why.
            limits: when that is the end of it.
            worker: that has the claim.
            spared: another place is there that has not failed in it.

        Returns:
            The job's new state, or None if the claim is stale.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> State | None:
            found = running_under(connection, job, claim, worker)
            if found is None:
                return None
            if found.cancel_requested:
                moved = end(connection, job, State.CANCELLED, claim=claim, now=at)
            elif cause in _ENDED:
                proven = cause is Requeue.PROVEN
                moved = stumble(connection, found, _ENDED[cause], limits, now=at, proven=proven)
            else:
                moved = put_back(connection, found)
            if moved is not None and moved.state is State.QUEUED and cause in COUNTED:
                moved = count_fault(connection, found, most=limits.faults, spared=spared, now=at) or moved
            return None if moved is None else moved.state

        return await self._db.write(transaction)

    async def fail(
        self,
        job: JobId,
        claim: int | None,
        *,
        code: str,
        text: str | None = None,
        error_id: str | None = None,
        worker: str | None = None,
    ) -> bool:
        """Fail a job. No claim: a job that is not running, such as one that can't be delivered."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            if claim is not None and running_under(connection, job, claim, worker) is None:
                return False
            ended = end(
                connection,
                job,
                State.FAILED,
                sources=FAILS_UNCLAIMED if claim is None else (State.RUNNING,),
                claim=claim,
                now=at,
                error_code=code,
                error_text=text,
                error_id=error_id,
            )
            return ended is not None

        return await self._db.write(transaction)

    async def cancel(self, job: JobId, *, audit_entry: AuditEntry | None = None) -> CancelOutcome:
        """Cancel a job that waits, is not yet being posted or is drawn by a worker; ask an engine to stop.

        Args:
            audit_entry: a moderator's; None: its member wants it.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> CancelOutcome:
            outcome = cancel(connection, job, at)
            if audit_entry is not None and outcome in {CancelOutcome.DONE, CancelOutcome.ASKED}:
                write_down(connection, audit_entry, at)
            return outcome

        return await self._db.write(transaction)

    async def finish_cancel(self, job: JobId, claim: int, *, worker: str | None = None) -> bool:
        """Finish the cancelling of a job that ran; False if the claim is stale."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            if running_under(connection, job, claim, worker) is None:
                return False
            return end(connection, job, State.CANCELLED, claim=claim, now=at) is not None

        return await self._db.write(transaction)

    async def recover(
        self, *, limits: StumbleLimits, by_itself: bool = False, workers: bool = False
    ) -> Recovery:
        """Sort out, once at the start, what was under way when the program last ended.

        Args:
            limits: when a job that ran goes last, and when it is set aside.
            by_itself: the program ended of itself, as far as that is known: nobody stopped it.
            workers: may draw. What they have goes on, and is given back later if they are not heard of.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Recovery:
            recovery = Recovery()
            for row in connection.execute(
                "SELECT * FROM job WHERE state = 'running' ORDER BY seq"
            ).fetchall():
                job = job_from(row)
                if job.cancel_requested:
                    moved = end(connection, job.id, State.CANCELLED, claim=job.claim, now=at)
                elif job.worker is not None and workers:
                    recovery.elsewhere.append(job)
                    continue
                elif job.worker is not None:  # no end of the bot's is felt there
                    moved = put_back(connection, job)
                else:
                    what = Ended.BOT if by_itself else Ended.BOT_KILLED
                    moved = stumble(connection, job, what, limits, now=at)
                if moved is not None:
                    kept = {
                        State.CANCELLED: recovery.cancelled,
                        State.QUARANTINED: recovery.quarantined,
                    }
                    kept.get(moved.state, recovery.requeued).append(moved)
            # How long the bot was away is unknown, so the waits that were quoted teach the forecast nothing.
            connection.execute("UPDATE job SET foretold = NULL WHERE state = 'queued'")
            posting = connection.execute(
                "UPDATE job SET in_flight = 0 WHERE state = 'posting' RETURNING *"
            ).fetchall()
            recovery.posting.extend(sorted(map(job_from, posting), key=lambda job: job.posting_since or 0))
            return recovery

        return await self._db.write(transaction)


def _compare(connection: sqlite3.Connection, job: JobId, now: float) -> None:
    """Store how long a finished job took, as a share of the wait that its member was told."""
    connection.execute(
        """
        INSERT INTO foretold (lane, ahead, ratio)
        SELECT lane, foretold_ahead, (? - created_at) / foretold FROM job
        WHERE id = ? AND foretold > 0 AND claim = 1 AND held_reason IS NULL AND ? >= created_at
        """,
        (now, job, now),
    )
    connection.execute("DELETE FROM foretold WHERE seq <= (SELECT max(seq) FROM foretold) - ?", (REMEMBERED,))


def running_under(
    connection: sqlite3.Connection, job: JobId, claim: int, worker: str | None = None
) -> Job | None:
    """The job, if it runs under this claim."""
    row = fetch_one(
        connection,
        "SELECT * FROM job WHERE id = ? AND claim = ? AND worker IS ? AND state = 'running'",
        (job, claim, worker),
    )
    return None if row is None else job_from(row)
