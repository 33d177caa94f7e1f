"""Questions about the queue. None of them changes anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from db.jobs.fairness import FAIR_ORDER, FairShare, delay_of
from db.jobs.job import Job
from db.jobs.rows import JobRows
from db.sqlite.connection import Database
from db.states import OUTSIDE, JobId, State, is_outside

WAITING = f"""
{FAIR_ORDER}
SELECT job.*, fair.place
FROM fair JOIN job ON job.id = fair.id
WHERE :guild IS NULL OR job.guild_id = :guild
ORDER BY fair.place, job.lane
LIMIT :limit
"""

ORDER = f"""
{FAIR_ORDER}
SELECT job.id, job.profile, job.lane, job.engine, job.priority, job.due, job.created_at, fair.paused
FROM fair JOIN job ON job.id = fair.id
ORDER BY fair.place, job.lane
"""

POSITION = f"{FAIR_ORDER} SELECT place FROM fair WHERE id = ?"

AHEAD = f"""
{FAIR_ORDER}
SELECT
    count(*) AS jobs,
    count(*) FILTER (WHERE other.guild_id = mine.guild_id AND other.user_id = mine.user_id) AS own,
    count(*) FILTER (WHERE other.guild_id <> mine.guild_id) AS elsewhere,
    (
        SELECT count(*) FROM job AS drawn JOIN job AS mine ON mine.id = :job
        WHERE drawn.state = 'running' AND drawn.lane = mine.lane
    ) AS running
FROM fair
JOIN job AS other ON other.id = fair.id
JOIN job AS mine ON mine.id = :job AND mine.lane = other.lane
WHERE fair.place < coalesce((SELECT place FROM fair WHERE id = :job), 0)
"""


_ID_START = re.compile("[0-9a-f]{4,16}")


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A waiting job.

    Attributes:
        profile: the name under which its render times are remembered.
        lane, engine: where it is drawn, and with what.
        priority, due: what its place follows from.
        created_at: Unix seconds.
        paused: its guild is paused.
    """

    job: JobId
    profile: str
    lane: str
    engine: str
    priority: int
    due: float
    created_at: float
    paused: bool


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A job that was asked for lately.

    Attributes:
        at: Unix seconds.
        delay: seconds that it was due later.
        expected: seconds that its render was expected to take.
        lane: where it is drawn.
    """

    at: float
    delay: float
    expected: float
    lane: str = ""


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A render that was timed.

    Attributes:
        seat: the name of what drew it; "": not known.
        profile: the name under which it is remembered.
        seconds: that it took.
    """

    seat: str
    profile: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """The jobs before a waiting job in its lane; none for a job that does not wait.

    Attributes:
        jobs: waiting jobs of everybody.
        running: jobs that run now.
        by_member_self: how many of ``jobs`` are the member's own.
        elsewhere: how many of ``jobs`` are other guilds'.
    """

    jobs: int
    running: int
    by_member_self: int
    elsewhere: int = 0


_FAMILY = """
WITH RECURSIVE
    up (id, parent, depth) AS (
        SELECT id, parent, 0 FROM job WHERE id = :job
        UNION ALL
        SELECT job.id, job.parent, depth + 1 FROM job JOIN up ON job.id = up.parent
        WHERE job.guild_id = :guild
    ),
    down (id) AS (
        SELECT * FROM (SELECT id FROM up ORDER BY depth DESC LIMIT 1)
        UNION
        SELECT job.id FROM job JOIN down ON job.parent = down.id WHERE job.guild_id = :guild AND job.draft = 0
    )
SELECT job.* FROM job JOIN down USING (id) ORDER BY job.seq LIMIT :most
"""
"""A job is asked for after what it is made from, so no tree has a circle."""


