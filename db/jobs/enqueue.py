"""The way into the queue: once per key, within the limits, in one transaction."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from db.errors import Draining, KeyGone, Limit, LimitReached, MemberBanned, ParentGone
from db.jobs.allowances import Allowed, Ceilings, Precedence, Spent, allowed
from db.jobs.erasures import check_not_erased
from db.jobs.fairness import FairShare, delay_of, expected_seconds
from db.jobs.job import Job, NewJob
from db.jobs.ordering import put_before_others
from db.jobs.review_requests import CaseKind, open_case
from db.jobs.rows import job_from
from db.lanes.lane_sizes import engines_in_all
from db.sqlite.connection import Database
from db.sqlite.rows import Rows, fetch_one
from db.states import (
    DIRECT,
    EVERYWHERE,
    NOT_DRAWN,
    STRANGERS,
    JobId,
    State,
    is_outside,
    new_job_id,
    sql_list,
)

HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True, kw_only=True)
class StrangerLimits:
    """The owner's limits for whoever shares no guild with the bot. Their jobs wait until no guild's do.

    Attributes:
        waiting: one stranger's jobs that wait, or are held.
        day: jobs that one stranger asked for within 24 hours; failed ones don't count.
        all_waiting: the jobs of all strangers that wait, for each engine. They fill no guild's queue.
    """

    waiting: int
    day: int
    all_waiting: int


@dataclass(frozen=True, kw_only=True)
class EnqueueLimits:
    """The owner's limits for requests. A member is a user in a guild.

    Attributes:
        per_member_waiting: a member's jobs that wait, or are held, before they run.
        per_member_hour: jobs that a member asked for within an hour; failed ones don't count.
        per_member_day: GPU-seconds of a member's clips within 24 hours. It is checked at each request, so
            jobs that already wait may exceed it a little.
        per_guild_waiting: a guild's jobs that wait or are held, for each engine.
        total_waiting: all jobs that wait or are held, for each engine, without those of strangers.
        ceilings: the most that moderators may set for a member instead of the first three.
        strangers: what holds for whoever shares no guild with the bot.
    """

    per_member_waiting: int
    per_member_hour: int
    per_member_day: float
    per_guild_waiting: int
    total_waiting: int
    ceilings: Ceilings
    strangers: StrangerLimits


@dataclass(frozen=True, kw_only=True)
class Enqueued:
    """A job that is safely stored.

    Attributes:
        created: False if the key was known and this is the job of the first call.
    """

    job: Job
    created: bool


@dataclass(frozen=True, kw_only=True)
class Used:
    """What a member has used of their limits.

    Attributes:
        waiting: jobs that wait, or are held.
        hour: jobs asked for within an hour.
        day: GPU-seconds within 24 hours.
    """

    waiting: int
    hour: int
    day: float


class Admission(Rows):
    """The part of the queue that takes jobs in."""

    def __init__(
        self,
        db: Database,
        *,
        share: FairShare,
        pseudonym_of: Callable[[int], int],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(db, clock=clock)
        self._share = share
        self._pseudonym_of = pseudonym_of

    async def enqueue(self, new: NewJob, limits: EnqueueLimits) -> Enqueued:
        """Store a job. When this returns, the job survives a crash or a power cut.

        Raises:
            MemberBanned: the member is shut out.
            Draining: the guild takes nothing new.
            LimitReached: a limit is reached.
            AskedBeforeErase: the member has asked to be erased since they asked for this.
            KeyGone: the API key by which it was asked for has ended.
            ParentGone: what it was to be made from was deleted since.
        """
        at = self._clock()
        pseudonym = self._pseudonym_of(new.user_id)
        who = (new.user_id, pseudonym)

        def transaction(connection: sqlite3.Connection) -> Enqueued:
            known = fetch_one(connection, "SELECT * FROM job WHERE key = ?", (new.key,))
            if known is not None:
                return Enqueued(job=job_from(known), created=False)
            check_not_erased(connection, new.user_id, pseudonym, new.interaction)
            _check_key(connection, new)
            _check_parent(connection, new)
            precedence = _check(connection, new.guild_id, who, new.roles, limits, at)
            return Enqueued(job=_insert(connection, new, precedence, at, self._share), created=True)

        return await self._db.write(transaction, reserved=False)

    async def record_answer(
        self, job: JobId, channel_id: int, message_id: int, *, foretold: float, ahead: int
    ) -> bool:
        """The member has been told.

        Args:
            channel_id, message_id: the public message that follows the job from now on.
            foretold: the wait in seconds that the range was made around.
            ahead: how many jobs stood before it.
        """
        return await self._changes(
            "UPDATE job SET status_channel_id = ?, status_message_id = ?, foretold = ?, foretold_ahead = ? "
            "WHERE id = ? AND user_id > 0",
            (channel_id, message_id, foretold, ahead, job),
        )

    async def check_limits(
        self,
        guild: int,
        user: int,
        roles: Collection[int],
        limits: EnqueueLimits,
    ) -> Precedence:
        """Return if the member may ask for a job now. It is checked before anything is downloaded.

        Returns:
            When the job's turn would come.

        Raises:
            MemberBanned: the member is shut out.
            Draining: the guild takes nothing new.
            LimitReached: a limit is reached.
        """
        at = self._clock()
        who = (user, self._pseudonym_of(user))
        return await self._db.look(lambda connection: _check(connection, guild, who, roles, limits, at))

    async def left(
        self, guild: int, user: int, roles: Collection[int], limits: EnqueueLimits
    ) -> tuple[Allowed, Used]:
        """What a member may ask for, and what of it is used."""
        at = self._clock()
        who = (user, self._pseudonym_of(user))

        def look(connection: sqlite3.Connection) -> tuple[Allowed, Used]:
            return _allowed(connection, guild, who, roles, limits), _used(connection, guild, who, at)

        return await self._db.look(look)


Who = tuple[int, int]
"""A member's id and their pseudonym: what they used before an erase counts, and so does a ban from then."""


