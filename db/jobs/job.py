"""A job, before it is written down and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from db.states import JobId, State

NOWHERE = 0
"""In the place of a channel's id: the job was asked for by a program that fetches its clip itself."""


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
        channel_id: where it was asked for; :data:`NOWHERE`: nothing is posted.
        recipe: JSON, opaque to this package.
        profile: the name under which render times are remembered.
        inputs: role → sha256 of a blob; the blobs live as long as the job needs them.
        parent: the job that this one was remixed or rerolled from.
        roles: the member's, in this guild; moderators may allow them more.
        status_message_id: the message in the channel that will follow the job, where it stands there already.
        hold: why a moderator has to review it before it is drawn; None: no review.
        adult: its words are for age-restricted channels only.
        spoiler: its clip is shown behind a spoiler.
        seed: the recipe's; None: it has none.
        interaction: the id of the interaction that asks; 0: unknown, and so older than any erase.
        seen: what was seen in its pictures, JSON, opaque to this package.
        lane: where it is drawn: "" is this machine, else the name of the service.
        engine: what draws it. In a lane, not every server can draw with each.
        api_key: the id of the API key by which it was asked for; None: it was asked for in Discord.
        ability: JSON, what a machine must have to draw it; "": none but the bot's own engines may.
        takes: of so many drafts its member wants to choose one first; 0: none.
        private: only its member is to see it.
        token: what its answer can be changed with, where that is the only way.
        answer_only: the bot is not where it was asked for: all that is said of it goes into the answer.
        given: JSON, what its command was given, where defaults were added; opaque to this package.
        language: in which its member is told of it.
    """

    key: str
    kind: str
    guild_id: int
    channel_id: int
    user_id: int
    recipe: str
    profile: str
    inputs: Mapping[str, str]
    parent: JobId | None = None
    roles: frozenset[int] = frozenset()
    status_message_id: int | None = None
    hold: Hold | None = None
    adult: bool = False
    spoiler: bool = False
    seed: int | None = None
    interaction: int = 0
    seen: str | None = None
    lane: str = ""
    engine: str = ""
    api_key: str | None = None
    ability: str = ""
    takes: int = 0
    private: bool = False
    token: str | None = None
    answer_only: bool = False
    given: str | None = None
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class Job:
    """A member's request, as the database holds it. Times are Unix seconds, None where not yet.

    Attributes:
        channel_id: where it was asked for; :data:`NOWHERE`: nothing is posted.
        priority: higher is earlier, whatever is due; below 0: when nothing else waits, in any guild.
        due: its place among jobs of one priority; later than ``created_at`` for a heavy user.
        expected: seconds that its render was expected to take when it was asked for.
        claim: counts the claims; the number fences late answers off.
        crashes: the engine ended of itself while this job ran.
        restarts: other ends of engine or bot that are held against the job.
        stumbles, stumbled_at: how often engine or bot ended while it ran, by whatever, and when last.
        stage, fraction, take: the last progress that was written; empty, 0 and 0 before.
        cancel_requested: the running job was asked to stop.
        clip_sha256: the finished MP4, a blob.
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
        charged_seconds: what its member and its guild were charged for it; 0 again if it failed.
        forgotten_at: its words and files were cleared away; only what counts is left.
        seed: the recipe's; None where it was cleared away, or there is none.
        seen: what was seen in its pictures, JSON, opaque to this package; None where it was cleared away.
        lane: where it is drawn: "" is this machine, else the name of the service.
        engine: what draws it; "" for a job from before this was stored.
        seat: the name of what claimed it last; "" before.
        api_key: the id of the API key by which it was asked for; None: it was asked for in Discord.
        ability: JSON, what a machine must have to draw it; "": none but the bot's own engines may.
        worker: what claimed it last; None: an engine of the bot's own.
        trust: how far that worker was trusted when it was given the claim; None: it was no worker.
        losses: how often a worker's program began anew while it drew this job.
        faults: how often each place failed in it; see :mod:`db.jobs.faults`.
        takes: of so many drafts its member wanted to choose one; 0: of none.
        choosing: it waits for that, and is not claimed.
        choose_until: when the best draft is finished if nobody has chosen; None: they were not shown.
        chosen: the number of the draft that it is drawn like; 0: none was chosen.
        chosen_late: nobody chose it.
        draft_of: the job that this is a draft of; None: it is none, or a draft of a choice that began anew.
        draft: its number among the drafts, from 1; 0: it is none.
        private: only its member is to see it.
        token: what its answer can be changed with, while that may be.
        token_at: when that token was given; None: with the request.
        answer_only: the bot is not where it was asked for: all that is said of it goes into the answer.
        given: JSON, what its command was given, where defaults were added; opaque to this package.
        language: in which its member is told of it.
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
    receipt: str | None
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
    seed: int | None = None
    stumbles: int = 0
    stumbled_at: float | None = None
    seen: str | None = None
    lane: str = ""
    engine: str = ""
    seat: str = ""
    api_key: str | None = None
    ability: str = ""
    worker: str | None = None
    trust: str | None = None
    losses: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    takes: int = 0
    choosing: bool = False
    choose_until: float | None = None
    chosen: int = 0
    chosen_late: bool = False
    draft_of: JobId | None = None
    draft: int = 0
    private: bool = False
    token: str | None = None
    token_at: float | None = None
    answer_only: bool = False
    given: str | None = None
    language: str = "en"

    @property
    def has_channel(self) -> bool:
        """Whether its clip, and what is said of it, go to a channel."""
        return self.channel_id != NOWHERE and not (self.draft or self.private or self.answer_only)

    @property
    def has_status(self) -> bool:
        """Whether a message that others see says how it stands."""
        return self.has_channel or (self.answer_only and not self.draft and not self.private)

    @property
    def has_answer(self) -> bool:
        """Whether its clip goes into the answer to whoever asked, and only there."""
        return (self.private or self.answer_only) and not self.draft

    @property
    def shows_drafts(self) -> bool:
        """Whether its message shows drafts to choose from."""
        return self.choosing and self.choose_until is not None
