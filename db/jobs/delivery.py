"""How a finished clip reaches its channel once: what is stored before and after each attempt to post.

``posting`` is committed before the call to Discord. After a crash, the bot can't know whether that call went
through. So if a job is found in ``posting``, the bot looks for its message before it posts the clip again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from enum import Enum, auto

from db.audit.log import AuditEntry, write_down
from db.jobs.ending import end
from db.jobs.erasures import UNDER_ERASE
from db.jobs.job import NOWHERE, Job
from db.jobs.review_requests import CaseKind, approve_case, open_case
from db.jobs.rows import JobRows, find, job_from, transition
from db.sqlite.rows import fetch_one
from db.states import (
    ENDS,
    EVERYWHERE,
    HOLDABLE,
    POSTED_AGAIN,
    TO_POST,
    JobId,
    State,
    check_move,
    new_job_id,
    sql_list,
)

PUBLISHABLE = f"""
SELECT 1 FROM job
WHERE id = :job AND private AND draft = 0 AND state = '{State.DELIVERED}' AND clip_sha256 IS NOT NULL
    AND deleted_at IS NULL AND forgotten_at IS NULL AND user_id NOT IN {UNDER_ERASE}
    AND NOT EXISTS (SELECT 1 FROM ban WHERE ban.guild_id = job.guild_id AND ban.user_id = job.user_id)
    AND NOT EXISTS (SELECT 1 FROM drain WHERE drain.guild_id IN (job.guild_id, {EVERYWHERE}))
"""
"""Whether a private clip may be posted where it was asked for."""

PUBLISH = f"""
INSERT INTO job (
    id, key, kind, state, guild_id, channel_id, user_id, recipe, profile, inputs, parent, created_at,
    priority, slot_seq, due, expected, adult, spoiler, seed, seen, lane, engine, clip_sha256,
    clip_size, receipt, rendered_at, status_final, language
)
SELECT
    :id, :key, kind, '{State.RENDERED}', guild_id, channel_id, user_id, recipe, profile, inputs, id, :now, 0,
    slot_seq, :now, 0, adult, spoiler, seed, seen, lane, engine, clip_sha256, clip_size, receipt,
    :now, 1, language
FROM job
WHERE id = :job
"""
"""A clip that is ready already, as a job that has only to be screened and posted."""


class Published(Enum):
    """What became of the wish to post a private clip where it was asked for."""

    NOW = auto()
    """It is to be posted from now on."""

    WAITING = auto()
    """It was asked for before, and waits to be posted or for a moderator."""

    BEFORE = auto()
    """It has been posted."""

    REFUSED = auto()
    """Moderators don't want it there."""

    IMPOSSIBLE = auto()
    """The clip is gone, its member is banned or being erased, or the server takes nothing."""


BECAME = {
    State.DELIVERED: Published.BEFORE,
    State.REFUSED: Published.REFUSED,
    State.QUARANTINED: Published.REFUSED,
}
"""What became of an earlier wish, by the state of its post; in all other states it is under way."""


