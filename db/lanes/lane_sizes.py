"""How many engines each lane has: what a queue may hold, and what one member may hold of the engines."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from db.sqlite.rows import Rows


@dataclass(frozen=True, kw_only=True)
class LaneSize:
    """A lane with engines.

    Attributes:
        engines: at least 1.
        member_most: of them, those that may draw for one member while nobody else waits; at least 1.
    """

    engines: int
    member_most: int


class LaneSizes(Rows):
    """The part of the queue that knows how many engines there are. Claims and limits read what it wrote."""

    async def replace(self, sizes: Mapping[str, LaneSize]) -> None:
        """These are the lanes now. One that is not named has a single engine, as far as limits go."""

        def transaction(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM lane_size")
            connection.executemany(
                "INSERT INTO lane_size (lane, engines, most_each) VALUES (?, ?, ?)",
                [(lane, size.engines, size.member_most) for lane, size in sizes.items()],
            )

        await self._db.write(transaction)


def engines_in_all(connection: sqlite3.Connection) -> int:
    """The number of all engines; 1 where none were counted."""
    (found,) = connection.execute("SELECT coalesce(sum(engines), 1) FROM lane_size").fetchone()
    return int(found)
