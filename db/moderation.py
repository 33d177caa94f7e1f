"""What the moderators of a guild may do; each statement names the guild, so none reaches into another."""

from __future__ import annotations

import sqlite3

from db.fairness import FAIR_ORDER
from db.jobs import Job, JobId, State
from db.rows import Rows, transition

SLOTS = f"""
{FAIR_ORDER}
SELECT job.id, job.priority, job.front, job.slot_user, job.slot_seq
FROM fair JOIN job ON job.id = fair.id
WHERE job.guild_id = ?
ORDER BY fair.place
"""  # noqa: S608 - FAIR_ORDER is a constant


class Moderation(Rows):
    """The part of the queue that moderators work with."""

    async def pause(self, guild: int, by: int, now: float | None = None) -> bool:
        """Start no more of a guild's jobs; False where it is paused already."""
        return await self._changes(
            "INSERT INTO pause (guild_id, by_user, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (guild, by, self._now(now)),
        )

    async def resume(self, guild: int) -> bool:
        """End a pause; False where there was none."""
        return await self._changes("DELETE FROM pause WHERE guild_id = ?", (guild,))

    async def paused(self, guild: int) -> bool:
        """Whether a guild is paused."""
        return bool(await self._db.read("SELECT 1 FROM pause WHERE guild_id = ?", (guild,)))

    async def move(self, job: JobId, guild: int, place: int) -> bool:
        """Put a waiting job at a place (1 = first) among its guild's waiting jobs.

        The jobs of the guild trade their slots in the fair order among each other, so no job of another guild
        comes later, or earlier, for it. A place beyond the end is the end.

        Returns:
            False where no such job of this guild waits.
        """
        if place < 1:
            raise ValueError("places are counted from 1")

        def transaction(connection: sqlite3.Connection) -> bool:
            rows = connection.execute(SLOTS, (guild,)).fetchall()
            order: list[str] = [row["id"] for row in rows]
            if job not in order:
                return False
            order.remove(job)
            order.insert(place - 1, job)
            connection.executemany(
                "UPDATE job SET priority = ?, front = ?, slot_user = ?, slot_seq = ? WHERE id = ?",
                [
                    (slot["priority"], slot["front"], slot["slot_user"], slot["slot_seq"], moved)
                    for slot, moved in zip(rows, order, strict=True)
                ],
            )
            return True

        return await self._db.write(transaction)

    async def clear(self, guild: int, now: float | None = None) -> list[Job]:
        """Cancel all waiting jobs of a guild and return them; what runs goes on."""
        at = self._now(now)

        def transaction(connection: sqlite3.Connection) -> list[Job]:
            waiting = connection.execute(SLOTS, (guild,)).fetchall()
            cancelled = (
                transition(connection, row["id"], State.CANCELLED, sources=[State.QUEUED], ended_at=at)
                for row in waiting
            )
            return [job for job in cancelled if job is not None]

        return await self._db.write(transaction)

    async def ban(self, guild: int, user: int, by: int, reason: str, now: float | None = None) -> None:
        """Take no more jobs of a member; a second ban replaces the first."""
        await self._changes(
            "REPLACE INTO ban (guild_id, user_id, by_user, reason, at) VALUES (?, ?, ?, ?, ?)",
            (guild, user, by, reason, self._now(now)),
        )

    async def unban(self, guild: int, user: int) -> bool:
        """Take a member's jobs again; False where there was no ban."""
        return await self._changes("DELETE FROM ban WHERE guild_id = ? AND user_id = ?", (guild, user))

    async def banned(self, guild: int, user: int) -> str | None:
        """Return the reason of a member's ban, or None where there is none."""
        rows = await self._db.read("SELECT reason FROM ban WHERE guild_id = ? AND user_id = ?", (guild, user))
        return rows[0]["reason"] if rows else None