class Delivery(JobRows):
    """The part of the queue that delivery and the status messages work with."""

    async def to_deliver(self) -> list[Job]:
        """Return what may be posted now, the oldest clip first.

        Left out is what an earlier :meth:`begin_posting` is still busy with, until :meth:`record_posted`,
        :meth:`postpone`, ``fail`` or, after a restart, ``recover``.
        """
        return await self._jobs(
            f"SELECT * FROM job WHERE state IN ({sql_list(TO_POST)}) AND NOT in_flight "
            f"AND user_id NOT IN {UNDER_ERASE} "
            "AND (retry_at IS NULL OR retry_at <= ?) ORDER BY rendered_at, seq",
            (self._clock(),),
        )

    async def begin_posting(self, job: JobId) -> Job | None:
        """Record that posting is about to be tried.

        Returns:
            The job, or None where it has moved on (cancelled, held, delivered), another attempt is under
            way, or its member is being erased.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Job | None:
            check_move(job, State.RENDERED, State.POSTING)
            row = fetch_one(
                connection,
                "UPDATE job SET state = 'posting', in_flight = 1, post_attempts = post_attempts + 1, "
                "posting_since = coalesce(posting_since, :now), retry_at = NULL "
                f"WHERE id = :job AND state IN ({sql_list(TO_POST)}) AND NOT in_flight "
                f"AND user_id NOT IN {UNDER_ERASE} RETURNING *",
                {"now": at, "job": job},
            )
            return None if row is None else job_from(row)

        return await self._db.write(transaction)

    async def record_posted(self, job: JobId, message_id: int | None) -> bool:
        """Record that the clip has reached the member; ``message_id`` is None where no channel carries it."""
        at = self._clock()
        return await self._db.write(
            lambda connection: (
                transition(
                    connection,
                    job,
                    State.DELIVERED,
                    sources=[State.POSTING],
                    message_id=message_id,
                    ended_at=at,
                    token=None,
                    token_at=None,
                    retry_at=None,
                    in_flight=0,
                )
                is not None
            )
        )

    async def publish(self, job: JobId) -> Published:
        """Let a private clip be posted where it was asked for, as a job of its own.

        It is tried again where that failed, or was cancelled.
        """
        at = self._clock()
        key = f"post {job}"

        def transaction(connection: sqlite3.Connection) -> Published:
            earlier = fetch_one(connection, "SELECT id, state, deleted_at FROM job WHERE key = ?", (key,))
            if earlier is not None and earlier["deleted_at"] is not None:
                return Published.BEFORE
            if earlier is not None and earlier["state"] not in POSTED_AGAIN:
                return BECAME.get(State(earlier["state"]), Published.WAITING)
            if fetch_one(connection, PUBLISHABLE, {"job": job}) is None:
                return Published.IMPOSSIBLE
            if earlier is None:
                connection.execute(PUBLISH, {"job": job, "id": new_job_id(), "key": key, "now": at})
                return Published.NOW
            transition(
                connection,
                earlier["id"],
                State.RENDERED,
                sources=POSTED_AGAIN,
                taking_down=0,
                ended_at=None,
                error_code=None,
                error_text=None,
                error_id=None,
                posting_since=None,
                retry_at=None,
            )
            return Published.NOW

        return await self._db.write(transaction)

    async def postpone(self, job: JobId, seconds: float) -> bool:
        """Record that an attempt failed; the next may begin after this many seconds."""
        return await self._changes(
            f"UPDATE job SET retry_at = ?, in_flight = 0 WHERE id = ? AND state IN ({sql_list(TO_POST)})",
            (self._clock() + seconds, job),
        )

    async def hold(
        self,
        job: JobId,
        reason: str,
        *,
        with_file: bool = True,
        audit_entry: AuditEntry | None = None,
    ) -> bool:
        """Let a job wait for a review, before it runs or before it is posted, and ask moderators.

        Args:
            with_file: its picture or clip may be shown to them.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            held = transition(connection, job, State.HELD, sources=HOLDABLE, held_reason=reason)
            if held is None:
                return False
            open_case(connection, held, CaseKind.REVIEW, at=at, with_file=with_file)
            if audit_entry is not None:
                write_down(connection, audit_entry, at)
            return True

        return await self._db.write(transaction)

    async def refuse(self, job: JobId, code: str, text: str) -> bool:
        """End a job whose clip is shown to nobody; ``text`` is what its member reads."""
        at = self._clock()
        return await self._db.write(
            lambda connection: (
                end(
                    connection,
                    job,
                    State.REFUSED,
                    sources=[State.RENDERED],
                    now=at,
                    error_code=code,
                    error_text=text,
                )
                is not None
            )
        )

    async def release(self, job: JobId, *, audit_entry: AuditEntry | None = None) -> bool:
        """Let a held job continue from where it was held. A finished clip is not held again by a rule."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            found = find(connection, job)
            if found is None:
                return False
            finished = found.clip_sha256 is not None
            new = State.RENDERED if finished else State.QUEUED
            released = transition(connection, job, new, sources=[State.HELD], looked_at=finished)
            if released is not None and audit_entry is not None:
                approve_case(connection, job, by=audit_entry.actor_id, at=at)
                write_down(connection, audit_entry, at)
            return released is not None

        return await self._db.write(transaction)

    async def try_now(self, jobs: Collection[JobId]) -> None:
        """Postponed posts don't have to wait any longer."""
        await self._db.write(
            lambda connection: (
                connection.executemany(
                    "UPDATE job SET retry_at = NULL "
                    f"WHERE id = ? AND state IN ({sql_list(TO_POST)}) AND NOT in_flight",
                    [(job,) for job in jobs],
                ).rowcount
            )
        )

    async def set_status_message(self, job: JobId, channel_id: int, message_id: int) -> bool:
        """Remember the public message that follows the job. One that only an answer can follow has none."""
        return await self._changes(
            "UPDATE job SET status_channel_id = ?, status_message_id = ? "
            "WHERE id = ? AND user_id > 0 AND NOT answer_only",
            (channel_id, message_id, job),
        )

    async def is_followed_elsewhere(self, job: Job) -> bool:
        """Whether another message follows a job than when its row was read."""
        rows = await self._db.read("SELECT status_message_id FROM job WHERE id = ?", (job.id,))
        return bool(rows) and rows[0]["status_message_id"] != job.status_message_id

    async def finish_status(self, job: JobId) -> bool:
        """Record that the status message needs no more edits."""
        return await self._changes("UPDATE job SET status_final = 1 WHERE id = ?", (job,))

    async def open_statuses(self) -> list[Job]:
        """Return the jobs whose status message is not final, or that ended without a final status."""
        return await self._jobs(
            f"SELECT * FROM job WHERE status_final = 0 AND channel_id <> {NOWHERE} "
            f"AND draft = 0 AND NOT private "
            f"AND (status_message_id IS NOT NULL OR answer_only OR state IN ({sql_list(ENDS)})) ORDER BY seq"
        )
