"""Showcases, and the reels that are posted of a guild's clips.

Which clips may be shown is decided by one statement, read when a reel is planned and again when it is posted.
A reel is a row before Discord is asked, so it is posted once, whatever ends the bot meanwhile.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from db.audit.log import AuditEntry, write_down
from db.jobs.erasures import UNDER_ERASE
from db.jobs.job import NOWHERE, Job
from db.jobs.rows import job_from
from db.sqlite.rows import Rows, fetch_one
from db.states import JobId

FIT = f"""
    job.guild_id = :guild AND job.state = 'delivered' AND job.clip_sha256 IS NOT NULL
    AND job.deleted_at IS NULL AND job.forgotten_at IS NULL AND NOT job.taking_down
    AND job.channel_id <> {NOWHERE} AND job.message_id IS NOT NULL
    AND NOT job.adult AND NOT job.spoiler AND job.user_id > 0
    AND job.user_id NOT IN {UNDER_ERASE}
    AND job.user_id NOT IN (SELECT user_id FROM gallery_choice WHERE choice = 'hidden')
    AND NOT EXISTS (SELECT 1 FROM ban WHERE ban.guild_id = job.guild_id AND ban.user_id = job.user_id)
    AND (
        NOT EXISTS (SELECT 1 FROM report WHERE report.job = job.id)
        OR EXISTS (
            SELECT 1 FROM card WHERE card.job = job.id AND card.kind = 'report'
                AND card.decision = 'dismissed'
        )
    )
"""
"""Everything that a clip has to be before it is shown to a whole guild."""

_STARS = (
    "(SELECT count(*) FROM star WHERE star.job = job.id AND star.starred AND star.user_id <> job.user_id)"
)

_BEST = f"""
SELECT job.*, {_STARS} AS stars FROM job
WHERE {FIT} AND job.ended_at >= :since AND job.ended_at < :until AND stars > 0
ORDER BY stars DESC, job.seq LIMIT :most
"""


@dataclass(frozen=True, kw_only=True)
class Reel:
    """A reel that is due.

    Attributes:
        name: unique in its guild.
        clips: in the order in which they are shown.
        text: the message's, before the credits.
        attempts: how often it was begun to be posted.
        at: Unix seconds of the row.
    """

    guild_id: int
    name: str
    channel_id: int
    clips: tuple[JobId, ...]
    text: str
    attempts: int
    at: float


@dataclass(frozen=True, kw_only=True)
class Starred:
    """A clip, and how many other members gave it a star."""

    job: Job
    stars: int


class Reels(Rows):
    """The part of the queue that knows showcases and reels."""

    async def choose_channel(self, channel: int | None, audit_entry: AuditEntry) -> bool:
        """Let a guild's reels go to a channel, or (None) nowhere. False: there was none anyway."""
        at, guild = self._clock(), audit_entry.guild_id

        def transaction(connection: sqlite3.Connection) -> bool:
            if channel is None:
                changed = connection.execute("DELETE FROM showcase WHERE guild_id = ?", (guild,)).rowcount > 0
            else:
                connection.execute(
                    "REPLACE INTO showcase (guild_id, channel_id, by_user, at) VALUES (?, ?, ?, ?)",
                    (guild, channel, audit_entry.actor_id, at),
                )
                changed = True
            if changed:
                write_down(connection, audit_entry, at)
            return changed

        return await self._db.write(transaction)

    async def channels(self) -> dict[int, tuple[int, float]]:
        """The channel of each guild that has a showcase and was not left, and since when."""
        rows = await self._db.read(
            "SELECT * FROM showcase WHERE guild_id NOT IN (SELECT guild_id FROM departed)"
        )
        return {row["guild_id"]: (row["channel_id"], row["at"]) for row in rows}

    async def best(self, guild: int, *, since: float, until: float, most: int) -> list[Starred]:
        """The clips of a time with the most stars of other members; the older one first where they tie."""
        rows = await self._db.read(_BEST, {"guild": guild, "since": since, "until": until, "most": most})
        return [Starred(job=job_from(row), stars=row["stars"]) for row in rows]

    async def fit(self, guild: int, jobs: Sequence[JobId]) -> list[Starred]:
        """Those of the jobs that may be shown now, in their order."""
        rows = await self._db.read(
            f"SELECT job.*, {_STARS} AS stars FROM job WHERE {FIT} "
            "AND job.id IN (SELECT value FROM json_each(:jobs))",
            {"guild": guild, "jobs": json.dumps(list(jobs))},
        )
        found = {row["id"]: Starred(job=job_from(row), stars=row["stars"]) for row in rows}
        return [found[job] for job in jobs if job in found]

    async def known(self, guild: int, name: str) -> bool:
        """Whether there is a reel of this name, whatever became of it."""
        return bool(await self._db.read("SELECT 1 FROM reel WHERE guild_id = ? AND name = ?", (guild, name)))

    async def plan(
        self,
        guild: int,
        name: str,
        *,
        channel: int,
        clips: Sequence[JobId],
        text: str,
        audit_entry: AuditEntry | None = None,
    ) -> bool:
        """Write a reel down that is to be posted; without clips or text it is dropped. False: it is known."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            new = add_reel(connection, guild, name, channel=channel, clips=clips, text=text, at=at)
            if new and audit_entry is not None:
                write_down(connection, audit_entry, at)
            return new

        return await self._db.write(transaction)

    async def due(self) -> list[Reel]:
        """The reels that are to be posted, the oldest first."""
        rows = await self._db.read(
            "SELECT * FROM reel WHERE state IN ('due', 'posting') "
            "AND guild_id NOT IN (SELECT guild_id FROM departed) ORDER BY at"
        )
        return [
            Reel(
                guild_id=row["guild_id"],
                name=row["name"],
                channel_id=row["channel_id"],
                clips=tuple(JobId(job) for job in json.loads(row["clips"])),
                text=row["text"],
                attempts=row["attempts"],
                at=row["at"],
            )
            for row in rows
        ]

    async def begin(self, reel: Reel, clips: Sequence[JobId]) -> bool:
        """Write down that Discord is about to be asked. False: the reel is not to be posted any more.

        Args:
            reel: which.
            clips: those that are in its file; none: it has no file by which its message could be found again.
        """
        return await self._changes(
            "UPDATE reel SET state = 'posting', attempts = attempts + 1, clips = ? "
            "WHERE guild_id = ? AND name = ? AND state IN ('due', 'posting')",
            (json.dumps(list(clips)), reel.guild_id, reel.name),
        )

    async def finish(self, reel: Reel, message: int | None) -> None:
        """Write down that a reel was posted as this message, or (None) is not going to be."""
        await self._changes(
            "UPDATE reel SET state = ?, message_id = ? WHERE guild_id = ? AND name = ?",
            ("dropped" if message is None else "posted", message, reel.guild_id, reel.name),
        )


def add_reel(
    connection: sqlite3.Connection,
    guild: int,
    name: str,
    *,
    channel: int,
    clips: Sequence[JobId],
    text: str,
    at: float,
) -> bool:
    """Write a reel down inside a transaction; False: there is one of this name."""
    if fetch_one(connection, "SELECT 1 FROM reel WHERE guild_id = ? AND name = ?", (guild, name)):
        return False
    connection.execute(
        "INSERT INTO reel (guild_id, name, state, channel_id, clips, text, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (guild, name, "due" if clips or text else "dropped", channel, json.dumps(list(clips)), text, at),
    )
    return True
