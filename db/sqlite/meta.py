"""Small facts that outlive the program."""

from __future__ import annotations

from db.sqlite.rows import Rows


class Meta(Rows):
    """The table ``meta``: a value under a key."""

    async def get(self, key: str) -> str | None:
        """Return what :meth:`set` kept under this key."""
        rows = await self._db.read("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0]["value"] if rows else None

    async def set(self, key: str, value: str) -> None:
        """Keep a small fact, like the hash of the commands that Discord was last told."""
        await self._changes("REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))
