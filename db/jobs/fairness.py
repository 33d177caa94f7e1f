"""Fair turns: each job has a due time, and the job that is due first is drawn first.

The job of a member who has used nothing lately is due at once. A member who has used the engine is due
later, by a multiple of the seconds used, up to a bound: heavy users come after light ones, but no job is
overtaken for longer than the bound, so the bot can give an honest range for the wait. A guild's use counts
likewise, at a lower rate, so that a large guild cannot crowd out a small one. The moment is fixed when the
job is asked for; later use counts for later jobs.

Use decays: a GPU-second counts half after one half-life. Decaying every account at every claim would mean a
write per member, so time is turned around ("forward decay", Cormode et al., ICDE 2009): a second that is used
at time ``t`` is booked as ``2 ** (t / half_life)`` and never touched again. The sum is far beyond a double,
so its logarithm is kept. A member without a row has used nothing.
"""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass

from db.sqlite.rows import fetch_one
from db.states import BACKLOG, EVERYWHERE, JobId, sql_list

_PAUSED = f"EXISTS (SELECT 1 FROM pause WHERE pause.guild_id IN (job.guild_id, {EVERYWHERE}))"

FAIR_ORDER = f"""
WITH fair AS (
    SELECT
        job.id AS id,
        {_PAUSED} AS paused,
        row_number() OVER (
            PARTITION BY job.lane
            ORDER BY
                {_PAUSED},
                job.priority DESC,
                job.front DESC,
                job.due,
                job.slot_seq
        ) AS place
    FROM job
    WHERE job.state = 'queued' AND NOT job.choosing
)
"""
"""Begins a statement; ``fair`` then holds ``id``, ``paused`` and ``place`` (from 1, in its lane) of every
waiting job.

Paused guilds stand last. Then: the higher priority; what an interruption put to the front; what is due first;
first come. :data:`db.jobs.claims.CLAIM` has the same order, and reads only its beginning.
"""

NOTHING_LEFT = 1e-9
"""A share of an account below which what is left is the rounding of doubles."""

UNKNOWN_SECONDS = 30.0
"""The assumed length of a render before anything has been measured."""

LATEST = 20
"""How many of the last renders tell what the next one will take."""

EXPECTED = """
SELECT coalesce(
    (SELECT avg(seconds) FROM
        (SELECT seconds FROM render_time WHERE profile = :profile ORDER BY seq DESC LIMIT :latest)),
    (SELECT avg(seconds) FROM
        (SELECT seconds FROM render_time WHERE lane = :lane ORDER BY seq DESC LIMIT :latest)),
    :unknown
) AS seconds
"""

OWN_BACKLOG = f"""
SELECT total(expected) AS seconds FROM job
WHERE state IN ({sql_list(BACKLOG)}) AND guild_id = ? AND user_id = ? AND lane = ?
"""


@dataclass(frozen=True, kw_only=True)
class FairShare:
    """How use makes a member, or a guild, wait. The owner's settings are the one place for the defaults.

    Attributes:
        half_life: seconds after which used GPU time counts half.
        member_stretch: seconds that a member's job is due later for each second that the member has used,
            or has waiting.
        member_most: seconds that this adds at most.
        guild_stretch: the same for each second that the guild has used.
        guild_most: seconds that this adds at most.
        member_running: jobs of a member that run at once in a lane at most, as long as others wait there.
    """

    half_life: float
    member_stretch: float
    member_most: float
    guild_stretch: float
    guild_most: float
    member_running: int

    def delay(self, *, member: float, guild: float) -> float:
        """Seconds that a job is due later, for decayed GPU-seconds of its member and its guild."""
        return min(self.member_most, self.member_stretch * member) + min(
            self.guild_most, self.guild_stretch * guild
        )


