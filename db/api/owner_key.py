"""The owner's key for the dashboard: one, made at the machine, of which only a hash is stored.

It is a key of its own. Those of the HTTP API belong to members, and are no use here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3

from db.sqlite.rows import Rows

PREFIX = "fko_"
STORED = "owner_key"
"""The key in ``meta`` of the hash."""

_KEY = re.compile(r"fko_[A-Za-z0-9_-]{43}")


class OwnerKey(Rows):
    """Knows the owner's key."""

    async def check(self, written: str) -> str | None:
        """Return what stands for the key while it lasts, if this is it; None: it is not."""
        stored = await self.current()
        given = _hash(written)
        same = hmac.compare_digest(stored or _hash(""), given)
        return given if same and stored is not None and _KEY.fullmatch(written) else None

    async def current(self) -> str | None:
        """What stands for the key that there is; None: there is none."""
        rows = await self._db.read("SELECT value FROM meta WHERE key = ?", (STORED,))
        return rows[0]["value"] if rows else None


def make_owner_key(connection: sqlite3.Connection) -> str:
    """Make a key inside a transaction, and return it; the one before ends."""
    key = PREFIX + secrets.token_urlsafe(32)
    connection.execute("REPLACE INTO meta (key, value) VALUES (?, ?)", (STORED, _hash(key)))
    return key


def end_owner_key(connection: sqlite3.Connection) -> bool:
    """End the key inside a transaction; False where there was none."""
    return bool(connection.execute("DELETE FROM meta WHERE key = ?", (STORED,)).rowcount)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
