"""Guilds that the bot has left: known from the day it was seen, forgotten some days later."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from db.sqlite.rows import Rows
from db.states import EVERYWHERE, OUTSIDE

DAY = 86400.0

HOLD_GUILDS = """
SELECT main.name FROM sqlite_master AS main JOIN pragma_table_info(main.name) AS held
WHERE main.type = 'table' AND held.name = 'guild_id' AND main.name NOT IN ('audit', 'departed')
ORDER BY main.name
"""
"""Every table with something of a guild in it, whoever added it. The audit log is a chain over all guilds."""

NO_GUILDS = {EVERYWHERE, *OUTSIDE}
"""What may stand in the place of a guild's id."""

OF_JOBS = """
SELECT main.name, points."from" AS job
FROM sqlite_master AS main JOIN pragma_foreign_key_list(main.name) AS points
WHERE main.type = 'table' AND points."table" = 'job' AND main.name != 'job'
ORDER BY main.name
"""
"""Tables that belong to jobs, and the column that says to which."""

AMONG_JOBS = """
SELECT points."from" AS other FROM pragma_foreign_key_list('job') AS points WHERE points."table" = 'job'
"""
"""Columns by which a job leads to another, which may be of another guild: a clip can be replayed anywhere."""


class Guilds(Rows):
    """Which guilds are gone."""

    async def record_left(self, guild: int) -> None:
        """The bot is not in this guild any more; what it has open there ends when it is forgotten."""
        await self._changes(
            "INSERT INTO departed (guild_id, at) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (guild, self._clock()),
        )

    async def record_joined(self, guild: int) -> None:
        """The bot is in this guild, again or still."""
        await self._changes("DELETE FROM departed WHERE guild_id = ?", (guild,))

    async def record_present(self, here: Collection[int]) -> None:
        """Compare with all guilds that the bot is in: some may have gone, or come back, while it was away.

        Args:
            here: also those that are unavailable for the moment.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> None:
            tables = [row["name"] for row in connection.execute(HOLD_GUILDS).fetchall()]
            held = " UNION ".join(f"SELECT guild_id FROM {table}" for table in tables)
            known = {row["guild_id"] for row in connection.execute(held).fetchall()} - NO_GUILDS
            gone = {row["guild_id"] for row in connection.execute("SELECT guild_id FROM departed").fetchall()}
            connection.executemany(
                "DELETE FROM departed WHERE guild_id = ?", [(guild,) for guild in gone & set(here)]
            )
            connection.executemany(
                "INSERT INTO departed (guild_id, at) VALUES (?, ?)",
                [(guild, at) for guild in known - gone - set(here)],
            )

        await self._db.write(transaction)

    async def to_forget(self, *, days: float) -> list[int]:
        """Return the guilds that the bot left more than ``days`` ago."""
        rows = await self._db.read(
            "SELECT guild_id FROM departed WHERE at < ? ORDER BY at", (self._clock() - days * DAY,)
        )
        return [row["guild_id"] for row in rows]

    async def forget(self, guild: int) -> int:
        """Delete every row of a guild but its place in the audit log; return how many jobs that were.

        What other guilds made from its clips stays theirs, and no longer says from what.
        Of the log only digests stay: whom and what they stood for is deleted with the rest. Files go with the
        next sweep: no row asks for them any more.
        """

        def transaction(connection: sqlite3.Connection) -> int:
            connection.execute("PRAGMA defer_foreign_keys = ON")
            jobs: int = connection.execute(
                "SELECT count(*) FROM job WHERE guild_id = ?", (guild,)
            ).fetchone()[0]
            for column in connection.execute(AMONG_JOBS).fetchall():
                connection.execute(
                    f"UPDATE job SET {column['other']} = NULL WHERE guild_id <> :guild "
                    f"AND {column['other']} IN (SELECT id FROM job WHERE guild_id = :guild)",
                    {"guild": guild},
                )
            for table in connection.execute(OF_JOBS).fetchall():
                connection.execute(
                    f"DELETE FROM {table['name']} "
                    f"WHERE {table['job']} IN (SELECT id FROM job WHERE guild_id = ?)",
                    (guild,),
                )
            for table in connection.execute(HOLD_GUILDS).fetchall():
                connection.execute(f"DELETE FROM {table['name']} WHERE guild_id = ?", (guild,))
            connection.execute("DELETE FROM departed WHERE guild_id = ?", (guild,))
            return jobs

        deleted = await self._db.write(transaction)
        await self._db.fold()
        return deleted
