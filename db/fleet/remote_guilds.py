"""The servers whose jobs may be drawn on machines that are not the owner's."""

from __future__ import annotations

import sqlite3

from db.audit.log import AuditEntry, write_down
from db.fleet.workers import Trust
from db.sqlite.rows import Rows


class RemoteGuilds(Rows):
    """The table of these servers. One that is not in it trusts the owner's machines only."""

    async def trust_of(self, guild: int) -> Trust:
        """The machines that a server trusts least, and with them those that are trusted more."""
        rows = await self._db.read("SELECT trust FROM remote_guild WHERE guild_id = ?", (guild,))
        return Trust(rows[0]["trust"]) if rows else Trust.OWN

    async def set_trust(self, trust: Trust, audit_entry: AuditEntry) -> None:
        """Let jobs of the entry's server go to friends' machines, to anybody's, or only to the owner's."""
        at, guild = self._clock(), audit_entry.guild_id

        def transaction(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM remote_guild WHERE guild_id = ?", (guild,))
            if trust is not Trust.OWN:
                connection.execute(
                    "INSERT INTO remote_guild (guild_id, trust, at) VALUES (?, ?, ?)", (guild, trust, at)
                )
            write_down(connection, audit_entry, at)

        await self._db.write(transaction)
