"""Places in the fair order: waiting jobs of one guild may trade theirs, and no other guild's job moves."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from db.jobs.fairness import FAIR_ORDER
from db.states import JobId

SLOTS = f"""
{FAIR_ORDER}
SELECT job.id, job.lane, job.priority, job.front, job.due, job.slot_seq, job.before_others
FROM fair JOIN job ON job.id = fair.id
WHERE job.guild_id = ?
ORDER BY job.lane, fair.place
"""


def slots_of(connection: sqlite3.Connection, guild: int) -> list[sqlite3.Row]:
    """Return the slots of a guild's waiting jobs in the fair order, lane by lane."""
    return connection.execute(SLOTS, (guild,)).fetchall()


def slots_beside(connection: sqlite3.Connection, guild: int, job: JobId) -> list[sqlite3.Row]:
    """Return the slots of a guild's waiting jobs in this job's lane; none where it does not wait there."""
    slots = slots_of(connection, guild)
    lane = next((slot["lane"] for slot in slots if slot["id"] == job), None)
    return [slot for slot in slots if slot["lane"] == lane]


def put(connection: sqlite3.Connection, slots: Sequence[sqlite3.Row], job: JobId, place: int) -> None:
    """Put a job at a place (1 = first) among those of its lane, which hold these slots; at most at the end.

    The waits that their members were told no longer teach the forecast: no forecast could have foreseen this.
    """
    order: list[str] = [slot["id"] for slot in slots]
    order.remove(job)
    order.insert(place - 1, job)
    connection.executemany(
        "UPDATE job SET priority = ?, front = ?, due = ?, slot_seq = ?, foretold = NULL WHERE id = ?",
        [
            (slot["priority"], slot["front"], slot["due"], slot["slot_seq"], moved)
            for slot, moved in zip(slots, order, strict=True)
        ],
    )


def put_before_others(connection: sqlite3.Connection, guild: int, job: JobId) -> None:
    """Put a job before the ordinary jobs of its guild, after interrupted jobs and others that go first."""
    slots = slots_beside(connection, guild, job)
    own = next(place for place, slot in enumerate(slots) if slot["id"] == job)
    ordinary = (
        place for place, slot in enumerate(slots[:own]) if not (slot["before_others"] or slot["front"])
    )
    place = next(ordinary, own)
    put(connection, slots[place : own + 1], job, 1)
