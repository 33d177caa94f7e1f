"""What moderators do with the queue as a whole: pause, drain, resume, clear."""

from __future__ import annotations

from discord import app_commands

from bot.commands.shared.moderator_group import QueueSection, Reason
from bot.discord_io.interactions import Interaction
from bot.text import moderation_texts


class FlowCommands(QueueSection):
    """Commands about all jobs of a server."""

    order = 20

    @app_commands.command(
        description="Pause this server's queue. Running jobs finish, waiting jobs keep their place"
    )
    @app_commands.describe(reason="Reason, for the log")
    async def pause(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Pause the queue of this server."""
        await self._app.queue.moderation.pause(self._audit_entry(interaction, "pause", "", reason))
        self._app.signals.places_changed()
        await self._say(interaction, moderation_texts.PAUSED)

    @app_commands.command(description="Finish running and waiting jobs, but take no new ones")
    @app_commands.describe(reason="Reason, for the log")
    async def drain(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Close the queue of this server to new requests."""
        begun = await self._app.queue.moderation.drain(self._audit_entry(interaction, "drain", "", reason))
        await self._say(
            interaction, moderation_texts.DRAINING if begun else moderation_texts.DRAINING_ALREADY
        )

    @app_commands.command(description="End a pause or a drain, and start and take jobs again")
    @app_commands.describe(reason="Reason, for the log")
    async def resume(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Resume the queue of this server."""
        await self._app.queue.moderation.resume(self._audit_entry(interaction, "resume", "", reason))
        self._moved()
        await self._say(interaction, moderation_texts.RESUMED)

    @app_commands.command(description="Cancel every waiting job in this server")
    @app_commands.describe(reason="Reason, for the log")
    async def clear(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Cancel all that waits."""
        gone = await self._app.queue.moderation.clear(self._audit_entry(interaction, "clear", "", reason))
        self._moved(*gone)
        await self._say(interaction, moderation_texts.cleared(len(gone)))
