"""What moderators do with the queue as a whole: pause, drain, resume, clear."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.commands.moderator_group import ModeratorGroup, Reason
from bot.text import moderation_texts


class FlowCommands(ModeratorGroup, name="flow"):
    """Commands about all jobs of a server."""

    @app_commands.command(description="Stop starting new jobs of this server; nothing is lost")
    @app_commands.describe(reason="Why, for the log")
    async def pause(self, interaction: discord.Interaction[Any], reason: Reason | None = None) -> None:
        """Pause the queue of this server."""
        await self._services.queue.moderation.pause(self._audit_entry(interaction, "pause", "", reason))
        self._services.signals.places_changed()
        await self._say(interaction, moderation_texts.PAUSED)

    @app_commands.command(description="Finish what runs and what waits, and take nothing new")
    @app_commands.describe(reason="Why, for the log")
    async def drain(self, interaction: discord.Interaction[Any], reason: Reason | None = None) -> None:
        """Close the queue of this server to new requests."""
        begun = await self._services.queue.moderation.drain(
            self._audit_entry(interaction, "drain", "", reason)
        )
        await self._say(
            interaction, moderation_texts.DRAINING if begun else moderation_texts.DRAINING_ALREADY
        )

    @app_commands.command(description="End a pause or a drain: start and take jobs of this server again")
    @app_commands.describe(reason="Why, for the log")
    async def resume(self, interaction: discord.Interaction[Any], reason: Reason | None = None) -> None:
        """Resume the queue of this server."""
        await self._services.queue.moderation.resume(self._audit_entry(interaction, "resume", "", reason))
        self._moved()
        await self._say(interaction, moderation_texts.RESUMED)

    @app_commands.command(description="Cancel everything that waits in this server")
    @app_commands.describe(reason="Why, for the log")
    async def clear(self, interaction: discord.Interaction[Any], reason: Reason | None = None) -> None:
        """Cancel all that waits."""
        gone = await self._services.queue.moderation.clear(
            self._audit_entry(interaction, "clear", "", reason)
        )
        self._moved(*gone)
        await self._say(interaction, moderation_texts.cleared(len(gone)))
