"""The workers that were invited, how far each is trusted, and what came of them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from db.sqlite.rows import Rows


class Trust(StrEnum):
    """Whose machine a worker runs on."""

    OWN = "own"
    """The owner's: it may draw every job."""

    FRIEND = "friend"
    """Somebody's whom the owner knows: jobs of servers that allow friends."""

    PUBLIC = "public"
    """Anybody's: jobs of servers that allow that, without members' files, and not of private clips."""

    def covers(self, least: Trust) -> bool:
        """Whether it is as much as this, or more."""
        levels = list(Trust)
        return levels.index(self) <= levels.index(least)


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A worker.

    Attributes:
        id: 8 characters, made by the bot; it is part of every subject of the worker's.
        key: the public half of its key.
        name: what people read; no other worker that may come has it.
        invited_at, removed_at, seen_at: Unix seconds; None: not yet.
        why: it was removed for, in words for the owner; "": the owner knows.
        caps: JSON, what it said last of what it can draw, opaque to this package; "" before.
        clips: that were taken from it.
        faults: clips that were not fit to be taken.
    """

    id: str
    key: str
    name: str
    trust: Trust
    invited_at: float
    removed_at: float | None
    why: str
    seen_at: float | None
    caps: str
    clips: int
    faults: int


class Workers(Rows):
    """The table of workers."""

    async def all(self, *, removed: bool = False) -> list[Worker]:
        """All that may come, in the order of their names; with those that may not, if asked."""
        return [_worker_from(row) for row in await self._db.read(_ALL, (removed,))]

    async def in_brief(self) -> list[Worker]:
        """All that may come, without what they can draw: many may be looked at often."""
        return [_worker_from(row) for row in await self._db.read(_IN_BRIEF)]

    async def keys(self) -> dict[str, str]:
        """Id → public half of the key, of all that may come."""
        rows = await self._db.read("SELECT id, key FROM worker WHERE removed_at IS NULL")
        return {row["id"]: row["key"] for row in rows}

    async def get(self, worker: str) -> Worker | None:
        """The worker with this id, whether it may come or not."""
        rows = await self._db.read("SELECT * FROM worker WHERE id = ?", (worker,))
        return _worker_from(rows[0]) if rows else None

    async def remove(self, worker: str, *, why: str = "") -> bool:
        """Let a worker come no more. False: it may not already, or is unknown."""
        at = self._clock()
        return await self._db.write(lambda connection: remove_worker(connection, worker, why=why, at=at))

    async def saw(self, worker: str, caps: str | None = None) -> bool:
        """Note that a worker is there, and what it says that it can draw. False: it may not come."""
        return await self._changes(
            "UPDATE worker SET seen_at = ?, caps = coalesce(?, caps) WHERE id = ? AND removed_at IS NULL",
            (self._clock(), caps, worker),
        )

    async def took(self, worker: str) -> None:
        """A clip of this worker's was taken."""
        await self._changes("UPDATE worker SET clips = clips + 1 WHERE id = ?", (worker,))

    async def found_bad(self, worker: str) -> int:
        """A clip of this worker's was not fit to be taken; how many were not."""

        def transaction(connection: sqlite3.Connection) -> int:
            rows = connection.execute(
                "UPDATE worker SET faults = faults + 1 WHERE id = ? RETURNING faults", (worker,)
            ).fetchall()
            return int(rows[0]["faults"]) if rows else 0

        return await self._db.write(transaction)


_IN_BRIEF = """
SELECT id, key, name, trust, invited_at, removed_at, why, seen_at, '' AS caps, clips, faults
FROM worker WHERE removed_at IS NULL
"""
_ALL = "SELECT * FROM worker WHERE ? OR removed_at IS NULL ORDER BY name, invited_at"


def add_worker(
    connection: sqlite3.Connection, worker: str, *, key: str, name: str, trust: Trust, at: float
) -> bool:
    """Store a worker. False: its id, its key or its name is another's."""
    return (
        connection.execute(
            "INSERT INTO worker (id, key, name, trust, invited_at) SELECT ?, ?, ?, ?, ? WHERE "
            "NOT EXISTS (SELECT 1 FROM worker WHERE name = ? AND removed_at IS NULL) "
            "ON CONFLICT DO NOTHING",
            (worker, key, name, trust, at, name),
        ).rowcount
        > 0
    )


def all_workers(connection: sqlite3.Connection, *, removed: bool = False) -> list[Worker]:
    """As :meth:`Workers.all`, in a transaction of the caller's."""
    return [_worker_from(row) for row in connection.execute(_ALL, (removed,))]


def trust_worker(connection: sqlite3.Connection, worker: str, trust: Trust) -> bool:
    """Trust a worker more, or less. False: there is none that may come."""
    return (
        connection.execute(
            "UPDATE worker SET trust = ? WHERE id = ? AND removed_at IS NULL", (trust, worker)
        ).rowcount
        > 0
    )


def remove_worker(connection: sqlite3.Connection, worker: str, *, why: str = "", at: float) -> bool:
    """As :meth:`Workers.remove`, in a transaction of the caller's."""
    return (
        connection.execute(
            "UPDATE worker SET removed_at = ?, why = ? WHERE id = ? AND removed_at IS NULL",
            (at, why, worker),
        ).rowcount
        > 0
    )


def _worker_from(row: sqlite3.Row) -> Worker:
    return Worker(**{**dict(row), "trust": Trust(row["trust"])})
