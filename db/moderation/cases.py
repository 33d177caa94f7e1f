"""What moderators are asked to decide: about a held job, or about a clip that members have reported.

A case is a row of the table ``card``, and a message that shows it. Each decision is one ``UPDATE … WHERE
decision IS NULL``: of two moderators, and of a hundred replays of one click, one has an effect.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from db.audit.log import AuditEntry, write_down
from db.codes import BotCode
from db.jobs.ending import cancel, end
from db.jobs.erasures import check_not_erased
from db.jobs.job import Job
from db.jobs.lineage import Retells, descent
from db.jobs.review_requests import CaseKind, open_case
from db.jobs.rows import JobRows, find, job_from, transition
from db.moderation.actions import end_jobs_of, shut_out
from db.sqlite.connection import Database
from db.states import ENDS, JobId, State, sql_list

DUE = """
SELECT
    job.*, card.kind AS card_kind, card.round, card.with_file, card.decision, card.by_user,
    card.channel_id AS card_channel, card.message_id AS card_message, card.shown,
    (SELECT count(*) FROM report WHERE report.job = card.job) AS reports,
    card.decision IS NULL
        AND (card.kind = 'report' OR (job.state = 'held' AND job.forgotten_at IS NULL)) AS open
FROM card JOIN job ON job.id = card.job
WHERE card.closed = 0 AND card.due_at <= :now AND (
    card.message_id IS NULL
    OR NOT open
    OR (card.kind = 'report' AND card.shown < reports)
)
ORDER BY card.opened_at
LIMIT 20
"""

SAME_FILES = """
SELECT * FROM job WHERE id = :job OR guild_id = :guild AND EXISTS (
    SELECT 1 FROM json_each(job.inputs) AS each
    JOIN json_each((SELECT inputs FROM job WHERE id = :job)) AS source ON source.value = each.value
)
"""
"""A job, and all jobs of its guild that have a file in common with it."""


DAY = 86_400.0


class Reported(StrEnum):
    """What became of a report."""

    NEW = "new"
    ALREADY = "already"
    """They have reported this clip before."""

    GONE = "gone"
    """The clip was deleted, or erased: nothing leads to its message any more."""

    TOO_MANY = "too many"


class Decision(StrEnum):
    """A moderator's decision."""

    APPROVED = "approved"
    REJECTED = "rejected"
    TAKEN_DOWN = "taken_down"
    DISMISSED = "dismissed"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case whose message must be posted, edited or closed.

    Attributes:
        round: counts the times that the same was asked about this job.
        with_file: the picture or clip may be shown to the moderators.
        open: it waits for a decision.
        by_user: the moderator who decided.
        reports: how many members have reported the clip.
    """

    job: Job
    kind: CaseKind
    round: int
    with_file: bool
    decision: Decision | None
    by_user: int | None
    channel_id: int | None
    message_id: int | None
    open: bool
    reports: int


@dataclass(frozen=True, kw_only=True)
class TakenDown:
    """The jobs and files of a takedown.

    Attributes:
        jobs: the clip's job and its family, as they are now.
        digests: the files of all of them; those that no other guild needs may go.
        blocked: whether the clip's member can no longer use the bot in this server.
    """

    jobs: list[Job] = field(default_factory=list)
    digests: set[str] = field(default_factory=set)
    blocked: bool = True


class Cases(JobRows):
    """The part of the queue that asks moderators."""

    def __init__(
        self,
        db: Database,
        *,
        pseudonym_of: Callable[[int], int],
        retells: Retells,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(db, clock=clock)
        self._pseudonym_of = pseudonym_of
        self._retells = retells

    async def due(self) -> list[Case]:
        """Return the cases whose message must be posted, edited or closed, the oldest first."""
        rows = await self._db.read(DUE, {"now": self._clock()})
        return [
            Case(
                job=job_from(row),
                kind=CaseKind(row["card_kind"]),
                round=row["round"],
                with_file=bool(row["with_file"]),
                decision=None if row["decision"] is None else Decision(row["decision"]),
                by_user=row["by_user"],
                channel_id=row["card_channel"],
                message_id=row["card_message"],
                open=bool(row["open"]),
                reports=row["reports"],
            )
            for row in rows
        ]

    async def record_shown(self, case: Case, channel_id: int, message_id: int) -> None:
        """Record that the message shows the case as it is."""
        await self._changes(
            "UPDATE card SET channel_id = ?, message_id = ?, shown = ? "
            "WHERE job = ? AND kind = ? AND round = ?",
            (channel_id, message_id, case.reports, case.job.id, case.kind, case.round),
        )

    async def close(self, case: Case) -> None:
        """The message shows the final text, or there is no message."""
        await self._changes(
            "UPDATE card SET closed = 1 WHERE job = ? AND kind = ? AND round = ?",
            (case.job.id, case.kind, case.round),
        )

    async def postpone(self, case: Case, seconds: float) -> None:
        """Record that a case could not be shown; it is due again after this many seconds."""
        await self._changes(
            "UPDATE card SET due_at = ? WHERE job = ? AND kind = ? AND round = ?",
            (self._clock() + seconds, case.job.id, case.kind, case.round),
        )

    async def approve(self, job: JobId, number: int, audit_entry: AuditEntry) -> Job | None:
        """Let a held job continue; None if this round is already decided or the job is no longer held."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Job | None:
            found = _held(connection, job, audit_entry.guild_id)
            if found is None or not _decide(connection, job, number, Decision.APPROVED, audit_entry, at):
                return None
            finished = found.clip_sha256 is not None
            new = State.RENDERED if finished else State.QUEUED
            return transition(connection, job, new, sources=[State.HELD], looked_at=finished)

        return await self._db.write(transaction)

    async def reject(self, job: JobId, number: int, audit_entry: AuditEntry, text: str) -> Job | None:
        """End a held job; ``text`` is what its member reads. None as in :meth:`approve`."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Job | None:
            found = _held(connection, job, audit_entry.guild_id)
            if found is None or not _decide(connection, job, number, Decision.REJECTED, audit_entry, at):
                return None
            return end(
                connection,
                job,
                State.REFUSED,
                sources=[State.HELD],
                now=at,
                error_code=BotCode.REVIEW,
                error_text=text,
            )

        return await self._db.write(transaction)

    async def report(
        self, job: JobId, user: int, reason: str, *, most: int, interaction: int = 0
    ) -> Reported:
        """A member reports a clip.

        Args:
            job: whose clip it is.
            user: who reports it.
            reason: why, in their words.
            most: reports that a member may make in a guild within a day.
            interaction: the id of theirs that this comes from.

        Raises:
            AskedBeforeErase: the member has asked to be erased since.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Reported:
            check_not_erased(connection, user, self._pseudonym_of(user), interaction)
            found = find(connection, job)
            asked = connection.execute(
                "SELECT 1 FROM card WHERE job = ? AND kind = 'report' AND decision IS NULL", (job,)
            ).fetchall()
            if found is None or (found.deleted_at is not None and not asked):
                return Reported.GONE
            lately = connection.execute(
                "SELECT count(*) FROM report WHERE user_id = ? AND guild_id = ? AND at > ?",
                (user, found.guild_id, at - DAY),
            ).fetchone()[0]
            if lately >= most:
                return Reported.TOO_MANY
            new = connection.execute(
                "INSERT INTO report (job, user_id, guild_id, reason, at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                (job, user, found.guild_id, reason, at),
            ).rowcount
            if new and not asked:
                open_case(connection, found, CaseKind.REPORT, at=at)
            return Reported.NEW if new else Reported.ALREADY

        return await self._db.write(transaction)

    async def reported(self, guild: int) -> list[tuple[Job, int]]:
        """Return the clips of a guild whose reports wait for a decision, each with their number."""
        rows = await self._db.read(
            "SELECT job.*, (SELECT count(*) FROM report WHERE report.job = job.id) AS reports "
            "FROM card JOIN job ON job.id = card.job "
            "WHERE card.guild_id = ? AND card.kind = 'report' AND card.decision IS NULL "
            "ORDER BY card.opened_at",
            (guild,),
        )
        return [(job_from(row), row["reports"]) for row in rows]

    async def reasons(self, job: JobId) -> list[str]:
        """Return the members' reasons for reporting a clip, oldest first."""
        rows = await self._db.read("SELECT reason FROM report WHERE job = ? ORDER BY at", (job,))
        return [row["reason"] for row in rows]

    async def dismiss(self, job: JobId, number: int, audit_entry: AuditEntry) -> bool:
        """Leave a reported clip where it is; False if this round is already decided."""
        at = self._clock()
        return await self._db.write(
            lambda connection: _decide(connection, job, number, Decision.DISMISSED, audit_entry, at)
        )

    async def take_down(
        self, job: JobId, number: int, audit_entry: AuditEntry, *, never_blocked: frozenset[int] = frozenset()
    ) -> TakenDown | None:
        """Take down a reported clip with its family, and block its member; None if it is already decided.

        Waiting and running jobs of the family end too. The caller deletes the messages and files:
        ``taking_down`` stays set until :meth:`message_gone`.

        Args:
            job: whose clip it is.
            number: of the round that is decided.
            audit_entry: who decides, and why.
            never_blocked: members whose clip goes, while they can still use the bot.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> TakenDown | None:
            found = find(connection, job)
            if found is None or not _decide(connection, job, number, Decision.TAKEN_DOWN, audit_entry, at):
                return None
            blocked = found.user_id not in never_blocked
            if blocked:
                shut_out(
                    connection,
                    guild=found.guild_id,
                    user=found.user_id,
                    by=audit_entry.actor_id,
                    reason=audit_entry.reason,
                    at=at,
                )
            ended = end_jobs_of(connection, found.guild_id, found.user_id, at) if blocked else []
            family = self._family(connection, found)
            reached = {one.id: one for one in (*ended, *(_take(connection, kin, at) for kin in family))}
            digests = {digest for kin in family for digest in kin.inputs.values()}
            digests |= {kin.clip_sha256 for kin in family if kin.clip_sha256 is not None}
            for kin in family:
                gone = connection.execute("DELETE FROM sheet WHERE job = ? RETURNING sha256", (kin.id,))
                digests |= {sheet["sha256"] for sheet in gone.fetchall()}
                connection.execute("DELETE FROM star WHERE job = ?", (kin.id,))
            return TakenDown(jobs=list(reached.values()), digests=digests, blocked=blocked)

        return await self._db.write(transaction)

    def _family(self, connection: sqlite3.Connection, job: Job) -> list[Job]:
        """A clip, all clips of its guild from the same files, and all that was made from any of them."""
        rows = connection.execute(SAME_FILES, {"job": job.id, "guild": job.guild_id}).fetchall()
        return descent(connection, map(job_from, rows), retells=self._retells, guild=job.guild_id)

    async def taking_down(self) -> list[Job]:
        """Return the jobs whose message still has to be deleted.

        Where none is known, an attempt to post may have arrived without an answer: it is to be looked for.
        """
        return await self._jobs(
            "SELECT * FROM job WHERE taking_down = 1 AND "
            f"(message_id IS NOT NULL OR post_attempts > 0 AND state IN ({sql_list(ENDS)})) "
            "ORDER BY seq LIMIT 50"
        )

    async def message_gone(self, job: JobId) -> None:
        """The message of a clip that was taken down is deleted."""
        await self._changes(
            "UPDATE job SET taking_down = 0, message_id = iif(user_id < 0, NULL, message_id) WHERE id = ?",
            (job,),
        )

    async def behind_a_spoiler(self, job: JobId) -> None:
        """Show the clip behind a spoiler."""
        await self._changes("UPDATE job SET spoiler = 1 WHERE id = ?", (job,))


def _held(connection: sqlite3.Connection, job: JobId, guild: int) -> Job | None:
    found = find(connection, job)
    return found if found is not None and (found.state, found.guild_id) == (State.HELD, guild) else None


def _decide(
    connection: sqlite3.Connection,
    job: JobId,
    number: int,
    decision: Decision,
    audit_entry: AuditEntry,
    at: float,
) -> bool:
    """Store a decision, once."""
    kind = CaseKind.REVIEW if decision in {Decision.APPROVED, Decision.REJECTED} else CaseKind.REPORT
    decided = connection.execute(
        "UPDATE card SET decision = ?, by_user = ?, decided_at = ?, due_at = 0 "
        "WHERE job = ? AND kind = ? AND round = ? AND guild_id = ? AND decision IS NULL",
        (decision, audit_entry.actor_id, at, job, kind, number, audit_entry.guild_id),
    ).rowcount
    if decided:
        write_down(connection, audit_entry, at)
        if kind is CaseKind.REPORT:
            _let_go(connection, job, decision)
    return bool(decided)


def _let_go(connection: sqlite3.Connection, job: JobId, decision: Decision) -> None:
    """Clear away what was kept of a forgotten job for the decision only.

    A takedown still needs the message's id: :meth:`Cases.message_gone` clears it.
    """
    connection.execute(
        "UPDATE report SET reason = '' "
        "WHERE job IN (SELECT id FROM job WHERE id = ? AND forgotten_at IS NOT NULL)",
        (job,),
    )
    if decision is Decision.DISMISSED:
        connection.execute("UPDATE job SET message_id = NULL WHERE id = ? AND user_id < 0", (job,))


def _take(connection: sqlite3.Connection, job: Job, at: float) -> Job:
    cancel(connection, job.id, at)
    connection.execute(
        "UPDATE job SET deleted_at = coalesce(deleted_at, ?), taking_down = 1 WHERE id = ?", (at, job.id)
    )
    return find(connection, job.id) or job
