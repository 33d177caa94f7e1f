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
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Why a moderator has to look at a job.

    Attributes:
        reason: in words, for the moderators.
        with_file: its picture or clip may be shown to them.
    """

    reason: str
    with_file: bool = True


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """What must be known to put a job in the queue.

    Attributes:
        key: the idempotency key: two enqueues with the same key are one job; the interaction's id serves.
        recipe: JSON, opaque to this package.
        profile: the name under which render times are remembered.
        inputs: role → sha256 of a blob; the blobs live as long as the job needs them.
        priority: higher is earlier, whatever is due; below 0: when nothing else waits, in any guild.
        parent: the job that this one was remixed or rerolled from.
        roles: the member's, in this guild; moderators may allow them more.
        status_message_id: the message in the channel that will follow the job, where it stands there already.
        hold: why a moderator has to look at it before it is drawn; None: nobody has to.
        adult: its words are for age-restricted channels only.
        spoiler: its clip is shown behind a spoiler.
    """

    key: str
    kind: str
    guild_id: int
    channel_id: int
    user_id: int
    recipe: str
    profile: str
    inputs: Mapping[str, str]
    priority: int = 0
    parent: JobId | None = None
    roles: frozenset[int] = frozenset()
    status_message_id: int | None = None
    hold: Hold | None = None
    adult: bool = False
    spoiler: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    """A member's request, as the database holds it. Times are Unix seconds, None where not yet.

    Attributes:
        due: its place among jobs of one priority; later than ``created_at`` for who has used much lately.
        expected: seconds that its render was expected to take when it was asked for.
        claim: counts the claims; the number fences late answers off.
        crashes: the engine died while this job ran.
        restarts: the bot came back and found it running.
        stage, fraction, take: the last progress that was written; empty, 0 and 0 before.
        cancel_requested: somebody asked a running job to stop.
        clip_sha256, clip_size: the finished MP4, a blob.
        receipt: JSON, opaque to this package.
        error_code, error_text, error_id: why it ended badly; ``error_text`` may be shown to the member.
        status_channel_id, status_message_id: the public message that follows the job.
        status_final: that message has been given its last words.
        posting_since: when the first attempt to post was written down.
        post_attempts, retry_at: how often posting was tried, and when it may be tried again.
        message_id: the message that carries the clip.
        deleted_at: the clip was taken down by its owner or a moderator.
        held_reason: why it waits for a review, or last did.
        adult: its words are for age-restricted channels only.
        spoiler: its clip is shown behind a spoiler.
        looked_at: a moderator has approved the finished clip.
        charged_seconds: what its member and its guild were charged for it; 0 again where it failed.
        forgotten_at: its words and files were cleared away; only what counts is left.
    """

    id: JobId
    key: str
    kind: str
    state: State
    guild_id: int
    channel_id: int
    user_id: int
    recipe: str
    profile: str
    inputs: Mapping[str, str]
    priority: int
    parent: JobId | None
    created_at: float
    due: float
    expected: float
    claim: int
    crashes: int
    restarts: int
    started_at: float | None
    rendered_at: float | None
    ended_at: float | None
    stage: str
    fraction: float
    take: int
    cancel_requested: bool
    clip_sha256: str | None
    clip_size: int | None
    receipt: str | None
    gpu_seconds: float
    error_code: str | None
    error_text: str | None
    error_id: str | None
    status_channel_id: int | None
    status_message_id: int | None
    status_final: bool
    posting_since: float | None
    post_attempts: int
    retry_at: float | None
    message_id: int | None
    deleted_at: float | None
    held_reason: str | None = None
    charged_seconds: float = 0.0
    forgotten_at: float | None = None
    adult: bool = False
    spoiler: bool = False
    looked_at: bool = False
