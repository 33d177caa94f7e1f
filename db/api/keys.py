"""Keys of the HTTP API: each is bound to a member of a guild, and ends with a ban or an erasure.

A key is ``fk_``, eight hex digits that say which it is, and a secret of 256 random bits. Only a hash of the
secret is stored. A fast hash is enough: nobody can try all secrets of that length.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from db.audit.log import AuditEntry, write_down
from db.errors import TooManyKeys
from db.sqlite.rows import Rows

PREFIX = "fk_"
USED_EVERY = 3600.0
"""Seconds between two notes of when a key was last used: a write for each request would cost too much."""

_KEY = re.compile(r"fk_([0-9a-f]{8})([A-Za-z0-9_-]{43})")
_NO_HASH = hashlib.sha256(b"").hexdigest()


class Scope(StrEnum):
    """What a key allows."""

    READ = "jobs:read"
    WRITE = "jobs:write"
    CLIPS = "clips:read"
    ADMIN = "admin"
    """See and cancel every job of the guild. Only the owner of the bot gives it."""


MEMBERS_SCOPES = (Scope.READ, Scope.WRITE, Scope.CLIPS)
"""What a key may allow that a member has made."""


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key, without its secret.

    Attributes:
        id: part of the key, not secret.
        name: whatever its member called it.
        at: when it was made, Unix seconds.
        used_at: when it was last used, to the hour; None: never.
    """

    id: str
    name: str
    guild_id: int
    user_id: int
    scopes: frozenset[Scope]
    at: float
    used_at: float | None


class ApiKeys(Rows):
    """The part of the queue that knows the keys."""

    async def check(self, written: str) -> ApiKey | None:
        """Return the key that somebody has sent; None where it is none, or has ended."""
        match = _KEY.fullmatch(written)
        if match is None:
            return None
        rows = await self._db.read("SELECT * FROM api_key WHERE id = ?", (match[1],))
        known = rows[0]["hash"] if rows else _NO_HASH
        same = hmac.compare_digest(known, _hash(match[2]))
        return _key(rows[0]) if rows and same else None

    async def lives(self, key: ApiKey) -> bool:
        """Whether a key has not ended."""
        return bool(await self._db.read("SELECT 1 FROM api_key WHERE id = ?", (key.id,)))

    async def note_use(self, key: ApiKey) -> None:
        """Remember that a key is in use."""
        now = self._clock()
        if key.used_at is None or abs(now - key.used_at) >= USED_EVERY:
            await self._changes("UPDATE api_key SET used_at = ? WHERE id = ?", (now, key.id))

    async def add(
        self, guild: int, user: int, name: str, scopes: Collection[Scope], *, most: int
    ) -> tuple[ApiKey, str]:
        """Make a key, and return it with the text that is shown once.

        Raises:
            TooManyKeys: the member has ``most`` keys in this guild.
        """
        at = self._clock()
        return await self._db.write(
            lambda connection: add_key(connection, guild, user, name, scopes, most=most, at=at)
        )

    async def of_member(self, guild: int, user: int) -> list[ApiKey]:
        """Return a member's keys, the oldest first."""
        rows = await self._db.read(
            "SELECT * FROM api_key WHERE guild_id = ? AND user_id = ? ORDER BY at, id", (guild, user)
        )
        return [_key(row) for row in rows]

    async def of_guild(self, guild: int) -> list[ApiKey]:
        """Return a guild's keys, the oldest first."""
        rows = await self._db.read("SELECT * FROM api_key WHERE guild_id = ? ORDER BY at, id", (guild,))
        return [_key(row) for row in rows]

    async def remove(
        self, guild: int, key: str, *, user: int | None = None, audit_entry: AuditEntry | None = None
    ) -> bool:
        """End a key.

        Args:
            guild: where it holds.
            key: its id.
            user: whose it must be; None: anybody's.
            audit_entry: a moderator's; None: its member wants it.

        Returns:
            False where there is no such key.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            gone = connection.execute(
                "DELETE FROM api_key WHERE id = :key AND guild_id = :guild "
                "AND (:user IS NULL OR user_id = :user)",
                {"key": key, "guild": guild, "user": user},
            ).rowcount
            if gone and audit_entry is not None:
                write_down(connection, audit_entry, at)
            return bool(gone)

        return await self._db.write(transaction)

    async def open_to_members(self, guild: int) -> bool:
        """Whether members of a guild may make keys themselves."""
        return bool(await self._db.read("SELECT 1 FROM api_open WHERE guild_id = ?", (guild,)))

    async def open(self, audit_entry: AuditEntry, *, wanted: bool) -> bool:
        """Let the members of the entry's guild make keys, or not; False if it was so already.

        Keys that there are stay as they are.
        """
        at = self._clock()
        sql = (
            "INSERT INTO api_open (guild_id) VALUES (?) ON CONFLICT DO NOTHING"
            if wanted
            else "DELETE FROM api_open WHERE guild_id = ?"
        )

        def transaction(connection: sqlite3.Connection) -> bool:
            changed = connection.execute(sql, (audit_entry.guild_id,)).rowcount
            if changed:
                write_down(connection, audit_entry, at)
            return bool(changed)

        return await self._db.write(transaction)


def add_key(
    connection: sqlite3.Connection,
    guild: int,
    user: int,
    name: str,
    scopes: Collection[Scope],
    *,
    most: int,
    at: float,
) -> tuple[ApiKey, str]:
    """Make a key inside a transaction; see :meth:`ApiKeys.add`."""
    (count,) = connection.execute(
        "SELECT count(*) FROM api_key WHERE guild_id = ? AND user_id = ?", (guild, user)
    ).fetchone()
    if count >= most:
        raise TooManyKeys(f"the member has {count} keys, and {most} are allowed")
    number, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    made = ApiKey(
        id=number,
        name=name,
        guild_id=guild,
        user_id=user,
        scopes=frozenset(scopes),
        at=at,
        used_at=None,
    )
    connection.execute(
        "INSERT INTO api_key (id, hash, name, guild_id, user_id, scopes, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (number, _hash(secret), name, guild, user, " ".join(sorted(scopes)), at),
    )
    return made, f"{PREFIX}{number}{secret}"


def all_keys(connection: sqlite3.Connection) -> list[ApiKey]:
    """Return every key, the oldest first; the connection has rows by name."""
    return [_key(row) for row in connection.execute("SELECT * FROM api_key ORDER BY at, id").fetchall()]


def is_banned(connection: sqlite3.Connection, guild: int, user: int) -> bool:
    """Whether a moderator of a guild has banned a user, under the user's own id."""
    sql = "SELECT 1 FROM ban WHERE guild_id = ? AND user_id = ?"
    return connection.execute(sql, (guild, user)).fetchone() is not None


def remove_key(connection: sqlite3.Connection, key: str) -> bool:
    """End a key, whosever it is; False where there is none."""
    return bool(connection.execute("DELETE FROM api_key WHERE id = ?", (key,)).rowcount)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: sqlite3.Row) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        guild_id=row["guild_id"],
        user_id=row["user_id"],
        scopes=frozenset(map(Scope, row["scopes"].split())),
        at=row["at"],
        used_at=row["used_at"],
    )
