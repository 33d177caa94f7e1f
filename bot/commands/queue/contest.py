"""``/queue contest``: moderators start a contest, and can end it early."""

from __future__ import annotations

import logging

from discord import app_commands

from bot.clips.contest import announcement_buttons
from bot.commands.shared.moderator_group import ModeratorGroup, Reason
from bot.discord_io.interactions import Interaction
from bot.discord_io.post import ChannelError, Post
from bot.text import community_texts
from bot.text.prompts import clean_prompt

log = logging.getLogger(__name__)

LONGEST_THEME = 100
MOST_HOURS = 24 * 30

Theme = app_commands.Range[str, 1, LONGEST_THEME]
Hours = app_commands.Range[int, 1, MOST_HOURS]


class ContestGroup(ModeratorGroup, name="contest", description="Contests of this server"):
    """The contest of this server; there is one at a time."""

    order = 85

    @app_commands.command(description="Start a contest in this channel")
    @app_commands.describe(
        theme="What the clips shall be about",
        until="It ends after so many hours",
        reason="Reason, for the log",
    )
    async def start(
        self, interaction: Interaction, theme: Theme, until: Hours, reason: Reason | None = None
    ) -> None:
        """Write it down, then tell everybody."""
        theme = clean_prompt(theme, limit=LONGEST_THEME)
        ends = self._services.clock() + until * 3600.0
        entry = self._audit_entry(interaction, "contest start", theme, reason)
        contests, channel = self._services.queue.contests, interaction.channel_id or 0
        if not theme or await contests.start(channel, theme, ends, entry) is None:
            await self._say(interaction, community_texts.ONE_CONTEST)
            return
        await self._say(interaction, community_texts.CONTEST_BEGINS)
        post = Post(
            content=community_texts.contest(theme, ends),
            nonce=f"contest{interaction.id}"[:25],
            view=announcement_buttons(),
        )
        try:
            await self._services.messenger.send(channel, post)
        except ChannelError as error:
            log.warning("could not announce a contest in channel %d: %s", channel, error)
            await interaction.edit_original_response(content=community_texts.NOT_ANNOUNCED)

    @app_commands.command(description="End the contest now")
    @app_commands.describe(reason="Reason, for the log")
    async def end(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Let it end at once; the winner is announced as ever."""
        entry = self._audit_entry(interaction, "contest end", "", reason)
        ended = await self._services.queue.contests.end_now(entry)
        self._services.reel_poster.loop.wake()
        await self._say(interaction, community_texts.ENDS_NOW if ended else community_texts.NO_CONTEST)
