"""Every slash command, and one use of it; tests hold the list against the bot's own tree of commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.services import Services
from db.jobs.job import Job
from db.states import State
from tests.bot.fixtures import picture, queued
from tests.db.asking import audit_entry
from tests.fake_discord import Upload
from tests.fake_discord.people import Member

WHO, JOB = object(), object()
"""Stand for the member, and for the job, that a command is about."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """One use of a command.

    Attributes:
        start: where its job stands before.
        says: part of what a moderator hears.
        action: what stands in the log; None: nothing.
        becomes: where the job stands after.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    start: State = State.QUEUED
    says: str = ""
    action: str | None = None
    becomes: State | None = None


USES = (
    Use(name="show", says="1 queued"),
    Use(name="stats", says="The last 7 days"),
    Use(name="why", options={"job": JOB}, says="No takes of this clip were discarded"),
    Use(name="audit", says="the chain is intact"),
    Use(name="pause", options={"reason": "lunch"}, says="Paused", action="pause"),
    Use(name="drain", options={"reason": "closing"}, says="no new ones", action="drain"),
    Use(name="resume", says="Running again", action="resume"),
    Use(name="clear", says="Cancelled 1", action="clear", becomes=State.CANCELLED),
    Use(name="cancel", options={"job": JOB}, action="cancel", becomes=State.CANCELLED),
    Use(name="move", options={"job": JOB, "place": 1}, says="place 1", action="move"),
    Use(name="hold", options={"job": JOB, "reason": "odd"}, action="hold", becomes=State.HELD),
    Use(name="release", options={"job": JOB}, start=State.HELD, action="release", becomes=State.QUEUED),
    Use(name="retry", options={"job": JOB}, start=State.CANCELLED, action="retry", becomes=State.QUEUED),
    Use(
        name="quarantine",
        options={"job": JOB, "reason": "odd"},
        action="quarantine",
        becomes=State.QUARANTINED,
    ),
    Use(
        name="ban",
        options={"member": WHO, "reason": "spam"},
        says="can no longer use me here",
        action="ban",
        becomes=State.CANCELLED,
    ),
    Use(name="unban", options={"member": WHO}, says="can use me again", action="unban"),
    Use(name="limit show", says="default for each member: 3 waiting"),
    Use(name="limit set", options={"waiting": 5, "turn": "FIRST"}, says="5 waiting", action="limit"),
    Use(name="limit set", options={"whom": WHO, "day": 600}, says="600 s of drawing time", action="limit"),
    Use(name="review", says="no review channel is set"),
    Use(name="review", options={"new_members": 3}, says="3 days", action="review"),
    Use(name="words add", options={"word": "Gr0mpf"}, says="grompf", action="word add"),
    Use(name="words allow", options={"word": "nude"}, says="nude", action="word allow"),
    Use(
        name="words remove",
        options={"word": "nude"},
        says="no longer on this server's lists",
        action="word remove",
    ),
    Use(name="words list", says="grompf"),
    Use(name="limit clear", says="Done", action="limit clear"),
)
"""Each command of moderators, after ``/queue``."""

BY_NAME = {use.name: use for use in USES}

MEMBERS_USES: dict[str, dict[str, Any]] = {
    "animate": {"image": Upload("lake.png", picture())},
    "text2video": {"prompt": "a red boat"},
    "restyle": {"video": Upload("clip.mp4", b"no clip"), "prompt": "in ink"},
    "replay": {"file": Upload("clip.mp4", b"no clip")},
    "jobs": {},
    "mydata export": {},
    "mydata erase": {},
    "mydata pictures": {"others": "forbid"},
}
"""Each command of members, and what it is given."""


def options(use: Use, job: Job, member: Member) -> dict[str, Any]:
    meant = {JOB: job.id, WHO: member}
    return {name: meant.get(value, value) for name, value in use.options.items()}


async def brought(services: Services, member: Member, state: State) -> Job:
    """A job of the member that stands in this state."""
    job = await queued(services.queue, member.id, member.guild.id)
    if state is State.HELD:
        await services.queue.delivery.hold(job.id, "a look")
    elif state is State.CANCELLED:
        await services.queue.claims.cancel(job.id)
    return await services.queue.jobs.get(job.id)


async def ready_for(use: Use, services: Services, member: Member) -> Job:
    """Nothing of the last use is left, and this one's finds what it is about."""
    guild = member.guild.id
    done = audit_entry("tidy up", guild=guild)
    await services.queue.moderation.resume(done)
    await services.queue.moderation.clear(done)
    await services.queue.moderation.unban(guild, member.id)
    job = await brought(services, member, use.start)
    if use.name == "unban":
        await services.queue.moderation.ban(guild, member.id, by=1, reason="spam")
    elif use.name == "resume":
        await services.queue.moderation.pause(done)
    return job
