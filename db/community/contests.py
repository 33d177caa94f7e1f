"""Contests: entries, one vote a member, and an end that happens once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from db.audit.log import AuditEntry, write_down
from db.community.reels import FIT, add_reel
from db.jobs.job import Job
from db.jobs.rows import job_from
from db.sqlite.rows import Rows, fetch_one
from db.states import JobId

_ENTRIES = f"""
SELECT job.*, (SELECT count(*) FROM contest_vote AS vote
    WHERE vote.contest = :contest AND vote.job = job.id) AS votes
FROM contest_entry AS entry JOIN job ON job.id = entry.job
WHERE entry.contest = :contest AND {FIT} ORDER BY job.id
"""
"""Job ids are random, so their order says nothing of who came first."""


class Entered(StrEnum):
    """What became of an entry or a vote."""

    DONE = "done"
    OVER = "over"
    """There is no contest, or it has ended."""

    UNFIT = "unfit"
    """The clip cannot be shown to everybody here, or is no entry."""

    OWN = "own"
    """Nobody votes for themselves."""

    FULL = "full"


NOWHERE = 0
"""In the place of an announcement's message: there is none, and none is owed."""


@dataclass(frozen=True, kw_only=True)
class Contest:
    """A contest.

    Attributes:
        until: when votes end, Unix seconds.
        at: when it was started, likewise.
    """

    id: int
    guild_id: int
    channel_id: int
    theme: str
    until: float
    at: float


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An entry, and the votes that it has."""

    job: Job
    votes: int


Announce = Callable[[Contest, Sequence[Placed]], str]
"""What is said when a contest ends; the entries with the most votes come first."""


class Contests(Rows):
    """The part of the queue that knows contests."""

    async def start(self, channel: int, theme: str, until: float, audit_entry: AuditEntry) -> Contest | None:
        """Begin a contest; None: there is one already."""
        at, guild = self._clock(), audit_entry.guild_id

        def transaction(connection: sqlite3.Connection) -> Contest | None:
            if _open(connection, guild) is not None:
                return None
            connection.execute(
                "INSERT INTO contest (guild_id, channel_id, by_user, theme, state, until, at) "
                "VALUES (?, ?, ?, ?, 'open', ?, ?)",
                (guild, channel, audit_entry.actor_id, theme, until, at),
            )
            write_down(connection, audit_entry, at)
            return _open(connection, guild)

        return await self._db.write(transaction)

    async def unannounced(self) -> list[Contest]:
        """The contests whose announcement is owed, the oldest first."""
        rows = await self._db.read(
            "SELECT * FROM contest WHERE state = 'open' AND message_id IS NULL "
            "AND guild_id NOT IN (SELECT guild_id FROM departed) ORDER BY at"
        )
        return [_contest(row) for row in rows]

    async def begin_announcing(self, contest: Contest) -> int | None:
        """Write down that Discord is about to be asked; how often it was. None: nothing is owed any more."""

        def transaction(connection: sqlite3.Connection) -> int | None:
            row = fetch_one(
                connection,
                "UPDATE contest SET announcing = announcing + 1 "
                "WHERE id = ? AND state = 'open' AND message_id IS NULL RETURNING announcing",
                (contest.id,),
            )
            return None if row is None else int(row["announcing"])

        return await self._db.write(transaction)

    async def announced(self, contest: Contest, message: int) -> None:
        """Write down the message that announces a contest, or :data:`NOWHERE`."""
        await self._changes("UPDATE contest SET message_id = ? WHERE id = ?", (message, contest.id))

    async def running(self, guild: int) -> Contest | None:
        """A guild's contest; None: there is none."""
        return await self._db.write(lambda connection: _open(connection, guild))

    async def enter(self, guild: int, user: int, job: JobId, *, most: int) -> Entered:
        """Enter a member's clip, in place of the one that they had entered; its votes are gone with it.

        Args:
            most: entries that a contest may have.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Entered:
            contest = _open(connection, guild)
            if contest is None or contest.until <= at:
                return Entered.OVER
            own = {"guild": guild, "job": job, "user": user}
            if (
                fetch_one(connection, f"SELECT 1 FROM job WHERE {FIT} AND id = :job AND user_id = :user", own)
                is None
            ):
                return Entered.UNFIT
            theirs = "(SELECT id FROM job WHERE user_id = ?)"
            others = fetch_one(
                connection,
                f"SELECT count(*) FROM contest_entry WHERE contest = ? AND job NOT IN {theirs}",
                (contest.id, user),
            )
            if others is not None and others[0] >= most:
                return Entered.FULL
            for table in ("contest_vote", "contest_entry"):
                connection.execute(
                    f"DELETE FROM {table} WHERE contest = ? AND job IN {theirs} AND job <> ?",
                    (contest.id, user, job),
                )
            connection.execute(
                "INSERT OR IGNORE INTO contest_entry (contest, guild_id, job, at) VALUES (?, ?, ?, ?)",
                (contest.id, guild, job, at),
            )
            return Entered.DONE

        return await self._db.write(transaction)

    async def entries(self, contest: Contest) -> list[Placed]:
        """The entries that may be shown, in an order that says nothing."""
        rows = await self._db.read(_ENTRIES, {"contest": contest.id, "guild": contest.guild_id})
        return [Placed(job=job_from(row), votes=row["votes"]) for row in rows]

    async def vote(self, guild: int, user: int, job: JobId) -> Entered:
        """Give a member's one vote to an entry, whatever it was given to before."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Entered:
            contest = _open(connection, guild)
            if contest is None or contest.until <= at:
                return Entered.OVER
            entry = fetch_one(
                connection,
                f"SELECT user_id FROM job WHERE {FIT} AND id = :job AND id IN "
                "(SELECT job FROM contest_entry WHERE contest = :contest)",
                {"guild": guild, "job": job, "contest": contest.id},
            )
            if entry is None:
                return Entered.UNFIT
            if entry["user_id"] == user:
                return Entered.OWN
            connection.execute(
                "REPLACE INTO contest_vote (contest, guild_id, user_id, job, at) VALUES (?, ?, ?, ?, ?)",
                (contest.id, guild, user, job, at),
            )
            return Entered.DONE

        return await self._db.write(transaction)

    async def end_now(self, audit_entry: AuditEntry) -> bool:
        """Let a guild's contest end at once. False: there is none."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            ends = connection.execute(
                "UPDATE contest SET until = min(until, ?) WHERE guild_id = ? AND state = 'open'",
                (at, audit_entry.guild_id),
            ).rowcount
            if ends:
                write_down(connection, audit_entry, at)
            return ends > 0

        return await self._db.write(transaction)

    async def close_due(self, announce: Announce, *, most: int) -> int:
        """End every contest whose time is over, and write its reel down in the same transaction.

        Args:
            announce: writes what is said; called inside the transaction.
            most: clips of the reel.

        Returns:
            How many ended.
        """
        at = self._clock()
        over = "SELECT * FROM contest WHERE state = 'open' AND until <= ?"
        if not await self._db.read(over, (at,)):  # nearly always; a write would wait for the disk
            return 0

        def transaction(connection: sqlite3.Connection) -> int:
            rows = connection.execute(over, (at,)).fetchall()
            for row in rows:
                contest = _contest(row)
                found = connection.execute(
                    _ENTRIES, {"contest": contest.id, "guild": contest.guild_id}
                ).fetchall()
                placed = [Placed(job=job_from(entry), votes=entry["votes"]) for entry in found]
                placed.sort(key=lambda one: -one.votes)
                connection.execute("UPDATE contest SET state = 'ended' WHERE id = ?", (contest.id,))
                add_reel(
                    connection,
                    contest.guild_id,
                    f"contest {contest.id}",
                    channel=contest.channel_id,
                    clips=[one.job.id for one in placed[:most]],
                    text=announce(contest, placed),
                    at=at,
                )
            return len(rows)

        return await self._db.write(transaction)


def _contest(row: sqlite3.Row) -> Contest:
    return Contest(
        id=row["id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        theme=row["theme"],
        until=row["until"],
        at=row["at"],
    )


def _open(connection: sqlite3.Connection, guild: int) -> Contest | None:
    row = fetch_one(connection, "SELECT * FROM contest WHERE guild_id = ? AND state = 'open'", (guild,))
    return None if row is None else _contest(row)
