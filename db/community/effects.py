"""A guild's own effects. What an effect is stands in its recipe, which is opaque here."""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from db.audit.log import AuditEntry, write_down
from db.sqlite.rows import Rows, fetch_one
from db.states import JobId

_FIND = "SELECT name FROM effect WHERE guild_id = ? AND name = ?"


class Kept(StrEnum):
    """What became of an effect that was to be kept."""

    DONE = "done"
    TAKEN = "taken"
    """Another one has the name."""

    FULL = "full"
    GONE = "gone"
    """There is no effect of that name any more."""


class Effects(Rows):
    """The part of the queue that keeps effects."""

    async def of_guild(self, guild: int) -> dict[str, str]:
        """The recipes of a guild's own effects by their names, in the order of those."""
        rows = await self._db.read(
            "SELECT name, recipe FROM effect WHERE guild_id = ? ORDER BY name", (guild,)
        )
        return {row["name"]: row["recipe"] for row in rows}

    async def add(
        self, name: str, recipe: str, audit_entry: AuditEntry, *, job: JobId | None, most: int
    ) -> Kept:
        """Keep a new effect.

        Args:
            name: as it is shown.
            recipe: JSON.
            audit_entry: who does it, and in which guild.
            job: the clip that it was made from; None: it came as a file.
            most: effects of its own that a guild may have.
        """
        at = self._clock()
        guild, by_user = audit_entry.guild_id, audit_entry.actor_id

        def transaction(connection: sqlite3.Connection) -> Kept:
            if fetch_one(connection, _FIND, (guild, name)):
                return Kept.TAKEN
            count = fetch_one(connection, "SELECT count(*) FROM effect WHERE guild_id = ?", (guild,))
            if count is not None and count[0] >= most:
                return Kept.FULL
            connection.execute(
                "INSERT INTO effect (guild_id, name, recipe, by_user, job, at) VALUES (?, ?, ?, ?, ?, ?)",
                (guild, name, recipe, by_user, job, at),
            )
            write_down(connection, audit_entry, at)
            return Kept.DONE

        return await self._db.write(transaction)

    async def rename(self, old: str, name: str, recipe: str, audit_entry: AuditEntry) -> Kept:
        """Give an effect another name, with the recipe that says so."""
        at, guild = self._clock(), audit_entry.guild_id

        def transaction(connection: sqlite3.Connection) -> Kept:
            found = fetch_one(connection, _FIND, (guild, old))
            if found is None:
                return Kept.GONE
            other = fetch_one(connection, _FIND, (guild, name))
            if other is not None and other["name"] != found["name"]:
                return Kept.TAKEN
            connection.execute(
                "UPDATE effect SET name = ?, recipe = ? WHERE guild_id = ? AND name = ?",
                (name, recipe, guild, old),
            )
            write_down(connection, audit_entry, at)
            return Kept.DONE

        return await self._db.write(transaction)

    async def remove(self, name: str, audit_entry: AuditEntry) -> bool:
        """Remove an effect; clips that were made with it stay as they are. False: there was none."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            gone = connection.execute(
                "DELETE FROM effect WHERE guild_id = ? AND name = ?", (audit_entry.guild_id, name)
            ).rowcount
            if gone:
                write_down(connection, audit_entry, at)
            return gone > 0

        return await self._db.write(transaction)
