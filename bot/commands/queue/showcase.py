"""``/queue showcase``: where the best clips of the week go."""

from __future__ import annotations

from datetime import UTC, datetime

import discord
from discord import app_commands

from bot.commands.shared.moderator_group import ModeratorGroup, Reason
from bot.discord_io.interactions import Interaction, guild_of
from bot.text import community_texts


class ShowcaseGroup(ModeratorGroup, name="showcase", description="The best clips of the week"):
    """The showcase of this server."""

    order = 80

    @app_commands.command(description="Choose the channel for the best clips of each week")
    @app_commands.describe(channel="Where it goes; here if left out", reason="Reason, for the log")
    async def channel(
        self,
        interaction: Interaction,
        channel: discord.TextChannel | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Turn the showcase on."""
        place = (interaction.channel_id or 0) if channel is None else channel.id
        entry = self._audit_entry(interaction, "showcase channel", str(place), reason)
        await self._services.queue.reels.choose_channel(place, entry)
        await self._say(interaction, community_texts.showcase_set(place))

    @app_commands.command(description="Post a reel of the last seven days now")
    @app_commands.describe(reason="Reason, for the log")
    async def now(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Plan a reel; it is made and posted beside everything else."""
        reels, guild = self._services.queue.reels, guild_of(interaction)
        found = (await reels.channels()).get(guild)
        if found is None:
            await self._say(interaction, community_texts.NO_SHOWCASE)
            return
        until = self._services.clock()
        name = f"now {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H}"
        if await reels.known(guild, name):
            await self._say(interaction, community_texts.REEL_ONCE)
            return
        entry = self._audit_entry(interaction, "showcase now", name, reason)
        poster = self._services.reel_poster
        planned = await poster.plan(guild, found[0], name, until=until, audit_entry=entry)
        poster.loop.wake()
        await self._say(interaction, community_texts.REEL_COMES if planned else community_texts.NO_BEST)

    @app_commands.command(description="Post no more reels")
    @app_commands.describe(reason="Reason, for the log")
    async def off(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Turn the showcase off."""
        entry = self._audit_entry(interaction, "showcase off", "", reason)
        changed = await self._services.queue.reels.choose_channel(None, entry)
        await self._say(interaction, community_texts.SHOWCASE_OFF if changed else community_texts.NO_SHOWCASE)
