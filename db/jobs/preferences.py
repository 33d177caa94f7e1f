"""What members and servers would have if nothing else is asked for."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from db.audit.log import AuditEntry, write_down
from db.jobs.erasures import check_not_erased
from db.sqlite.rows import Rows

Value = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Preferred:
    """Options by name.

    Attributes:
        own: the member's.
        server: the server's.
    """

    own: Mapping[str, Value] = field(default_factory=dict)
    server: Mapping[str, Value] = field(default_factory=dict)

    @property
    def together(self) -> dict[str, Value]:
        """The member's, and the server's where the member has none."""
        return {**self.server, **self.own}


class Preferences(Rows):
    """The part of the queue that remembers them."""

    async def of(self, guild: int, user: int) -> Preferred:
        """Return what holds for a member in a guild."""
        own = await self._db.read(
            "SELECT options FROM preference WHERE guild_id = ? AND user_id = ?", (guild, user)
        )
        server = await self._db.read("SELECT options FROM guild_preference WHERE guild_id = ?", (guild,))
        return Preferred(own=_read(own), server=_read(server))

    async def keep(
        self, guild: int, user: int, options: Mapping[str, Value], *, pseudonym: int, interaction: int
    ) -> None:
        """Remember a member's; none: forget them.

        Raises:
            AskedBeforeErase: they have asked to be erased since.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> None:
            check_not_erased(connection, user, pseudonym, interaction)
            connection.execute("DELETE FROM preference WHERE guild_id = ? AND user_id = ?", (guild, user))
            if options:
                connection.execute(
                    "INSERT INTO preference (guild_id, user_id, options, at) VALUES (?, ?, ?, ?)",
                    (guild, user, json.dumps(dict(options)), at),
                )

        await self._db.write(transaction)

    async def keep_of_guild(
        self, guild: int, options: Mapping[str, Value], *, audit_entry: AuditEntry
    ) -> None:
        """Remember a guild's, and who set them; none: forget them."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM guild_preference WHERE guild_id = ?", (guild,))
            if options:
                connection.execute(
                    "INSERT INTO guild_preference (guild_id, options, at) VALUES (?, ?, ?)",
                    (guild, json.dumps(dict(options)), at),
                )
            write_down(connection, audit_entry, at)

        await self._db.write(transaction)


def _read(rows: list[sqlite3.Row]) -> dict[str, Value]:
    return {} if not rows else dict(json.loads(rows[0]["options"]))
