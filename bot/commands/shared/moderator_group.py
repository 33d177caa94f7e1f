"""The base of every moderator command: permission check, finding the job, the action, the answer."""

from __future__ import annotations

from typing import Any, ClassVar

import discord
from discord import app_commands

from bot.app import App
from bot.discord_io.interactions import Interaction
from bot.discord_io.permissions import is_moderator
from bot.discord_io.whereabouts import guild_of
from bot.job_documents import recipe_of
from bot.text import messages, moderation_texts
from bot.text.prompts import clean_prompt
from db.audit.log import AuditEntry
from db.jobs.job import Job
from db.states import State

CHOICES = 25
REASON_LIMIT = 200
SHOWN_PROMPT = 60

Reason = app_commands.Range[str, 1, REASON_LIMIT]

JobText = app_commands.Range[str, 1, 100]
"""A job as it may be typed: its id, or the beginning of it."""

OPEN = (State.RUNNING, State.QUEUED)
"""What "cancel" and "move" offer; the others name their states where they stand."""


class ModeratorGroup(app_commands.Group):
    """A group of commands that check the member's permission at each use.

    Attributes:
        order: its place in the list of ``/queue``; the lowest comes first.
    """

    order: ClassVar[int] = 100

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app

    @classmethod
    def offered(cls, app: App) -> bool:
        """Whether this bot has a use for the group."""
        del app
        return True

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Discord's own check can be changed by a server, so each use is checked here."""
        if is_moderator(interaction, self._app.settings.moderator_roles):
            return True
        if interaction.type is not discord.InteractionType.autocomplete:
            await interaction.response.send_message(messages.NOT_A_MODERATOR, ephemeral=True)
        return False

    async def _find(self, interaction: Interaction, text: str) -> Job | None:
        """A job of this server, by its id or the beginning of it. Where there is none, they are told so."""
        wanted = text.strip().strip("`").lower()
        found = await self._app.queue.jobs.find(guild_of(interaction), wanted)
        if found is None:
            await self._say(interaction, messages.NOT_FOUND)
        return found

    def _audit_entry(
        self, interaction: Interaction, action: str, target: str, reason: str | None
    ) -> AuditEntry:
        return AuditEntry(
            guild_id=guild_of(interaction),
            actor_id=interaction.user.id,
            action=action,
            target=target,
            reason=clean_prompt(reason or "", limit=REASON_LIMIT),
        )

    def _moved(self, *jobs: Job) -> None:
        """Jobs have changed: their messages, the engine and the delivery should know."""
        self._app.signals.released(*(job.id for job in jobs))

    async def _say(self, interaction: Interaction, text: str) -> None:
        await interaction.response.send_message(
            messages.fit(text), ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
        )

    async def _suggest(
        self, interaction: Interaction, typed: str, *states: State, drafts: bool = True
    ) -> list[app_commands.Choice[str]]:
        """The jobs of this server in some states, for those who may see them; the next to run first."""
        if not is_moderator(interaction, self._app.settings.moderator_roles):
            return []
        guild = guild_of(interaction)
        others = [state for state in states if state is not State.QUEUED]
        queue = self._app.queue.jobs
        jobs = await queue.in_states(guild, *others, limit=CHOICES, drafts=drafts) if others else []
        if State.QUEUED in states:
            jobs += await queue.waiting(guild)
        choices = []
        for job in jobs:
            words = "" if job.private else recipe_of(job).prompt
            name = moderation_texts.job_choice(job, words[:SHOWN_PROMPT])
            if typed.lower() in name.lower():
                choices.append(app_commands.Choice(name=name[:100], value=job.id))
        return choices[:CHOICES]


class QueueSection(ModeratorGroup):
    """A group that is one in the code only: Discord shows its commands directly under ``/queue``."""
