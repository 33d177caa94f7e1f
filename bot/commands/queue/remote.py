"""``/queue remote``: whether this server's clips may be drawn on machines that are not the owner's."""

from __future__ import annotations

from enum import StrEnum

from discord import app_commands

from bot.commands.shared.moderator_group import QueueSection, Reason
from bot.discord_io.interactions import Interaction
from bot.discord_io.whereabouts import guild_of
from bot.text import fleet_texts
from db.fleet.workers import Trust


class Machines(StrEnum):
    """Whose machines may draw, in moderators' words."""

    OFF = "off"
    FRIENDS = "friends"
    PUBLIC = "public"


TRUST = {Machines.OFF: Trust.OWN, Machines.FRIENDS: Trust.FRIEND, Machines.PUBLIC: Trust.PUBLIC}


class RemoteCommands(QueueSection):
    """The consent of this server."""

    order = 57

    @app_commands.command(description="Let clips of this server be drawn on other people's machines")
    @app_commands.describe(
        machines="off: only on machines of the bot's owner. Leave empty to see how it stands",
        reason="Reason, for the log",
    )
    async def remote(
        self, interaction: Interaction, machines: Machines | None = None, reason: Reason | None = None
    ) -> None:
        """Say whose machines may draw, or show how it stands."""
        guilds = self._app.queue.remote_guilds
        if machines is None:
            await self._say(interaction, fleet_texts.HOLDS_NOW[await guilds.trust_of(guild_of(interaction))])
            return
        trust = TRUST[machines]
        await guilds.set_trust(trust, self._audit_entry(interaction, "remote", machines.value, reason))
        await self._say(interaction, fleet_texts.CHOSEN[trust])
