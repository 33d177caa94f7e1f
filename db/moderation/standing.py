"""Who is banned and which guilds take nothing new, held in memory: it is asked before every interaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from db.sqlite.connection import Database, Watch
from db.states import EVERYWHERE, is_outside


class Standing:
    """A copy of two tables. It is read again after any change to them, whoever made the change.

    The tables are the truth. While nothing changes, an answer costs no read, so a banned member who asks a
    thousand times costs the others nothing.
    """

    def __init__(self, db: Database, *, pseudonym_of: Callable[[int], int]) -> None:
        """Make one.

        Args:
            db: the truth.
            pseudonym_of: what stands for a member after an erase; a ban holds for both.
        """
        self._db = db
        self._pseudonym_of = pseudonym_of
        self._watch: Watch | None = None
        self._seen = -1
        self._banned: frozenset[tuple[int, int]] = frozenset()
        self._banned_anywhere: frozenset[int] = frozenset()
        self._closed: frozenset[int] = frozenset()

    async def banned(self, guild: int, user: int) -> bool:
        """Whether a moderator of this guild has banned this user; a ban outlives an erase.

        Outside of guilds, a ban of any guild counts: there is nobody who could ban them there.
        """
        await self.refresh()
        who = {user, self._pseudonym_of(user)}
        if is_outside(guild):
            return not self._banned_anywhere.isdisjoint(who)
        return not self._banned.isdisjoint((guild, whom) for whom in who)

    async def closed(self, guild: int) -> bool:
        """Whether this guild takes no new requests."""
        await self.refresh()
        return guild in self._closed or EVERYWHERE in self._closed

    async def refresh(self) -> None:
        """Read the tables, unless nothing has changed since they were read."""
        if self._watch is None:
            self._watch = await self._db.watch("ban", "drain")
        changes = self._watch.changes
        if changes != self._seen:
            self._banned, self._closed = await self._db.look(_read)
            self._banned_anywhere = frozenset(user for _, user in self._banned)
            self._seen = changes


def _read(connection: sqlite3.Connection) -> tuple[frozenset[tuple[int, int]], frozenset[int]]:
    bans = connection.execute("SELECT guild_id, user_id FROM ban").fetchall()
    drains = connection.execute("SELECT guild_id FROM drain").fetchall()
    return (
        frozenset((row["guild_id"], row["user_id"]) for row in bans),
        frozenset(row["guild_id"] for row in drains),
    )
