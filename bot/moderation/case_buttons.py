"""A button of a message that asks moderators to decide a case, and which buttons such a message has."""

from __future__ import annotations

import abc
import re
from typing import ClassVar, Self

import discord

from bot.buttons import rows
from bot.buttons.button import ROUND, Button
from bot.config.settings import Settings
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.permissions import is_moderator, is_of_here
from bot.text import messages
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.jobs.review_requests import CaseKind
from db.moderation.cases import Case
from db.states import JOB_ID, JobId


class CaseButton(Button):
    """A decision about a case. Its ``custom_id`` has the round, so that an old message decides nothing new.

    Attributes:
        kind: the cases that it stands under.
    """

    kind: ClassVar[CaseKind]

    def __init__(self, number: int, job: JobId) -> None:
        self.number = number
        self.job = job
        super().__init__(self.id_for(number, job))

    @classmethod
    def pattern(cls) -> str:
        """Match ``fkc:<action>:<round>:<job>``."""
        return f"fkc:{cls.action}:(?P<round>{ROUND}):(?P<job>{JOB_ID})"

    @classmethod
    def id_for(cls, number: int, job: JobId) -> str:
        """The ``custom_id`` of the button in this round, about this job."""
        return f"fkc:{cls.action}:{number}:{job}"

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Make the button again from what a click brings back."""
        return cls(int(match["round"]), JobId(match["job"]))

    async def click(self, interaction: Interaction) -> None:
        """Let moderators of the job's server decide, and nobody else."""
        if await job_to_decide(interaction, self.job) is not None:
            await self.do(interaction)

    @abc.abstractmethod
    async def do(self, interaction: Interaction) -> None:
        """Do what the button is for, after the permission check."""


async def job_to_decide(interaction: Interaction, job_id: JobId) -> Job | None:
    """Find the job of a case, which may be a private one: its moderators decide about it all the same.

    Args:
        interaction: a click, or a form that came back.
        job_id: the job that the case is about.

    Returns:
        The job; None where the member is no moderator of its server, and they have been told so.
    """
    if not is_moderator(interaction, interaction.client.part(Settings).moderator_roles):
        await say(interaction, messages.NOT_A_MODERATOR)
        return None
    job = await interaction.client.part(JobQueries).get(job_id)
    if job is None or not is_of_here(interaction, job):
        await say(interaction, messages.NOT_FOUND)
        return None
    return job


def case_buttons() -> list[type[CaseButton]]:
    """The kinds of decisions, in their order."""
    return [kind for kind in rows.buttons() if issubclass(kind, CaseButton)]


def view_for(case: Case) -> discord.ui.View:
    """The buttons under a case."""
    kinds = [kind for kind in case_buttons() if kind.kind is case.kind]
    return rows.view_of([kind(case.round, case.job.id) for kind in kinds])
