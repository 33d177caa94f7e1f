"""The actions of a guild's moderators. Each statement names the guild, so none reaches into another.

Each action and its audit entry share one transaction. An action that changes nothing is not logged.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable

from db.audit.log import AuditEntry, write_down
from db.codes import BotCode
from db.jobs.choices import leave_drafts
from db.jobs.ending import CancelOutcome, cancel, end
from db.jobs.erasures import UNDER_ERASE
from db.jobs.job import Job
from db.jobs.ordering import put, slots_beside
from db.jobs.rows import find, transition
from db.sqlite.connection import Database
from db.sqlite.rows import Rows
from db.states import EVERYWHERE, OPEN, OUTSIDE, RETRIED, SET_ASIDE_FROM, JobId, State, sql_list


class Moderation(Rows):
    """The part of the queue that moderators work with."""

    def __init__(
        self, db: Database, *, pseudonym_of: Callable[[int], int], clock: Callable[[], float]
    ) -> None:
        super().__init__(db, clock=clock)
        self._pseudonym_of = pseudonym_of

    async def pause(self, audit_entry: AuditEntry) -> bool:
        """Start no more of a guild's jobs, or of any; False if it is already paused."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            begun = connection.execute(
                "INSERT INTO pause (guild_id, by_user, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (audit_entry.guild_id, audit_entry.actor_id, at),
            ).rowcount
            if begun:
                # The waits that were told did not reckon with this; nothing is to be learnt from them.
                connection.execute(
                    "UPDATE job SET foretold = NULL WHERE state = 'queued' AND :guild IN (guild_id, :all)",
                    {"guild": audit_entry.guild_id, "all": EVERYWHERE},
                )
                write_down(connection, audit_entry, at)
            return bool(begun)

        return await self._db.write(transaction)

    async def resume(self, audit_entry: AuditEntry) -> bool:
        """End a pause and a drain; False if there was neither."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            ended = [
                connection.execute("DELETE FROM pause WHERE guild_id = ?", (audit_entry.guild_id,)).rowcount,
                connection.execute("DELETE FROM drain WHERE guild_id = ?", (audit_entry.guild_id,)).rowcount,
            ]
            if any(ended):
                write_down(connection, audit_entry, at)
            return any(ended)

        return await self._db.write(transaction)

    async def paused(self, guild: int) -> bool:
        """Whether a guild is paused, by its moderators or by the owner."""
        return bool(await self._db.read("SELECT 1 FROM pause WHERE guild_id IN (?, ?)", (guild, EVERYWHERE)))

    async def drain(self, audit_entry: AuditEntry) -> bool:
        """Finish a guild's jobs and take no new ones; False if it is already draining."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            begun = connection.execute(
                "INSERT INTO drain (guild_id, by_user, reason, at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                (audit_entry.guild_id, audit_entry.actor_id, audit_entry.reason, at),
            ).rowcount
            if begun:
                write_down(connection, audit_entry, at)
            return bool(begun)

        return await self._db.write(transaction)

    async def draining(self, guild: int) -> bool:
        """Whether a guild takes no new jobs, for its moderators or for the owner."""
        return bool(await self._db.read("SELECT 1 FROM drain WHERE guild_id IN (?, ?)", (guild, EVERYWHERE)))

    async def move(self, job: JobId, place: int, audit_entry: AuditEntry) -> bool:
        """Put a waiting job at a place (1 = first) among those of the entry's guild in its lane.

        The guild's jobs trade their slots in the fair order among themselves, so no other guild's job comes
        earlier or later. A place beyond the end is the end.

        Returns:
            False where no such job of this guild waits.
        """
        if place < 1:
            raise ValueError("places are counted from 1")
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            slots = slots_beside(connection, audit_entry.guild_id, job)
            if not slots:
                return False
            put(connection, slots, job, place)
            write_down(connection, audit_entry, at)
            return True

        return await self._db.write(transaction)

    async def clear(self, audit_entry: AuditEntry) -> list[Job]:
        """Cancel all waiting jobs of a guild and return them; running jobs continue.

        A job whose member is choosing waits too, and its drafts end with it, those that run as well.

        Args:
            audit_entry: without a target, for how many jobs it reaches is known only here.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> list[Job]:
            waiting = connection.execute(
                "SELECT id FROM job WHERE state = 'queued' AND draft = 0 AND guild_id = ? ORDER BY seq",
                (audit_entry.guild_id,),
            ).fetchall()
            ended = (
                end(connection, row["id"], State.CANCELLED, sources=[State.QUEUED], now=at) for row in waiting
            )
            cancelled = [job for job in ended if job is not None]
            if cancelled:
                write_down(connection, dataclasses.replace(audit_entry, target=f"{len(cancelled)} jobs"), at)
            return cancelled

        return await self._db.write(transaction)

    async def retry(self, job: JobId, audit_entry: AuditEntry, *, keep_clip: bool = False) -> Job | None:
        """Make a failed, quarantined or cancelled job again: the same recipe, at its old place.

        Its counters of crashes and restarts start at 0, and no limit counts it as a new job. Where no draft
        was chosen, new ones are drawn to choose from.

        Args:
            keep_clip: its clip is still there and only has to be posted.

        Returns:
            The job, or None where it is not over, was delivered or refused, or was taken down; where its
            words were cleared away, so that nothing is left to draw; where its member is being erased; and
            where it is a draft.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Job | None:
            found = find(connection, job)
            if found is None or found.draft or found.deleted_at is not None or found.forgotten_at is not None:
                return None
            if connection.execute(f"SELECT 1 WHERE ? IN {UNDER_ERASE}", (found.user_id,)).fetchall():
                return None
            posts = keep_clip and found.clip_sha256 is not None
            chooses = found.takes > 0 and not found.chosen
            fresh = {
                "clip_sha256": None,
                "clip_size": None,
                "receipt": None,
                "rendered_at": None,
                "looked_at": 0,  # that was another clip
            }
            moved = transition(
                connection,
                job,
                State.RENDERED if posts else State.QUEUED,
                sources=RETRIED,
                **({} if posts else fresh),
                ended_at=None,
                started_at=None,
                crashes=0,
                restarts=0,
                stumbles=0,
                stumbled_at=None,
                worker=None,
                trust=None,
                losses=0,
                faults="{}",
                cancel_requested=0,
                stage="",
                fraction=0,
                take=0,
                error_code=None,
                error_text=None,
                error_id=None,
                posting_since=None,
                retry_at=None,
                taking_down=0,
                status_final=found.private,
                choosing=chooses,
                choose_until=None if chooses else found.choose_until,
            )
            if moved is not None and chooses:
                leave_drafts(connection, job)
            if moved is not None:
                write_down(connection, audit_entry, at)
            return moved

        return await self._db.write(transaction)

    async def quarantine(self, job: JobId, audit_entry: AuditEntry) -> bool:
        """Quarantine a job that is not over yet; later answers of an engine about it are stale."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            moved = end(
                connection,
                job,
                State.QUARANTINED,
                sources=SET_ASIDE_FROM,
                now=at,
                cancel_requested=1,
                error_code=BotCode.SET_ASIDE,
            )
            if moved is not None:
                write_down(connection, audit_entry, at)
            return moved is not None

        return await self._db.write(transaction)

    async def ban(
        self,
        guild: int,
        user: int,
        by: int,
        reason: str,
        *,
        audit_entry: AuditEntry | None = None,
    ) -> list[Job]:
        """Take no more jobs from a member; a second ban replaces the first.

        Their waiting jobs are cancelled, and a running one is asked to stop.

        Returns:
            The changed jobs.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> list[Job]:
            shut_out(connection, guild=guild, user=user, by=by, reason=reason, at=at)
            if audit_entry is not None:
                write_down(connection, audit_entry, at)
            return end_jobs_of(connection, guild, user, at)

        return await self._db.write(transaction)

    async def unban(self, guild: int, user: int, *, audit_entry: AuditEntry | None = None) -> bool:
        """Take a member's jobs again; False if there was no ban."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            ended = connection.execute(
                "DELETE FROM ban WHERE guild_id = ? AND user_id IN (?, ?)",
                (guild, user, self._pseudonym_of(user)),
            ).rowcount
            if ended and audit_entry is not None:
                write_down(connection, audit_entry, at)
            return bool(ended)

        return await self._db.write(transaction)

    async def banned(self, guild: int, user: int) -> str | None:
        """Return the reason of a member's ban, or None where there is none; a ban outlives an erase."""
        rows = await self._db.read(
            "SELECT reason FROM ban WHERE guild_id = ? AND user_id IN (?, ?)",
            (guild, user, self._pseudonym_of(user)),
        )
        return rows[0]["reason"] if rows else None


def shut_out(
    connection: sqlite3.Connection, *, guild: int, user: int, by: int, reason: str, at: float
) -> None:
    """Store a ban; it replaces an earlier one."""
    connection.execute(
        "REPLACE INTO ban (guild_id, user_id, by_user, reason, at) VALUES (?, ?, ?, ?, ?)",
        (guild, user, by, reason, at),
    )


def end_jobs_of(connection: sqlite3.Connection, guild: int, user: int, at: float) -> list[Job]:
    """Cancel a banned member's waiting jobs, ask a running one to stop, and return all of them.

    These are the jobs in the guild, and those from outside of guilds: the ban holds there, too.
    """
    rows = connection.execute(
        f"SELECT id FROM job WHERE state IN ({sql_list(OPEN)}) AND guild_id IN (?, ?, ?) AND user_id = ?",
        (guild, *OUTSIDE, user),
    ).fetchall()
    stopped = {CancelOutcome.DONE, CancelOutcome.ASKED, CancelOutcome.AGAIN}
    ids = [row["id"] for row in rows if cancel(connection, row["id"], at) in stopped]
    return [job for each in ids if (job := find(connection, each)) is not None]
