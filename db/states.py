"""The states of a job, and the moves between them. Nothing else in the program knows the moves.

::

    held ──► queued ──► running ──► rendered ──► posting ──► delivered
               ▲           │            ▲            │
               └───────────┘            └────────────┘   (the bot came back; delivery is tried again)

``held`` may also stand before posting. The ends are delivered, cancelled, failed, quarantined and refused; a
moderator may bring a cancelled, failed or quarantined job back, to where its clip, if it has one, puts it.

Every set of states that a part of the queue works with has its name here, so that a new state is weighed once
against each of them. In SQL a set is written with :func:`sql_list`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NewType

from db.errors import InvalidMove

EVERYWHERE = 0
"""In the place of a guild's id: what holds for all of them. Only the owner of the bot sets it."""

DIRECT = -1
"""In the place of a guild's id: asked outside the guilds that the bot is in, by a member of one of them."""

STRANGERS = -2
"""The same, by somebody who shares no guild with the bot."""

OUTSIDE = (DIRECT, STRANGERS)
"""Both of them: there are no moderators, and what a job shows is its member's."""


def is_outside(guild: int) -> bool:
    """Whether this stands for no guild, but for what is asked outside of them."""
    return guild in OUTSIDE


OWNER = 0
"""In the place of a member's id: the owner of the bot, at the machine."""

JobId = NewType("JobId", str)
"""16 lower-case hex digits, random: an id can be shown in public, and tells nothing of others."""


JOB_ID = r"[0-9a-f]{16}"
"""What a job's id looks like, as a regular expression."""


def new_job_id() -> JobId:
    """Make a random id."""
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


ENDS = (State.DELIVERED, State.CANCELLED, State.FAILED, State.QUARANTINED, State.REFUSED)
"""States in which nothing more happens by itself."""

OPEN = tuple(state for state in State if state not in ENDS)
"""States in which something still happens to a job."""

WAITING = (State.QUEUED, State.HELD, State.RENDERED)
"""States in which nothing is being done for a job at this moment, so that it can be ended at once."""

NOT_DRAWN = (State.QUEUED, State.HELD)
"""States in which a job counts as waiting for the limits, as long as it has no clip."""

BACKLOG = (State.QUEUED, State.RUNNING)
"""States in which a job's engine time is still to come, so that its member's next job is due later."""

TO_POST = (State.RENDERED, State.POSTING)
"""States in which a clip is to be posted, for the first time or again."""

HOLDABLE = (State.QUEUED, State.RENDERED)
"""States in which a job can be made to wait for a review."""

NEEDS_INPUTS = (State.QUEUED, State.RUNNING, State.HELD)
"""States in which a job's inputs must be there to go on."""

NEEDS_CLIP = (State.RENDERED, State.POSTING, State.HELD)
"""States in which a job's clip, where it has one, must be there to go on."""

FAILS_UNCLAIMED = (State.QUEUED, State.RENDERED, State.POSTING)
"""States in which a job can fail although no engine works on it."""

SET_ASIDE_FROM = (*WAITING, State.RUNNING)
"""States in which a moderator can set a job aside."""

RETRIED = (State.FAILED, State.QUARANTINED, State.CANCELLED)
"""Ends from which a moderator can bring a job back."""

POSTED_AGAIN = (State.FAILED, State.CANCELLED)
"""Ends of the post of a private clip, after which its member may ask for it once more."""


def sql_list(states: Iterable[str]) -> str:
    """States as the inside of SQL's ``IN (…)``."""
    return ", ".join(f"'{state}'" for state in states)


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
    # It is cancelled between two tries to post. An erase does so in one, too: nothing of its member may stay.
    State.POSTING: frozenset({State.RENDERED, State.DELIVERED, State.FAILED, State.CANCELLED}),
    State.DELIVERED: frozenset(),
    State.CANCELLED: frozenset({State.QUEUED, State.RENDERED}),
    State.FAILED: frozenset({State.QUEUED, State.RENDERED}),
    State.QUARANTINED: frozenset({State.QUEUED, State.RENDERED, State.CANCELLED}),
    State.REFUSED: frozenset(),
}


def check_move(job: JobId, old: State, new: State) -> None:
    """Return if the move is allowed.

    Raises:
        InvalidMove: it is not.
    """
    if new not in MOVES[old]:
        raise InvalidMove(job, old, new)
