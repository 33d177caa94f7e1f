"""What moderators do with a member: shut out, and let in again."""

from __future__ import annotations

import time
from typing import Any

import discord
from discord import app_commands

from bot.commands.moderator_group import ModeratorGroup, Reason
from bot.text import moderation_texts
from db.jobs.states import State


class MemberCommands(ModeratorGroup, name="member"):
    """Commands about one member of this server, or one who has left it."""

    @app_commands.command(description="Shut a member out, and stop what they have under way")
    @app_commands.describe(member="Who", reason="Why, for the log")
    async def ban(self, interaction: discord.Interaction[Any], member: discord.User, reason: Reason) -> None:
        """Take no more jobs of a member in this server."""
        deed = self._deed(interaction, "ban", str(member.id), reason)
        stopped = await self._parts.queue.ban(
            deed.guild_id, member.id, by=deed.actor_id, reason=deed.reason, deed=deed, now=time.time()
        )
        for job in stopped:
            if job.state is State.RUNNING:
                self._parts.studio.cancel(job.id)
        self._moved(*stopped)
        await self._say(interaction, moderation_texts.banned(member.id, len(stopped)))

    @app_commands.command(description="Let a member in again")
    @app_commands.describe(member="Who", reason="Why, for the log")
    async def unban(
        self, interaction: discord.Interaction[Any], member: discord.User, reason: Reason | None = None
    ) -> None:
        """Take the jobs of a member again."""
        deed = self._deed(interaction, "unban", str(member.id), reason)
        ended = await self._parts.queue.unban(deed.guild_id, member.id, deed=deed, now=time.time())
        await self._say(
            interaction, moderation_texts.unbanned(member.id) if ended else moderation_texts.NOT_BANNED
        )