class JobQueries(JobRows):
    """The part of the queue that answers questions."""

    def __init__(self, db: Database, *, share: FairShare, clock: Callable[[], float]) -> None:
        super().__init__(db, clock=clock)
        self._share = share

    async def get(self, job: JobId) -> Job | None:
        """Return the job with this id."""
        return _first(await self._jobs("SELECT * FROM job WHERE id = ?", (job,)))

    async def find(self, guild: int, start: str) -> Job | None:
        """Return the newest job of a guild whose id begins like this; the whole id names exactly one."""
        if not _ID_START.fullmatch(start):
            return None
        return _first(
            await self._jobs(
                "SELECT * FROM job WHERE guild_id = ? AND id >= ? AND id < ? ORDER BY seq DESC LIMIT 1",
                (guild, start, start + "g"),
            )
        )

    async def posted_as(self, guild: int, message: int) -> Job | None:
        """Return the job whose clip is in this message of a guild."""
        return _first(
            await self._jobs("SELECT * FROM job WHERE message_id = ? AND guild_id = ?", (message, guild))
        )

    async def family(self, job: Job, *, most: int) -> list[Job]:
        """Return what a job was made from in its guild, and all that was made from that, the oldest first."""
        return await self._jobs(_FAMILY, {"job": job.id, "guild": job.guild_id, "most": most})

    async def jobs_of(self, user: int, guild: int, limit: int = 10) -> list[Job]:
        """Return a member's jobs, the newest first. Outside of guilds, whoever asked is one and the same."""
        first, second = OUTSIDE if is_outside(guild) else (guild, guild)
        return await self._jobs(
            "SELECT * FROM job WHERE guild_id IN (?, ?) AND user_id = ? AND draft = 0 "
            "ORDER BY created_at DESC, seq DESC LIMIT ?",
            (first, second, user, limit),
        )

    async def guilds_of(self, user: int, limit: int) -> list[int]:
        """Return the guilds where a member has drawn clips and the bot still is, the latest first."""
        rows = await self._db.read(
            "SELECT guild_id FROM member WHERE user_id = ? AND guild_id > 0 "
            "AND guild_id NOT IN (SELECT guild_id FROM departed) ORDER BY usage DESC LIMIT ?",
            (user, limit),
        )
        return [row["guild_id"] for row in rows]

    async def drafts_of(self, job: JobId) -> list[Job]:
        """Return the drafts of a job by their numbers; none where they are not begun."""
        return await self._jobs("SELECT * FROM job WHERE draft_of = ? ORDER BY draft", (job,))

    async def recipes_of(self, user: int, kind: str, limit: int) -> list[str]:
        """Return the recipes of a member's latest jobs of a kind that are still known, the newest first."""
        rows = await self._db.read(
            "SELECT recipe FROM job WHERE user_id = ? AND kind = ? AND draft = 0 AND forgotten_at IS NULL "
            "ORDER BY seq DESC LIMIT ?",
            (user, kind, limit),
        )
        return [row["recipe"] for row in rows]

    async def page_of(
        self, guild: int, user: int | None, *, after: JobId | None, limit: int
    ) -> list[Job] | None:
        """Return jobs of a guild, the newest first.

        Args:
            guild: where they were asked for.
            user: whose; None: everybody's.
            after: the last job of the page before; None: the first page.
            limit: how many.

        Returns:
            None where ``after`` is none of these jobs.
        """
        where = "guild_id = :guild AND draft = 0 AND (user_id = :user OR (:user IS NULL AND NOT private))"
        values = {"guild": guild, "user": user, "after": after, "limit": limit}
        before = ""
        if after is not None:
            if not await self._db.read(f"SELECT 1 FROM job WHERE id = :after AND {where}", values):
                return None
            before = "AND seq < (SELECT seq FROM job WHERE id = :after)"
        return await self._jobs(
            f"SELECT * FROM job WHERE {where} {before} ORDER BY seq DESC LIMIT :limit", values
        )

    async def waiting(self, guild: int | None = None, limit: int | None = None) -> list[Job]:
        """Return the waiting jobs of a guild, or of all, in the fair order; paused guilds stand last."""
        return await self._jobs(WAITING, {"guild": guild, "limit": -1 if limit is None else limit})

    async def in_states(self, guild: int, *states: State, limit: int = 25, drafts: bool = True) -> list[Job]:
        """Return a guild's jobs in these states, the newest first, with or without drafts."""
        marks = ", ".join("?" * len(states))
        return await self._jobs(
            f"SELECT * FROM job WHERE state IN ({marks}) AND guild_id = ? AND (draft = 0 OR ?) "
            "ORDER BY seq DESC LIMIT ?",
            (*states, guild, drafts, limit),
        )

    async def order(self) -> list[Turn]:
        """Return the waiting jobs in the fair order of each lane, with only a few columns of each."""
        rows = await self._db.read(ORDER)
        return [
            Turn(
                job=JobId(row["id"]),
                profile=row["profile"],
                lane=row["lane"],
                engine=row["engine"],
                priority=row["priority"],
                due=row["due"],
                created_at=row["created_at"],
                paused=bool(row["paused"]),
            )
            for row in rows
        ]

    async def delay(self, guild: int, user: int, lane: str = "") -> float:
        """Seconds that a member's next job in a lane would be due later than it is asked for."""
        at = self._clock()
        return await self._db.look(
            lambda connection: delay_of(connection, guild, user, at, self._share, lane=lane)
        )

    async def arrivals(self, since: float, limit: int = 500) -> list[Arrival]:
        """Return the jobs that were asked for after ``since``, the newest first."""
        rows = await self._db.read(
            "SELECT created_at, due - created_at AS delay, expected, lane FROM job "
            "WHERE created_at > ? ORDER BY created_at DESC LIMIT ?",
            (since, limit),
        )
        return [
            Arrival(
                at=row["created_at"],
                delay=max(0.0, row["delay"]),
                expected=row["expected"],
                lane=row["lane"],
            )
            for row in rows
        ]

    async def forecast_ratios(
        self, fewest: int, most: int, limit: int = 50, *, lane: str = ""
    ) -> list[float]:
        """Return how long jobs of a lane really took as a share of what was told; the newest first.

        Args:
            fewest, most: how many jobs were ahead of them when they were asked for.
        """
        rows = await self._db.read(
            "SELECT ratio FROM foretold WHERE lane = ? AND ahead BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?",
            (lane, fewest, most, limit),
        )
        return [row["ratio"] for row in rows]

    async def position(self, job: JobId) -> int | None:
        """Return a waiting job's place in its lane (1 = next), or None where it does not wait."""
        rows = await self._db.read(POSITION, (job,))
        return rows[0]["place"] if rows else None

    async def ahead(self, job: JobId) -> Ahead:
        """Count what comes before a job."""
        (row,) = await self._db.read(AHEAD, {"job": job})
        return Ahead(
            jobs=row["jobs"], running=row["running"], by_member_self=row["own"], elsewhere=row["elsewhere"]
        )

    async def counts(self, guild: int | None = None) -> dict[State, int]:
        """Count the jobs of a guild, or all, by state; every state is there."""
        rows = await self._db.read(
            "SELECT state, count(*) AS jobs FROM job WHERE :guild IS NULL OR guild_id = :guild "
            "GROUP BY state",
            {"guild": guild},
        )
        found = {State(row["state"]): row["jobs"] for row in rows}
        return {state: found.get(state, 0) for state in State}

    async def ended(self, guild: int, since: float, limit: int = 5_000) -> list[Job]:
        """Return a guild's jobs that ended after ``since``, the newest first."""
        return await self._jobs(
            "SELECT * FROM job WHERE ended_at > ? AND guild_id = ? AND NOT private "
            "ORDER BY ended_at DESC LIMIT ?",
            (since, guild, limit),
        )

    async def running(self) -> list[Job]:
        """Return the jobs that run in any lane, the one that began last first.

        Of two that an engine has taken, the other is about to end.
        """
        return await self._jobs(
            "SELECT * FROM job WHERE state = 'running' ORDER BY started_at DESC, seq DESC"
        )

    async def asked_to_stop(self) -> list[JobId]:
        """Return the running jobs that were asked to stop."""
        rows = await self._db.read("SELECT id FROM job WHERE state = 'running' AND cancel_requested")
        return [JobId(row["id"]) for row in rows]

    async def render_times(self, profile: str | None, limit: int = 50, *, lane: str = "") -> list[Timed]:
        """Return the last renders of a profile, or any of a lane, as they were timed; the newest first."""
        where, given = ("lane = ?", lane) if profile is None else ("profile = ?", profile)
        rows = await self._db.read(
            f"SELECT seat, profile, seconds FROM render_time WHERE {where} ORDER BY seq DESC LIMIT ?",
            (given, limit),
        )
        return [Timed(seat=row["seat"], profile=row["profile"], seconds=row["seconds"]) for row in rows]


def _first(jobs: list[Job]) -> Job | None:
    return jobs[0] if jobs else None