def delay_of(
    connection: sqlite3.Connection,
    guild_id: int,
    user_id: int,
    now: float,
    share: FairShare,
    *,
    lane: str,
    own_use: bool = True,
) -> float:
    """Seconds that a member's next job is due later than it is asked for.

    Args:
        lane: what the member has waiting counts in this lane only; what was used counts in each.
        own_use: what the member has used counts, beside what the guild has.
    """
    waiting = connection.execute(OWN_BACKLOG, (guild_id, user_id, lane)).fetchone()["seconds"]
    member = _used(
        connection,
        "SELECT usage FROM member WHERE guild_id = ? AND user_id = ?",
        (guild_id, user_id),
        now=now,
        half_life=share.half_life,
    )
    guild = _used(
        connection,
        "SELECT usage FROM guild WHERE guild_id = ?",
        (guild_id,),
        now=now,
        half_life=share.half_life,
    )
    return share.delay(member=member + waiting if own_use else 0.0, guild=guild)


def expected_seconds(connection: sqlite3.Connection, profile: str, lane: str) -> float:
    """The expected time of a profile's render, from its last renders, or from any of its lane."""
    found: float = connection.execute(
        EXPECTED, {"profile": profile, "lane": lane, "latest": LATEST, "unknown": UNKNOWN_SECONDS}
    ).fetchone()["seconds"]
    return found


def charge(
    connection: sqlite3.Connection,
    *,
    guild_id: int,
    user_id: int,
    seconds: float,
    now: float,
    half_life: float,
) -> float | None:
    """Book GPU-seconds to a member and to the guild.

    Returns:
        What was added to each account, for :func:`refund`; None for no seconds, which leave no trace.
    """
    if seconds <= 0:
        return None
    added = math.log2(seconds) + now / half_life
    member = fetch_one(
        connection, "SELECT usage FROM member WHERE guild_id = ? AND user_id = ?", (guild_id, user_id)
    )
    connection.execute(
        "REPLACE INTO member (guild_id, user_id, usage) VALUES (?, ?, ?)",
        (guild_id, user_id, added if member is None else log2_sum(member["usage"], added)),
    )
    guild = fetch_one(connection, "SELECT usage FROM guild WHERE guild_id = ?", (guild_id,))
    connection.execute(
        "REPLACE INTO guild (guild_id, usage) VALUES (?, ?)",
        (guild_id, added if guild is None else log2_sum(guild["usage"], added)),
    )
    return added


def refund(connection: sqlite3.Connection, job: JobId) -> None:
    """Take back what a job was charged, if anything: from its member, its guild and the day."""
    row = fetch_one(
        connection, "SELECT guild_id, user_id, booked FROM job WHERE id = ? AND booked IS NOT NULL", (job,)
    )
    if row is None:
        return
    member, guild = (row["guild_id"], row["user_id"]), (row["guild_id"],)
    for table, where, account in (
        ("member", "guild_id = ? AND user_id = ?", member),
        ("guild", "guild_id = ?", guild),
    ):
        kept = fetch_one(connection, f"SELECT usage FROM {table} WHERE {where}", account)
        if kept is None:
            continue
        left = log2_difference(kept["usage"], row["booked"])
        if left is None:
            connection.execute(f"DELETE FROM {table} WHERE {where}", account)
        else:
            connection.execute(f"UPDATE {table} SET usage = ? WHERE {where}", (left, *account))
    connection.execute("UPDATE job SET charged_seconds = 0, booked = NULL WHERE id = ?", (job,))


def log2_sum(a: float, b: float) -> float:
    """Return ``log2(2**a + 2**b)`` without leaving the range of a double."""
    high, low = max(a, b), min(a, b)
    return high + math.log2(1 + 2 ** (low - high))


def log2_difference(a: float, b: float) -> float | None:
    """Return ``log2(2**a - 2**b)``, or None where nothing is left but rounding."""
    left = 1 - 2 ** min(0.0, b - a)
    return None if left <= NOTHING_LEFT else a + math.log2(left)


def _used(
    connection: sqlite3.Connection, sql: str, parameters: tuple[int, ...], *, now: float, half_life: float
) -> float:
    """Decayed GPU-seconds of an account."""
    row = fetch_one(connection, sql, parameters)
    if row is None:
        return 0.0
    # A clock that was set back makes the exponent large; a year of use is more than any bound.
    return float(2.0 ** min(25.0, row["usage"] - now / half_life))
