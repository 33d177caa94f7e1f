"""What moderators do with a member: shut out, and let in again."""

from __future__ import annotations

import time

import discord
from discord import app_commands

from bot.commands.shared.moderator_group import QueueSection, Reason
from bot.discord_io.interactions import Interaction
from bot.text import moderation_texts
from db.states import State


class MemberCommands(QueueSection):
    """Commands about one member of this server, or one who has left it."""

    order = 40

    @app_commands.command(description="Block a member from using the bot, and stop their jobs")
    @app_commands.describe(member="The member", reason="Reason, for the log")
    async def ban(self, interaction: Interaction, member: discord.User, reason: Reason) -> None:
        """Take no more jobs of a member in this server."""
        audit_entry = self._audit_entry(interaction, "ban", str(member.id), reason)
        stopped = await self._services.queue.moderation.ban(
            audit_entry.guild_id,
            member.id,
            by=audit_entry.actor_id,
            reason=audit_entry.reason,
            audit_entry=audit_entry,
            now=time.time(),
        )
        for job in stopped:
            if job.state is State.RUNNING:
                self._services.engine_loop.cancel(job.id)
        self._moved(*stopped)
        await self._say(interaction, moderation_texts.banned(member.id, len(stopped)))

    @app_commands.command(description="Unblock a member")
    @app_commands.describe(member="The member", reason="Reason, for the log")
    async def unban(
        self, interaction: Interaction, member: discord.User, reason: Reason | None = None
    ) -> None:
        """Take the jobs of a member again."""
        audit_entry = self._audit_entry(interaction, "unban", str(member.id), reason)
        ended = await self._services.queue.moderation.unban(
            audit_entry.guild_id, member.id, audit_entry=audit_entry, now=time.time()
        )
        await self._say(
            interaction, moderation_texts.unbanned(member.id) if ended else moderation_texts.NOT_BANNED
        )
