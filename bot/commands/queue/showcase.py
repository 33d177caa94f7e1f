"""``/queue showcase``: where the best clips of the week go, and contests."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import discord
from discord import app_commands

from bot.commands.shared.moderator_group import ModeratorGroup, Reason
from bot.discord_io.discord_errors import Trouble
from bot.discord_io.interactions import Interaction
from bot.discord_io.places import missing_in, tag_for
from bot.discord_io.post import ChannelError
from bot.discord_io.whereabouts import guild_of
from bot.text import community_texts
from bot.text.prompts import clean_prompt

log = logging.getLogger(__name__)

LONGEST_THEME = 100
MOST_HOURS = 24 * 30

Theme = app_commands.Range[str, 1, LONGEST_THEME]
Hours = app_commands.Range[int, 1, MOST_HOURS]


Showroom = discord.TextChannel | discord.ForumChannel


class _OfReels(app_commands.Transformer):
    """A channel that reels can be posted in. discord.py would offer media channels along with forums."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        return [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> Any:
        """The id is all that is needed of it."""
        del interaction
        return value


class ShowcaseGroup(ModeratorGroup, name="showcase", description="The best clips of the week, and contests"):
    """The showcase of this server."""

    order = 80

    @app_commands.command(description="Choose the channel for the best clips of each week")
    @app_commands.describe(channel="Where it goes; here if left out", reason="Reason, for the log")
    async def channel(
        self,
        interaction: Interaction,
        channel: app_commands.Transform[Showroom, _OfReels] | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Turn the showcase on. In a forum, each reel becomes a post of its own."""
        place = (interaction.channel_id or 0) if channel is None else channel.id
        if (lacks := _what_lacks(interaction, place)) is not None:
            await self._say(interaction, lacks)
            return
        entry = self._audit_entry(interaction, "showcase channel", str(place), reason)
        await self._app.queue.reels.choose_channel(place, entry)
        await self._say(interaction, community_texts.showcase_set(place))

    @app_commands.command(description="Post a reel of the last seven days now")
    @app_commands.describe(reason="Reason, for the log")
    async def now(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Plan a reel; it is made and posted beside everything else."""
        reels, guild = self._app.queue.reels, guild_of(interaction)
        found = (await reels.channels()).get(guild)
        if found is None:
            await self._say(interaction, community_texts.NO_SHOWCASE)
            return
        until = self._app.clock()
        name = f"now {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H}"
        if await reels.known(guild, name):
            await self._say(interaction, community_texts.REEL_ONCE)
            return
        entry = self._audit_entry(interaction, "showcase now", name, reason)
        poster = self._app.reel_poster
        planned = await poster.plan(guild, found[0], name, until=until, audit_entry=entry)
        poster.loop.wake()
        await self._say(interaction, community_texts.REEL_COMES if planned else community_texts.NO_BEST)

    @app_commands.command(description="Post no more reels")
    @app_commands.describe(reason="Reason, for the log")
    async def off(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Turn the showcase off."""
        entry = self._audit_entry(interaction, "showcase off", "", reason)
        changed = await self._app.queue.reels.choose_channel(None, entry)
        await self._say(interaction, community_texts.SHOWCASE_OFF if changed else community_texts.NO_SHOWCASE)

    @app_commands.command(name="contest", description="Start a contest in this channel")
    @app_commands.describe(
        theme="What the clips shall be about",
        until="It ends after so many hours",
        reason="Reason, for the log",
    )
    async def contest(
        self, interaction: Interaction, theme: Theme, until: Hours, reason: Reason | None = None
    ) -> None:
        """Write it down, then tell everybody."""
        theme = clean_prompt(theme, limit=LONGEST_THEME)
        if not theme:
            await self._say(interaction, community_texts.NO_THEME)
            return
        ends = self._app.clock() + until * 3600.0
        entry = self._audit_entry(interaction, "contest start", theme, reason)
        contests, channel = self._app.queue.contests, interaction.channel_id or 0
        contest = await contests.start(channel, theme, ends, entry)
        if contest is None:
            await self._say(interaction, community_texts.ONE_CONTEST)
            return
        await self._say(interaction, community_texts.CONTEST_BEGINS)
        try:
            await self._app.contest_announcements.announce(contest)
        except ChannelError as error:
            log.warning("could not announce a contest in channel %d: %s", channel, error)
            if error.trouble is not Trouble.LATER:  # else the next round posts it
                await interaction.edit_original_response(content=community_texts.NOT_ANNOUNCED)

    @app_commands.command(name="contest-end", description="End the contest now")
    @app_commands.describe(reason="Reason, for the log")
    async def contest_end(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Let it end at once; the winner is announced as ever."""
        entry = self._audit_entry(interaction, "contest end", "", reason)
        ended = await self._app.queue.contests.end_now(entry)
        self._app.reel_poster.loop.wake()
        await self._say(interaction, community_texts.ENDS_NOW if ended else community_texts.NO_CONTEST)


def _what_lacks(interaction: Interaction, channel_id: int) -> str | None:
    """Why reels can't be posted in a channel, as far as Discord has told; None: they can."""
    channel = None if interaction.guild is None else interaction.guild.get_channel(channel_id)
    if not isinstance(channel, discord.TextChannel | discord.ForumChannel):
        return None  # a thread; it was asked for from there
    if missing := missing_in(channel):
        return community_texts.showcase_needs(channel_id, missing)
    if isinstance(channel, discord.ForumChannel) and channel.flags.require_tag and tag_for(channel) is None:
        return community_texts.NO_TAG
    return None
