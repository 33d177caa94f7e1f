"""Announcing contests: each once, whatever ends the bot between the row and the message.

A contest without its announcement cannot be entered, because the buttons are under that. So the message is
owed from the row on. A second attempt, in this life or the next, looks for the message first.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging

from bot.clips.contest import announcement_buttons
from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.supervisor import Loop
from bot.text import community_texts
from bot.text.wording import speaking
from db.community.contests import NOWHERE, Contest, Contests

log = logging.getLogger(__name__)

EVERY = 30.0


class ContestAnnouncements:
    """Posts them.

    Attributes:
        loop: posts those that were not posted when their contest began.
    """

    def __init__(self, *, contests: Contests, messenger: Messenger) -> None:
        """Make one from what knows contests, and what posts."""
        self._contests = contests
        self._messenger = messenger
        self._one = asyncio.Lock()
        self.loop = Loop("contest announcements", self._round, every=EVERY)

    async def _round(self) -> None:
        if not self._messenger.connected:
            return
        for contest in await self._contests.unannounced():
            try:
                await self.announce(contest)
            except ChannelError as error:
                log.warning("could not announce a contest in channel %d: %s", contest.channel_id, error)

    async def announce(self, contest: Contest) -> None:
        """Post an announcement, unless it is there.

        Raises:
            ChannelError: it is not there; unless the channel is closed to the bot, it is tried again.
        """
        async with self._one:
            attempts = await self._contests.begin_announcing(contest)
            if attempts is None:
                return  # it is announced, or over
            with speaking(self._messenger.language_in(contest.guild_id)):
                content = community_texts.contest(contest.theme, contest.until)
                post = Post(content=content, nonce=_nonce(contest), view=announcement_buttons())
            try:
                found = None
                if attempts > 1:
                    found = await self._messenger.find_said(contest.channel_id, content, since=contest.at)
                if found is None:
                    found = await self._messenger.send(contest.channel_id, post)
            except ChannelError as error:
                if error.trouble in {Trouble.GONE, Trouble.NO_ACCESS}:
                    await self._contests.announced(contest, NOWHERE)
                raise
            await self._contests.announced(contest, found)


def _nonce(contest: Contest) -> str:
    """The same for each attempt: Discord itself drops a second message for a few minutes."""
    return hashlib.sha256(f"contest {contest.guild_id} {contest.id}".encode()).hexdigest()[:25]
