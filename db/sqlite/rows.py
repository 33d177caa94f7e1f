"""The base of every part that reads and writes rows."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

from db.sqlite.connection import Database, Parameters


class Rows:
    """The base of every part of the queue: the database and a clock.

    Args:
        clock: returns Unix seconds.
    """

    def __init__(self, db: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._db = db
        self._clock = clock

    async def _changes(self, sql: str, parameters: Parameters) -> bool:
        """Run one UPDATE, INSERT or DELETE in a transaction, and tell whether it changed a row."""
        return await self._db.write(lambda connection: connection.execute(sql, parameters).rowcount > 0)


def fetch_one(connection: sqlite3.Connection, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
    """Return the first row. All are fetched: a statement with RETURNING is done only then."""
    rows: list[sqlite3.Row] = connection.execute(sql, parameters).fetchall()
    return rows[0] if rows else None
