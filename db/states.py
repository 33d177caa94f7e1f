"""The states of a job, and the moves between them. Nothing else in the program knows the moves.

::

    held ──► queued ──► running ──► rendered ──► posting ──► delivered
               ▲           │            ▲            │
               └───────────┘            └────────────┘   (the bot came back; delivery is tried again)

``held`` may also stand before posting. The ends are delivered, cancelled, failed, quarantined and refused; a
moderator may bring a cancelled, failed or quarantined job back, to where its clip, if it has one, puts it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NewType

JobId = NewType("JobId", str)
"""16 lower-case hex digits, random: an id can be shown in public, and tells nothing of others."""


def new_job_id() -> JobId:
    """Make an id that nobody can guess from another."""
    return JobId(secrets.token_hex(8))


class State(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    RENDERED = "rendered"
    POSTING = "posting"
    DELIVERED = "delivered"
    HELD = "held"
    CANCELLED = "cancelled"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    REFUSED = "refused"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in ENDS


ENDS = frozenset({State.DELIVERED, State.CANCELLED, State.FAILED, State.QUARANTINED, State.REFUSED})

OPEN = tuple(state for state in State if state not in ENDS)
"""States in which something still happens to a job."""

WAITING = (State.QUEUED, State.HELD, State.RENDERED)
"""States in which nothing is being done for a job at this moment, so that it can be ended at once."""


def sql_list(states: Iterable[State]) -> str:
    """States as the inside of SQL's ``IN (…)``."""
    return ", ".join(f"'{state}'" for state in states)


OPEN_STATES = sql_list(OPEN)
ENDED_STATES = sql_list(sorted(ENDS))

MOVES: Mapping[State, frozenset[State]] = {
    State.HELD: frozenset({State.QUEUED, State.RENDERED, State.REFUSED, State.CANCELLED, State.QUARANTINED}),
    State.QUEUED: frozenset(
        {State.RUNNING, State.HELD, State.CANCELLED, State.FAILED, State.QUARANTINED, State.REFUSED}
    ),
    State.RUNNING: frozenset(
        {State.QUEUED, State.RENDERED, State.CANCELLED, State.FAILED, State.QUARANTINED, State.REFUSED}
    ),
    State.RENDERED: frozenset(
        {State.POSTING, State.HELD, State.CANCELLED, State.FAILED, State.QUARANTINED, State.REFUSED}
    ),
    State.POSTING: frozenset({State.RENDERED, State.DELIVERED, State.FAILED}),
    State.DELIVERED: frozenset(),
    State.CANCELLED: frozenset({State.QUEUED, State.RENDERED}),
    State.FAILED: frozenset({State.QUEUED, State.RENDERED}),
    State.QUARANTINED: frozenset({State.QUEUED, State.RENDERED, State.CANCELLED}),
    State.REFUSED: frozenset(),
}


class InvalidMove(Exception):
    """A job was to make a move that is not allowed; nothing was written."""

    def __init__(self, job: JobId, old: State, new: State) -> None:
        super().__init__(f"job {job} cannot go from {old} to {new}")
        self.old = old
        self.new = new


def check_move(job: JobId, old: State, new: State) -> None:
    """Return if the move is allowed.

    Raises:
        InvalidMove: it is not.
    """
    if new not in MOVES[old]:
        raise InvalidMove(job, old, new)
