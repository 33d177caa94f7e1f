"""What moderators did, in a chain: each entry's hash covers the entry before it.

A changed, removed or swapped entry breaks the chain at that place. Cutting off the end does not; who wants to
notice that keeps the last hash elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass

from db.rows import Rows, fetch_one

FIRST_HASH = "0" * 64
"""Stands before the first entry."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One deed.

    Attributes:
        seq: 1, 2, 3, … over all guilds.
        at: Unix seconds.
        actor_id: the member who did it.
        target: what it was done to: a job, a member, a setting.
        hash: hex SHA-256 over the previous hash and everything above.
    """

    seq: int
    at: float
    guild_id: int
    actor_id: int
    action: str
    target: str
    reason: str
    hash: str


class Audit(Rows):
    """The book of deeds. There is no way to change or remove an entry."""

    async def append(
        self, guild: int, actor: int, action: str, target: str, reason: str = "", *, now: float | None = None
    ) -> Entry:
        """Write a deed down."""
        at = self._now(now)

        def transaction(connection: sqlite3.Connection) -> Entry:
            last = fetch_one(connection, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
            seq, previous = (1, FIRST_HASH) if last is None else (last["seq"] + 1, last["hash"])
            values = (seq, at, guild, actor, action, target, reason)
            row = connection.execute(
                "INSERT INTO audit (seq, at, guild_id, actor_id, action, target, reason, hash) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (*values, _hash(previous, *values)),
            ).fetchall()[0]
            return Entry(**row)

        return await self._db.write(transaction)

    async def entries(self, guild: int, limit: int = 20) -> list[Entry]:
        """Return the last deeds in a guild, the newest first."""
        rows = await self._db.read(
            "SELECT * FROM audit WHERE guild_id = ? ORDER BY seq DESC LIMIT ?", (guild, limit)
        )
        return [Entry(**row) for row in rows]

    async def verify(self) -> int | None:
        """Return the number of the first entry that does not fit what stands before it, or None."""
        previous = FIRST_HASH
        for expected, row in enumerate(await self._db.read("SELECT * FROM audit ORDER BY seq"), start=1):
            *values, written = tuple(row)
            if written != _hash(previous, *values):
                return expected
            previous = written
        return None


def _hash(previous: str, *values: object) -> str:
    return hashlib.sha256(json.dumps([previous, *values]).encode()).hexdigest()
