"""Who is next: one named query, and the running account of what each member has used.

The account decays: a GPU-second counts half after one half-life. Decaying every account at every claim would
mean a write per member, so time is turned around ("forward decay", Cormode et al., ICDE 2009): a second that
is used at time ``t`` is booked as ``2 ** (t / half_life)`` and never touched again. All accounts would
shrink by the same factor as time goes on, so their order is the same at every moment. The sum is far beyond a
double, hence its logarithm is kept; a member without a row has used nothing.
"""

from __future__ import annotations

import math
import sqlite3

HALF_LIFE = 6 * 3600.0
"""Seconds after which used GPU time counts half."""

FAIR_ORDER = """
WITH turns AS (
    SELECT
        id, guild_id, state, priority, front, slot_user, slot_seq,
        row_number() OVER (
            PARTITION BY guild_id, slot_user
            ORDER BY state = 'running' DESC, priority DESC, front DESC, slot_seq
        ) AS turn
    FROM job
    WHERE state IN ('queued', 'running')
),
fair AS (
    SELECT
        turns.id AS id,
        pause.guild_id IS NOT NULL AS paused,
        row_number() OVER (
            ORDER BY
                pause.guild_id IS NOT NULL,
                turns.priority DESC,
                turns.front DESC,
                member.usage,
                turns.turn,
                turns.slot_seq
        ) AS place
    FROM turns
    LEFT JOIN member ON member.guild_id = turns.guild_id AND member.user_id = turns.slot_user
    LEFT JOIN pause ON pause.guild_id = turns.guild_id
    WHERE turns.state = 'queued'
)
"""
"""Begins a statement; ``fair`` then holds ``id``, ``paused`` and ``place`` (from 1) of every waiting job.

Paused guilds stand last. Then: the higher priority; what an interruption put to the front; the member who has
used the least (NULL, no row, sorts first); that member's own first job before anybody's second, where one
that is running counts as one; first come.
"""


def charge(
    connection: sqlite3.Connection,
    *,
    guild_id: int,
    user_id: int,
    seconds: float,
    now: float,
    half_life: float = HALF_LIFE,
) -> None:
    """Book GPU-seconds to a member. Zero seconds leave no trace."""
    if seconds <= 0:
        return
    added = math.log2(seconds) + now / half_life
    row = connection.execute(
        "SELECT usage FROM member WHERE guild_id = ? AND user_id = ?", (guild_id, user_id)
    ).fetchone()
    usage = added if row is None else log2_sum(row["usage"], added)
    connection.execute(
        "REPLACE INTO member (guild_id, user_id, usage) VALUES (?, ?, ?)", (guild_id, user_id, usage)
    )


def log2_sum(a: float, b: float) -> float:
    """Return ``log2(2**a + 2**b)`` without leaving the range of a double."""
    high, low = max(a, b), min(a, b)
    return high + math.log2(1 + 2 ** (low - high))