def _check_key(connection: sqlite3.Connection, new: NewJob) -> None:
    """The key by which this job is asked for may have ended since it was looked at."""
    if new.api_key is None:
        return
    if fetch_one(connection, "SELECT 1 FROM api_key WHERE id = ?", (new.api_key,)) is None:
        raise KeyGone(f"the key {new.api_key} has ended")


def _check_parent(connection: sqlite3.Connection, new: NewJob) -> None:
    """The job that this one is made from may have been erased or taken down since it was looked at."""
    if new.parent is None:
        return
    gone = "SELECT 1 FROM job WHERE id = ? AND (forgotten_at IS NOT NULL OR deleted_at IS NOT NULL)"
    if fetch_one(connection, gone, (new.parent,)) is not None:
        raise ParentGone(f"job {new.parent} was deleted")


def _check(
    connection: sqlite3.Connection,
    guild: int,
    who: Who,
    roles: Collection[int],
    limits: EnqueueLimits,
    now: float,
) -> Precedence:
    user, _ = who
    _check_ban(connection, guild, who)
    if fetch_one(connection, "SELECT 1 FROM drain WHERE guild_id IN (?, ?)", (guild, EVERYWHERE)) is not None:
        raise Draining(f"guild {guild} takes nothing new")
    own = _allowed(connection, guild, who, roles, limits)
    if guild == STRANGERS:
        _check_day_of_stranger(connection, who, limits.strangers.day, now)
    _check_hour(connection, guild, who, own.hour, now)
    _check_waiting(connection, guild, user, own.waiting, limits)
    return _precedence(connection, guild, who, own, now)


