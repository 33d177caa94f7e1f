"""Interactions that are being answered, written down before Discord is told that an answer will come.

Discord shows "thinking" from then on, for up to 15 minutes. Should the bot end before it answers, the next
start finds the row and answers.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields

from db.sqlite.rows import Rows
from db.states import JobId

ANSWERABLE = 15 * 60.0
"""Seconds for which Discord takes an answer."""


@dataclass(frozen=True, kw_only=True)
class AskedRow:
    """An interaction.

    Attributes:
        interaction: its id.
        application: the bot's, under which it is answered.
        token: what Discord takes answers to it by. It is good for nothing else.
        user_id, guild_id, channel_id: who asked, and where.
        at: Unix seconds.
        language: the member's.
    """

    interaction: int
    application: int
    token: str
    user_id: int
    guild_id: int
    channel_id: int
    at: float = 0.0
    language: str = "en"


_FIELDS = [field.name for field in fields(AskedRow)]


class Asked(Rows):
    """The part of the queue that remembers who is waiting for an answer."""

    async def note(self, row: AskedRow, *, reserved: bool) -> None:
        """Write an interaction down.

        Args:
            row: its time is set here.
            reserved: as in :meth:`db.sqlite.connection.Database.write`.
        """
        values = {**vars(row), "at": self._clock()}
        marks = ", ".join(f":{name}" for name in _FIELDS)

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute(f"REPLACE INTO asked ({', '.join(_FIELDS)}) VALUES ({marks})", values)

        await self._db.write(insert, reserved=reserved)

    async def answered(self, interaction: int) -> None:
        """The member has an answer."""
        await self._changes("DELETE FROM asked WHERE interaction = ?", (interaction,))

    async def open(self) -> list[AskedRow]:
        """Return the interactions that have no answer yet, the oldest first."""
        rows = await self._db.read("SELECT * FROM asked ORDER BY at, interaction")
        return [AskedRow(**{name: row[name] for name in _FIELDS}) for row in rows]

    async def job_of(self, interaction: int) -> tuple[JobId, int | None] | None:
        """The job that came of an interaction, and its message, as far as known; None: there is no job."""
        rows = await self._db.read("SELECT id, status_message_id FROM job WHERE key = ?", (str(interaction),))
        return (JobId(rows[0]["id"]), rows[0]["status_message_id"]) if rows else None
