"""Tells moderators of jobs that have ended because what draws failed in them: once a day at most.

The message goes to the channel of ``/queue review``. What was told is written down before it is sent, so a
restart repeats nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.supervisor import Loop
from bot.text import moderation_texts
from bot.text.wording import speaking
from db.fleet.faulted_jobs import FaultedJobs
from db.moderation.reviews import Reviews
from db.sqlite.meta import Meta

log = logging.getLogger(__name__)

EVERY = 60.0
DAY = 86_400.0
"""Seconds."""


class MachineFailures:
    """Looks for such jobs, and tells of them.

    Attributes:
        loop: does so.
    """

    def __init__(
        self,
        faulted: FaultedJobs,
        *,
        reviews: Reviews,
        meta: Meta,
        messenger: Messenger,
        clock: Callable[[], float],
    ) -> None:
        """Make it.

        Args:
            faulted: knows the jobs.
            reviews: knows each server's review channel.
            meta: remembers what was told.
            messenger: sends the messages.
            clock: returns Unix seconds.
        """
        self._faulted = faulted
        self._reviews = reviews
        self._meta = meta
        self._messenger = messenger
        self._clock = clock
        self.loop = Loop("machine failures", self._one_look, every=EVERY)

    async def _one_look(self) -> None:
        now = self._clock()
        found = await self._faulted.over(now - DAY)
        if not found:
            return
        channels = await self._reviews.review_channels()
        for guild in found.keys() & channels.keys():
            await self._tell(guild, channels[guild], found[guild], now)

    async def _tell(self, guild: int, channel: int, jobs: int, now: float) -> None:
        key = f"machine failures {guild}"
        before = await self._meta.get(key)
        if before is not None and 0 <= now - float(before) < DAY:
            return
        await self._meta.set(key, str(now))
        with speaking(self._messenger.language_in(guild)):
            text = moderation_texts.machines_failed(jobs)
        try:
            await self._messenger.send(channel, Post(content=text, nonce=secrets.token_hex(12)))
        except ChannelError as error:
            log.warning("could not tell channel %d of jobs that no machine could draw: %s", channel, error)
            if error.trouble is Trouble.LATER:
                await self._meta.set(key, before or "0")