def _allowed(
    connection: sqlite3.Connection, guild: int, who: Who, roles: Collection[int], limits: EnqueueLimits
) -> Allowed:
    default = Allowed(
        waiting=limits.per_member_waiting, hour=limits.per_member_hour, day=limits.per_member_day
    )
    if guild == STRANGERS:
        return replace(
            default,
            waiting=min(default.waiting, limits.strangers.waiting),
            precedence=Precedence.BACKGROUND,
        )
    return allowed(connection, guild, who, roles, default=default, ceilings=limits.ceilings)


def _used(connection: sqlite3.Connection, guild: int, who: Who, now: float) -> Used:
    row = connection.execute(
        f"""
        SELECT
            count(*) FILTER (
                WHERE state IN ({sql_list(NOT_DRAWN)}) AND clip_sha256 IS NULL AND user_id = :user
                    AND draft = 0
            ) AS waiting,
            count(*) FILTER (WHERE created_at > :hour AND state <> 'failed' AND draft = 0) AS hour,
            total(charged_seconds) FILTER (WHERE created_at > :day) AS day
        FROM job WHERE guild_id = :guild AND user_id IN (:user, :pseudonym)
        """,
        {"guild": guild, "user": who[0], "pseudonym": who[1], "hour": now - HOUR, "day": now - DAY},
    ).fetchone()
    return Used(waiting=row["waiting"], hour=row["hour"], day=row["day"])


def _check_ban(connection: sqlite3.Connection, guild: int, who: Who) -> None:
    ban = fetch_one(
        connection,
        "SELECT reason FROM ban WHERE (guild_id = ? OR ?) AND user_id IN (?, ?)",
        (guild, is_outside(guild), *who),
    )
    if ban is not None:
        raise MemberBanned(ban["reason"])


def _check_hour(connection: sqlite3.Connection, guild: int, who: Who, allowed: int, now: float) -> None:
    recent = connection.execute(
        "SELECT created_at FROM job WHERE guild_id = ? AND user_id IN (?, ?) AND created_at > ? "
        "AND state <> 'failed' AND draft = 0 ORDER BY created_at DESC LIMIT ?",
        (guild, *who, now - HOUR, allowed),
    ).fetchall()
    if len(recent) >= allowed:
        # The oldest of the newest `allowed` jobs has to leave the hour first.
        retry_after = recent[-1]["created_at"] + HOUR - now if recent else None
        raise LimitReached(Limit.PER_MEMBER_HOUR, allowed, retry_after)


def _check_day_of_stranger(connection: sqlite3.Connection, who: Who, most: int, now: float) -> None:
    recent = connection.execute(
        "SELECT created_at FROM job WHERE guild_id = ? AND user_id IN (?, ?) AND created_at > ? "
        "AND state <> 'failed' AND draft = 0 ORDER BY created_at DESC LIMIT ?",
        (STRANGERS, *who, now - DAY, most),
    ).fetchall()
    if len(recent) >= most:
        raise LimitReached(Limit.STRANGER_DAY, most, recent[-1]["created_at"] + DAY - now if recent else None)


def _precedence(connection: sqlite3.Connection, guild: int, who: Who, own: Allowed, now: float) -> Precedence:
    """When a new job's turn comes. Refused if the day is used up and it may not wait in the background."""
    if own.precedence is Precedence.BACKGROUND or math.isinf(own.day):
        return own.precedence
    charged = connection.execute(
        "SELECT created_at, charged_seconds FROM job "
        "WHERE guild_id = ? AND user_id IN (?, ?) AND created_at > ? AND charged_seconds > 0 "
        "ORDER BY created_at",
        (guild, *who, now - DAY),
    ).fetchall()
    used = sum(row["charged_seconds"] for row in charged)
    if used < own.day:
        return own.precedence
    if own.spent is Spent.BACKGROUND:
        return Precedence.BACKGROUND
    for row in charged:  # the oldest clips leave the day first
        used -= row["charged_seconds"]
        if used < own.day:
            raise LimitReached(Limit.PER_MEMBER_DAY, own.day, row["created_at"] + DAY - now)
    raise LimitReached(Limit.PER_MEMBER_DAY, own.day)


