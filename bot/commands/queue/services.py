"""``/queue services``: whether members' pictures and words may be sent to services that draw for money."""

from __future__ import annotations

from discord import app_commands

from bot.commands.shared.moderator_group import QueueSection, Reason
from bot.discord_io.interactions import Interaction
from bot.discord_io.whereabouts import guild_of
from bot.text import hosted_texts
from engine.core.request import Switch
from engine.core.services import SERVICES


class ServiceCommands(QueueSection):
    """The consent of this server."""

    order = 55

    @app_commands.command(description="Allow members to choose engines of services outside this machine")
    @app_commands.describe(
        allow="on: members who agree can use them. Leave empty to see how it stands and what was spent",
        reason="Reason, for the log",
    )
    async def services(
        self, interaction: Interaction, allow: Switch | None = None, reason: Reason | None = None
    ) -> None:
        """Give the server's consent, or take it back; or show how it stands."""
        purchases, hosting = self._app.queue.purchases, self._app.hosted.hosting
        guild = guild_of(interaction)
        if not hosting.on:
            await self._say(interaction, hosted_texts.NO_SERVICE)
            return
        if allow is None:
            text = hosted_texts.state(
                on=await purchases.allows(guild),
                spent=await purchases.spent_today(),
                budget=hosting.budget,
                titles=", ".join(SERVICES[name] for name in hosting.policy.names),
            )
            await self._say(interaction, text)
            return
        on = allow is Switch.ON
        await purchases.allow(self._audit_entry(interaction, "services", allow.value, reason), on=on)
        await self._say(interaction, hosted_texts.ALLOWED_HERE if on else hosted_texts.FORBIDDEN_HERE)
