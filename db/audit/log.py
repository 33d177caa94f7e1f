"""What moderators did, in a chain: each entry's hash covers the entry before it.

A changed, removed or swapped entry breaks the chain at that place. The number of entries and the last hash
stand a second time, in ``meta``, so that a log whose end was cut off is found too.

What this cannot prove: the hashes contain no secret, so anyone who can write the file can make a whole new
chain, head included. The only defence is a hash noted elsewhere, which :meth:`Audit.knows` looks for.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass

from db.audit.aliases import (
    SIGN,
    alias,
    alias_of,
    digest_of,
    hide_members,
    is_digest,
    new_salt,
    show_members,
    stands_for,
)
from db.sqlite.rows import Rows, fetch_one

FIRST_HASH = "0" * 64
"""Stands before the first entry."""

HEAD = "audit_head"
"""The key in ``meta`` of the number of entries and the last hash."""

SHORTEST_NOTE = 12
"""Hex digits of a hash that are worth noting: 48 bits."""


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """An action of a moderator, to be logged in the transaction of the action.

    Attributes:
        actor_id: the member who does it.
        target: what it is done to: a job, a member, a setting.
    """

    guild_id: int
    actor_id: int
    action: str
    target: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of the log.

    Attributes:
        seq: 1, 2, 3, … over all guilds.
        at: Unix seconds.
        actor_id: the member who did it; negative for one who was erased since.
        target: what it was done to: a job, a member, a setting.
        reason: why; "" also where it was erased with the member whom it was about.
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


@dataclass(frozen=True, kw_only=True)
class ChainCheck:
    """The result of checking the whole chain.

    Attributes:
        entries: how many there are.
        head: the last hash.
        broken_at: the number of the first entry that does not match the entries before it, or None.
        cut: the log does not end with the last entry that was written.
    """

    entries: int
    head: str
    broken_at: int | None
    cut: bool

    @property
    def sound(self) -> bool:
        """Whether the check found nothing."""
        return self.broken_at is None and not self.cut


class Audit(Rows):
    """The audit log. No entry can be changed or removed; :func:`write_down` appends one.

    Members and words stand in it as digests, so that one can be erased and the chain stays whole;
    :mod:`db.audit.aliases` says how. Entries are shown with both put back, where they are still known.
    """

    async def note(self, audit_entry: AuditEntry) -> None:
        """Append an entry about an action that changes no row, before it is done."""
        at = self._clock()
        await self._db.write(lambda connection: write_down(connection, audit_entry, at))

    async def entries(self, guild: int, limit: int = 20) -> list[Entry]:
        """Return the last entries of a guild, the newest first."""
        rows = await self._db.read(
            "SELECT audit.*, audit_reason.reason AS words FROM audit LEFT JOIN audit_reason USING (seq) "
            "WHERE audit.guild_id = ? ORDER BY seq DESC LIMIT ?",
            (guild, limit),
        )
        named = await self._db.read("SELECT alias, user_id FROM alias WHERE guild_id = ?", (guild,))
        names = {row["alias"]: row["user_id"] for row in named}
        return [_shown(row, names) for row in rows]

    async def verify(self) -> ChainCheck:
        """Check the whole chain, of all guilds, for changes."""
        # In one read, so that no entry comes between the chain and its head.
        rows = await self._db.read(
            "SELECT audit.*, (SELECT value FROM meta WHERE key = ?) AS noted FROM audit ORDER BY seq", (HEAD,)
        )
        if not rows:
            noted = await self._db.read("SELECT value FROM meta WHERE key = ?", (HEAD,))
            return ChainCheck(entries=0, head=FIRST_HASH, broken_at=None, cut=bool(noted))
        previous, broken_at = FIRST_HASH, None
        for expected, row in enumerate(rows, start=1):
            *values, written, _ = tuple(row)
            if broken_at is None and written != _hash(previous, *values):
                broken_at = expected
            previous = written
        broken_at = min(filter(None, (broken_at, await self._replaced())), default=None)
        cut = rows[-1]["noted"] != _head(rows[-1]["seq"], previous)
        return ChainCheck(entries=len(rows), head=previous, broken_at=broken_at, cut=cut)

    async def _replaced(self) -> int | None:
        """The number of the first entry whose words or members were changed since it was written."""
        words = await self._db.read(
            "SELECT seq, salt, audit_reason.reason, audit.reason AS digest FROM audit_reason "
            "JOIN audit USING (seq) ORDER BY seq"
        )
        wrong = [row["seq"] for row in words if not stands_for(row["digest"], row["salt"], row["reason"])]
        for row in await self._db.read("SELECT * FROM alias"):
            if alias_of(row["salt"], row["guild_id"], row["user_id"]) != row["alias"]:
                used = await self._db.read(
                    "SELECT min(seq) AS seq FROM audit WHERE actor_id = ? OR target LIKE ?",
                    (row["alias"], f"%{SIGN}{row['alias']}%"),
                )
                wrong += [found["seq"] for found in used if found["seq"] is not None]
        return min(wrong, default=None)

    async def knows(self, noted: str) -> bool:
        """Whether an entry's hash begins so; a note of fewer than 12 digits proves nothing."""
        if len(noted) < SHORTEST_NOTE:
            return False
        rows = await self._db.read(
            "SELECT 1 FROM audit WHERE substr(hash, 1, ?) = ? LIMIT 1", (len(noted), noted.lower())
        )
        return bool(rows)


def write_down(connection: sqlite3.Connection, audit_entry: AuditEntry, at: float) -> Entry:
    """Append an entry to the chain, in the same transaction as the action."""
    last = fetch_one(connection, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
    seq, previous = (1, FIRST_HASH) if last is None else (last["seq"] + 1, last["hash"])
    guild, salt = audit_entry.guild_id, new_salt()
    actor = alias(connection, guild, audit_entry.actor_id)
    target = hide_members(connection, guild, audit_entry.target)
    words = digest_of(salt, audit_entry.reason) if audit_entry.reason else ""
    values = (seq, at, guild, actor, audit_entry.action, target, words)
    digest = _hash(previous, *values)
    connection.execute(
        "INSERT INTO audit (seq, at, guild_id, actor_id, action, target, reason, hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, digest),
    )
    if words:
        connection.execute(
            "REPLACE INTO audit_reason (seq, guild_id, salt, reason) VALUES (?, ?, ?, ?)",
            (seq, guild, salt, audit_entry.reason),
        )
    entry = Entry(
        seq=seq,
        at=at,
        guild_id=guild,
        actor_id=audit_entry.actor_id,
        action=audit_entry.action,
        target=audit_entry.target,
        reason=audit_entry.reason,
        hash=digest,
    )
    connection.execute("REPLACE INTO meta (key, value) VALUES (?, ?)", (HEAD, _head(entry.seq, entry.hash)))
    return entry


def _shown(row: sqlite3.Row, names: dict[int, int]) -> Entry:
    """An entry with members and words put back. One from before there were aliases has both in itself."""
    digest = is_digest(row["reason"])
    return Entry(
        seq=row["seq"],
        at=row["at"],
        guild_id=row["guild_id"],
        actor_id=names.get(row["actor_id"], row["actor_id"]),
        action=row["action"],
        target=show_members(names, row["target"]),
        reason=(row["words"] or "") if digest else row["reason"],
        hash=row["hash"],
    )


def _head(seq: int, last_hash: str) -> str:
    return f"{seq} {last_hash}"


def _hash(previous: str, *values: object) -> str:
    return hashlib.sha256(json.dumps([previous, *values]).encode()).hexdigest()