def _check_waiting(
    connection: sqlite3.Connection, guild: int, user: int, waiting: int, limits: EnqueueLimits
) -> None:
    total, here, own = connection.execute(
        f"""
        SELECT
            count(*) FILTER (WHERE guild_id <> {STRANGERS}),
            count(*) FILTER (WHERE guild_id = :guild_id),
            count(*) FILTER (WHERE guild_id = :guild_id AND user_id = :user_id AND draft = 0)
        FROM job
        WHERE state IN ({sql_list(NOT_DRAWN)}) AND clip_sha256 IS NULL
        """,
        {"guild_id": guild, "user_id": user},
    ).fetchone()
    if own >= waiting:
        raise LimitReached(Limit.PER_MEMBER_WAITING, waiting)
    engines = engines_in_all(connection)
    if guild == STRANGERS:
        if here >= limits.strangers.all_waiting * engines:
            raise LimitReached(Limit.STRANGERS_WAITING, limits.strangers.all_waiting * engines)
        return
    if here >= limits.per_guild_waiting * engines:
        which = Limit.DIRECT_WAITING if guild == DIRECT else Limit.PER_GUILD_WAITING
        raise LimitReached(which, limits.per_guild_waiting * engines)
    if total >= limits.total_waiting * engines:
        raise LimitReached(Limit.TOTAL_WAITING, limits.total_waiting * engines)


_AS_GIVEN = (
    "key",
    "kind",
    "guild_id",
    "channel_id",
    "user_id",
    "recipe",
    "profile",
    "parent",
    "adult",
    "spoiler",
    "status_message_id",
    "seed",
    "seen",
    "lane",
    "engine",
    "api_key",
    "ability",
    "takes",
    "private",
    "token",
    "answer_only",
    "given",
    "language",
)
"""What stands in a new row as it was given."""


_OWN_SLOT = "UPDATE job SET slot_seq = seq WHERE seq = ? RETURNING *"


def _insert(
    connection: sqlite3.Connection, new: NewJob, precedence: Precedence, now: float, share: FairShare
) -> Job:
    first = precedence is Precedence.FIRST
    delay = delay_of(connection, new.guild_id, new.user_id, now, share, lane=new.lane, own_use=not first)
    seq = connection.execute(
        """
        INSERT INTO job (
            id, key, kind, state, guild_id, channel_id, user_id, recipe, profile, inputs, parent, created_at,
            priority, slot_seq, due, expected, before_others, held_reason, adult, spoiler,
            status_channel_id, status_message_id, seed, seen, lane, engine, api_key,
            ability, takes, choosing, private, token, answer_only, status_final, given, language
        ) VALUES (
            :id, :key, :kind, :state, :guild_id, :channel_id, :user_id, :recipe, :profile, :inputs, :parent,
            :now, :priority, 0, :due, :expected, :first, :held_reason, :adult, :spoiler,
            :status_channel_id, :status_message_id, :seed, :seen, :lane, :engine, :api_key,
            :ability, :takes, :takes > 0, :private, :token, :answer_only, :private, :given, :language
        )
        """,
        {
            **{name: getattr(new, name) for name in _AS_GIVEN},
            "id": new_job_id(),
            "inputs": json.dumps(dict(new.inputs)),
            "now": now,
            "priority": precedence.priority,
            "first": first,
            "state": State.QUEUED if new.hold is None else State.HELD,
            "held_reason": None if new.hold is None else new.hold.reason,
            "due": now + delay,
            "expected": expected_seconds(connection, new.profile, new.lane),
            "status_channel_id": None if new.status_message_id is None else new.channel_id,
        },
    ).lastrowid
    job = job_from(connection.execute(_OWN_SLOT, (seq,)).fetchall()[0])
    if new.hold is not None:
        open_case(connection, job, CaseKind.REVIEW, at=now, with_file=new.hold.with_file)
    elif first:
        put_before_others(connection, job.guild_id, job.id)
    return job
