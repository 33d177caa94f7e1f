"""How jobs went lately, for the owner: errors that need a look into the log, and how long members waited."""

from __future__ import annotations

from dataclasses import dataclass

from db.sqlite.rows import Rows


@dataclass(frozen=True, kw_only=True)
class FailedJob:
    """A job that ended in an error. It says nothing of its member.

    Attributes:
        at: when, Unix seconds.
        code: of the error.
        error_id: under which the log has the rest.
        engine: what drew it.
        seat: which of the engines had it; "" for none.
    """

    at: float
    code: str
    error_id: str
    engine: str
    seat: str


class Lately(Rows):
    """The part of the queue that looks back."""

    async def failures(self, limit: int) -> list[FailedJob]:
        """The last jobs that ended in an error with an id, the newest first."""
        rows = await self._db.read(
            "SELECT ended_at, error_code, error_id, engine, seat FROM job "
            "WHERE error_id IS NOT NULL AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?",
            (limit,),
        )
        return [
            FailedJob(
                at=row["ended_at"],
                code=row["error_code"] or "",
                error_id=row["error_id"],
                engine=row["engine"],
                seat=row["seat"],
            )
            for row in rows
        ]

    async def waits(self, seconds: float, limit: int) -> list[float]:
        """Seconds from asking to the beginning of the render, of jobs that were asked for lately, sorted."""
        rows = await self._db.read(
            "SELECT started_at - created_at AS waited FROM job "
            "WHERE created_at > ? AND started_at IS NOT NULL ORDER BY created_at DESC LIMIT ?",
            (self._clock() - seconds, limit),
        )
        return sorted(max(0.0, row["waited"]) for row in rows)
