"""What another program is still to be told of jobs. Triggers of the database write the events down."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.sqlite.rows import Rows
from db.states import JobId, State

SWITCH = "webhooks"
"""The key in ``meta``: events are written down while its value is "on"."""

REFUSED_BY = "webhooks refused by"
"""The key in ``meta`` of a digest of the receiver that wants no more messages."""

NEVER = 9e15
"""Unix seconds that do not come: an event that was given up stays until its owner sends it again."""

LAST = 2**62
"""No event has as high a number."""

DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class JobEvent:
    """Something that has happened to a job.

    Attributes:
        seq: the order in which things happened.
        id: the same whenever it is sent.
        type: such as "job.started".
        state: of the job, when it happened.
        at: Unix seconds.
        tries: how often it was sent in vain.
        due_at: when it is sent next; :data:`NEVER` once it is given up.
        error: what the last try brought; "" before it.
        guild, channel: where the job was asked for.
        message: of the finished clip, if it is there now.
        api_key: for whom it is: the id of an API key; None: the owner.
    """

    seq: int
    id: str
    job: JobId
    type: str
    state: State
    at: float
    tries: int
    due_at: float
    error: str
    guild: int
    channel: int
    message: int | None
    api_key: str | None = None

    @property
    def is_given_up(self) -> bool:
        """Whether it is not sent by itself any more."""
        return self.due_at >= NEVER


class Webhooks(Rows):
    """The part of the queue that remembers what another program is to be told."""

    async def switch(self, *, on: bool) -> None:
        """Write events down for the owner from now on, or stop doing so.

        What is waiting is sent now if they are written down, and is forgotten if not.
        """

        def transaction(connection: sqlite3.Connection) -> None:
            value = "on" if on else "off"
            connection.execute("REPLACE INTO meta (key, value) VALUES (?, ?)", (SWITCH, value))
            if on:
                connection.execute(
                    "UPDATE webhook_event SET due_at = 0 WHERE api_key IS NULL AND due_at < ?", (NEVER,)
                )
            else:
                connection.execute("DELETE FROM webhook_event WHERE api_key IS NULL")

        await self._db.write(transaction)

    async def due(self, limit: int, *, key: str | None = None) -> list[JobEvent]:
        """Return the events to send now, the oldest first; none behind one for which everything waits.

        Args:
            limit: how many.
            key: for whom: the id of an API key; None: the owner.
        """
        now = self._clock()
        return await self._events(
            "WHERE event.api_key IS :key AND event.due_at <= :now AND event.seq < coalesce("
            "(SELECT min(seq) FROM webhook_event WHERE api_key IS :key AND blocks = 1 "
            "AND due_at > :now AND due_at < :never), :last)",
            {"key": key, "now": now, "never": NEVER, "last": LAST},
            limit=limit,
        )

    async def due_keys(self) -> list[str]:
        """Return the ids of the API keys for which something is to be sent now."""
        rows = await self._db.read(
            "SELECT DISTINCT api_key FROM webhook_event WHERE api_key IS NOT NULL AND due_at <= ?",
            (self._clock(),),
        )
        return [row["api_key"] for row in rows]

    async def taken(self, event: str) -> None:
        """It has arrived."""
        await self._changes("DELETE FROM webhook_event WHERE id = ?", (event,))

    async def refused(self, event: str, error: str, *, again: float | None, blocks: bool) -> None:
        """It has not arrived.

        Args:
            event: its id.
            error: why, in words.
            again: seconds until it is sent again; None: never by itself.
            blocks: later events wait behind it.
        """
        due = NEVER if again is None else self._clock() + again
        await self._changes(
            "UPDATE webhook_event SET tries = tries + 1, due_at = ?, error = ?, blocks = ? WHERE id = ?",
            (due, error, blocks, event),
        )

    async def drop_old(self, days: float) -> None:
        """Forget what happened more than so many days ago, whether it was given up or not."""
        await self._changes("DELETE FROM webhook_event WHERE at < ?", (self._clock() - days * DAY,))

    async def _events(self, where: str, parameters: Mapping[str, object], limit: int) -> list[JobEvent]:
        return await self._db.look(lambda connection: _found(connection, where, parameters, limit))


def waiting(connection: sqlite3.Connection, limit: int) -> list[JobEvent]:
    """Return every event that was not taken yet, the oldest first; the connection has rows by name."""
    return _found(connection, "", {}, limit)


def send_again(connection: sqlite3.Connection, events: Sequence[str] = ()) -> int:
    """Send these events now, or all that were given up; tries are counted anew. Return how many they are."""
    marks = ", ".join("?" * len(events))
    where = f"id IN ({marks})" if events else f"due_at >= {NEVER}"
    return connection.execute(
        f"UPDATE webhook_event SET due_at = 0, tries = 0, blocks = 0 WHERE {where}", tuple(events)
    ).rowcount


def listens_again(connection: sqlite3.Connection) -> None:
    """The receiver that wanted no more messages takes them: they are written down from the next start on."""
    connection.execute("DELETE FROM meta WHERE key = ?", (REFUSED_BY,))


def _found(
    connection: sqlite3.Connection, where: str, parameters: Mapping[str, object], limit: int
) -> list[JobEvent]:
    rows = connection.execute(
        "SELECT event.*, job.guild_id, job.channel_id, job.message_id, job.deleted_at "
        f"FROM webhook_event AS event JOIN job ON job.id = event.job {where} ORDER BY event.seq LIMIT :limit",
        {**parameters, "limit": limit},
    )
    return [
        JobEvent(
            seq=row["seq"],
            id=row["id"],
            job=JobId(row["job"]),
            type=row["type"],
            state=State(row["state"]),
            at=row["at"],
            tries=row["tries"],
            due_at=row["due_at"],
            error=row["error"],
            guild=row["guild_id"],
            channel=row["channel_id"],
            message=None if row["deleted_at"] is not None else row["message_id"],
            api_key=row["api_key"],
        )
        for row in rows.fetchall()
    ]
