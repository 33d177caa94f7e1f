"""Clips that members keep. The same click sets and removes a star; each member has one star per clip."""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from db.sqlite.rows import Rows, fetch_one
from db.states import JobId

_TOGGLE = """
INSERT INTO star (job, guild_id, user_id, starred, interaction, at)
SELECT id, guild_id, :user, 1, :interaction, :now FROM job WHERE id = :job
ON CONFLICT (job, user_id) DO UPDATE
SET starred = 1 - starred, interaction = excluded.interaction, at = excluded.at
"""

_COUNT = "SELECT count(*) FROM star WHERE guild_id = ? AND user_id = ? AND starred AND job != ?"


class Starred(StrEnum):
    """The result of a click on the star. FULL: the member already has the most stars allowed."""

    ON = "on"
    OFF = "off"
    FULL = "full"


class Stars(Rows):
    """The part of the queue that knows which clips are kept."""

    async def star(self, job: JobId, user: int, *, interaction: int, most: int) -> Starred:
        """Set a member's star on a clip, or remove it.

        Args:
            job: the clip's.
            user: the member.
            interaction: the click's id; a repeated click changes nothing.
            most: stars that a member may have in a guild.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Starred:
            row = fetch_one(
                connection,
                "SELECT starred, interaction FROM star WHERE job = ? AND user_id = ?",
                (job, user),
            )
            if row is not None and row["interaction"] >= interaction:
                return Starred.ON if row["starred"] else Starred.OFF
            sets = row is None or not row["starred"]
            if sets and _others(connection, job, user) >= most:
                return Starred.FULL
            connection.execute(_TOGGLE, {"job": job, "user": user, "interaction": interaction, "now": at})
            return Starred.ON if sets else Starred.OFF

        return await self._db.write(transaction)

    async def stars(self, job: JobId) -> int:
        """How many members keep a clip."""
        (row,) = await self._db.read("SELECT count(*) AS stars FROM star WHERE job = ? AND starred", (job,))
        return int(row["stars"])


def _others(connection: sqlite3.Connection, job: JobId, user: int) -> int:
    """The member's stars on other clips of the same guild."""
    found = fetch_one(connection, "SELECT guild_id FROM job WHERE id = ?", (job,))
    guild = 0 if found is None else found["guild_id"]
    count = fetch_one(connection, _COUNT, (guild, user, job))
    return 0 if count is None else int(count[0])
