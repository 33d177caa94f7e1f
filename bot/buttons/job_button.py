"""A button about a job: how it names the job, who may press it, and where it stands."""

from __future__ import annotations

import abc
import dataclasses
import re
from enum import Enum, auto
from typing import ClassVar, Self

from bot.buttons.button import Button
from bot.config.settings import Settings
from bot.discord_io.door import Door, Manner
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.permissions import may_change, may_see
from bot.text import messages, privacy_texts
from db.audit.log import AuditEntry
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.states import JOB_ID, JobId, State, is_outside
from engine.core.capabilities import Capabilities


class Place(Enum):
    """Where a button stands. Places of one message follow each other row by row."""

    STATUS = auto()
    """Under the status message of a job."""

    DRAFT = auto()
    """Under a status message whose first look is still undecided."""

    CLIP = auto()
    """Under a finished clip: what makes another of it, or keeps it."""

    MORE = auto()
    """Behind “More…”: the rest of what can be done with a finished clip."""


class Presser(Enum):
    """Who may press a button. Members of other servers never may."""

    ANYONE = auto()
    ITS_MEMBER = auto()
    """The member who asked for the job, and moderators."""

    ITS_MEMBER_ALONE = auto()
    """The member who asked for the job, and no moderator: it is done in the name of whoever presses it."""


class JobButton(Button):
    """A button that does something with a job of this server.

    Attributes:
        place: where it stands; None: whatever shows it asks for it by its class.
        states: where its job stands when the button is meant. A status message shows it in these only.
        presser: who may press it.
        anywhere: it works in a direct message, too, whatever the owner lets members ask for there.
        in_servers_only: it has no use, or no rules, outside the servers that have added the bot.
        needs_words: it cannot be used once the words of its job are forgotten.
    """

    place: ClassVar[Place | None] = None
    states: ClassVar[tuple[State, ...]] = (State.DELIVERED,)
    presser: ClassVar[Presser] = Presser.ANYONE
    anywhere: ClassVar[bool] = False
    in_servers_only: ClassVar[bool] = False
    needs_words: ClassVar[bool] = False

    def __init__(self, job: JobId, *, row: int | None = None) -> None:
        self.job = job
        super().__init__(self.id_for(job), row=row)

    @classmethod
    def pattern(cls) -> str:
        """Match ``fk:<action>:<job>``."""
        return f"fk:{cls.action}:(?P<job>{JOB_ID})"

    @classmethod
    def id_for(cls, job: JobId) -> str:
        """The ``custom_id`` of the button about this job."""
        return f"fk:{cls.action}:{job}"

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Make the button again from what a click brings back."""
        return cls(JobId(match["job"]))

    @classmethod
    def manner_of_click(cls) -> Manner:
        """How the door treats a click. Outside of servers, too, most of what can be done with a job can."""
        return dataclasses.replace(cls.manner, outside=not cls.in_servers_only)

    @classmethod
    def suits(cls, job: Job) -> bool:
        """Whether this job has a use for the button where it stands."""
        del job
        return True

    @classmethod
    def stands_under(cls, job: Job) -> bool:
        """Whether a message about this job has the button."""
        return cls.suits(job) and not (cls.in_servers_only and is_outside(job.guild_id))

    @classmethod
    def works_with(cls, capabilities: Capabilities) -> bool:
        """Whether this machine can do what the button is for."""
        del capabilities
        return True

    async def click(self, interaction: Interaction) -> None:
        """Check what every button of a job checks, then do what this one is for."""
        job = await job_here(interaction, self.job, needs_words=self.needs_words)
        if job is None:
            return
        if self.presser is Presser.ITS_MEMBER and not may_press(interaction, job):
            await say(interaction, messages.NOT_YOURS)
            return
        if self.presser is Presser.ITS_MEMBER_ALONE and interaction.user.id != job.user_id:
            await say(interaction, messages.ITS_MEMBERS_ALONE)
            return
        await self.do(interaction, job)

    @abc.abstractmethod
    async def do(self, interaction: Interaction, job: Job) -> None:
        """Do what the button is for, after the permission check."""


async def job_here(interaction: Interaction, job_id: JobId, *, needs_words: bool = False) -> Job | None:
    """Find a job of this server that the member may see.

    Args:
        interaction: a click, or a form that came back.
        job_id: the job that it is about.
        needs_words: a job whose words are forgotten, or whose clip was deleted, will not do.

    Returns:
        The job; None where there is none that will do, and the member has been told so.
    """
    job = await interaction.client.part(JobQueries).get(job_id)
    if job is None or not may_see(interaction, job, interaction.client.part(Settings).moderator_roles):
        await say(interaction, messages.NOT_FOUND)
        return None
    if needs_words and (job.forgotten_at is not None or job.deleted_at is not None):
        await say(interaction, privacy_texts.FORGOTTEN)
        return None
    return job


async def own_private_job(interaction: Interaction, job_id: JobId) -> Job | None:
    """Find a member's own private job, in direct messages too, where the door asks for no ban of a server.

    Args:
        interaction: a click.
        job_id: the job that it is about.

    Returns:
        The job; None where it is not theirs, or they are banned in its server, and they have been told so.
    """
    job = await interaction.client.part(JobQueries).get(job_id)
    if job is None or interaction.user.id != job.user_id or not job.private:
        await say(interaction, messages.NOT_FOUND)
        return None
    if await interaction.client.part(Door).bans(job.guild_id, job.user_id):
        await say(interaction, messages.BANNED)
        return None
    return job


def may_press(interaction: Interaction, job: Job) -> bool:
    """Whether it is the job of the member who clicked, or a moderator did."""
    return may_change(interaction, job, interaction.client.part(Settings).moderator_roles)


def entry_for(interaction: Interaction, job: Job, action: str) -> AuditEntry | None:
    """The audit entry of what a moderator does to a member's job; None: it is their own."""
    if interaction.user.id == job.user_id:
        return None
    return AuditEntry(
        guild_id=job.guild_id,
        actor_id=interaction.user.id,
        action=action,
        target=job.id,
        reason="by its button",
    )
