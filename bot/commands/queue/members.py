"""What moderators do with a member: shut out, and let in again."""

from __future__ import annotations

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
        protected = _protected(interaction, member)
        if protected is not None:
            await self._say(interaction, protected)
            return
        audit_entry = self._audit_entry(interaction, "ban", str(member.id), reason)
        stopped = await self._app.queue.moderation.ban(
            audit_entry.guild_id,
            member.id,
            by=audit_entry.actor_id,
            reason=audit_entry.reason,
            audit_entry=audit_entry,
        )
        for job in stopped:
            if job.state is State.RUNNING:
                self._app.signals.cancel_requested(job.id)
        self._moved(*stopped)
        await self._say(interaction, moderation_texts.banned(member.id, len(stopped)))

    @app_commands.command(description="Unblock a member")
    @app_commands.describe(member="The member", reason="Reason, for the log")
    async def unban(
        self, interaction: Interaction, member: discord.User, reason: Reason | None = None
    ) -> None:
        """Take the jobs of a member again."""
        audit_entry = self._audit_entry(interaction, "unban", str(member.id), reason)
        ended = await self._app.queue.moderation.unban(
            audit_entry.guild_id, member.id, audit_entry=audit_entry
        )
        await self._say(
            interaction, moderation_texts.unbanned(member.id) if ended else moderation_texts.NOT_BANNED
        )


def _protected(interaction: Interaction, member: discord.User | discord.Member) -> str | None:
    """Why a member can't be blocked: blocked members can't undo it, since every command refuses them."""
    owner = interaction.guild.owner_id if interaction.guild is not None else None
    if member.id == interaction.user.id:
        return moderation_texts.CANNOT_BAN_YOURSELF
    if member.id == owner:
        return moderation_texts.CANNOT_BAN_OWNER
    rights = member.resolved_permissions if isinstance(member, discord.Member) else None
    if rights is not None and rights.administrator and interaction.user.id != owner:
        return moderation_texts.CANNOT_BAN_ADMIN
    return None
