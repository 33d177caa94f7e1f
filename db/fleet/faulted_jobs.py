"""Waiting jobs in which a machine has failed, and which workers may draw them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from db.codes import BotCode
from db.fleet.workers import Trust
from db.sqlite.rows import Rows
from db.states import JobId


@dataclass(frozen=True, kw_only=True)
class Faulted:
    """A job in which a machine has failed.

    Attributes:
        lane: where it is drawn.
        engine: what draws it.
        ability: what a machine must have to draw it; "": none but the bot's own engines may.
        trust: the least that a worker needs.
        faults: how often each place failed in it, by the worker's id or the seat's name.
    """

    job: JobId
    lane: str
    engine: str
    ability: str
    trust: Trust
    faults: Mapping[str, int]


_LOOK = """
SELECT
    job.id, job.lane, job.engine, job.ability, job.faults, remote_guild.trust AS remote,
    job.inputs = '{}' AND NOT job.private AS bare
FROM job LEFT JOIN remote_guild ON remote_guild.guild_id = job.guild_id
"""


class FaultedJobs(Rows):
    """Reads them."""

    async def waiting(self) -> list[Faulted]:
        """Those that wait; nearly always there are none, and an index says so."""
        rows = await self._db.read(f"{_LOOK} WHERE job.state = 'queued' AND job.faults <> '{{}}'")
        return [_faulted(row) for row in rows]

    async def one(self, job: JobId) -> Faulted | None:
        """One job, whatever its state."""
        rows = await self._db.read(f"{_LOOK} WHERE job.id = ?", (job,))
        return _faulted(rows[0]) if rows else None

    async def over(self, since: float) -> dict[int, int]:
        """Guild → how many of its jobs have ended since then because machines failed in them.

        Args:
            since: Unix seconds.
        """
        rows = await self._db.read(
            "SELECT guild_id, count(*) AS jobs FROM job WHERE ended_at > ? AND state = 'failed' "
            "AND error_code = ? GROUP BY guild_id",
            (since, BotCode.MACHINES),
        )
        return {row["guild_id"]: row["jobs"] for row in rows}


def _faulted(row: sqlite3.Row) -> Faulted:
    trust = Trust.OWN
    if row["remote"] is not None:
        trust = Trust.PUBLIC if row["remote"] == Trust.PUBLIC and row["bare"] else Trust.FRIEND
    return Faulted(
        job=JobId(row["id"]),
        lane=row["lane"],
        engine=row["engine"],
        ability=row["ability"],
        trust=trust,
        faults=json.loads(row["faults"]),
    )
