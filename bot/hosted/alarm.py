"""Tells moderators once a day that most of the money for services is spent."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.supervisor import Loop
from bot.text import hosted_texts
from bot.text.wording import speaking
from db.moderation.reviews import Reviews
from db.purchases import Purchases, day_of
from db.sqlite.meta import Meta

log = logging.getLogger(__name__)

EVERY = 60.0
SHARE = 0.8
"""Of the budget: from here on moderators are told."""

TOLD = "hosted alarm"
"""The key in ``meta`` of the day, and of the servers that were told then."""


class BudgetAlarm:
    """Looks at what is spent."""

    def __init__(
        self,
        *,
        budget: int,
        purchases: Purchases,
        reviews: Reviews,
        meta: Meta,
        messenger: Messenger,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            budget: millionths of a dollar a day.
            purchases: knows what is spent, and which servers allow services.
            reviews: knows each server's review channel.
            meta: remembers who was told.
            messenger: sends the messages.
            clock: returns Unix seconds.
        """
        self._budget = budget
        self._purchases = purchases
        self._reviews = reviews
        self._meta = meta
        self._messenger = messenger
        self._clock = clock
        self.loop = Loop("budget alarm", self._one_look, every=EVERY)

    async def _one_look(self) -> None:
        spent = await self._purchases.spent_today()
        if spent < SHARE * self._budget:
            return
        day = day_of(self._clock())
        noted, *told = (await self._meta.get(TOLD) or "never").split()
        if noted != day:
            log.warning("%s", hosted_texts.nearly_spent(spent, self._budget))
            told = []
            await self._meta.set(TOLD, day)
        for guild, channel in (await self._reviews.review_channels()).items():
            if str(guild) in told or not await self._purchases.allows(guild):
                continue
            with speaking(self._messenger.language_in(guild)):
                text = hosted_texts.nearly_spent(spent, self._budget)
            if await self._say(channel, text):
                told.append(str(guild))
                await self._meta.set(TOLD, " ".join((day, *told)))

    async def _say(self, channel: int, text: str) -> bool:
        """False where it should be tried again."""
        try:
            await self._messenger.send(channel, Post(content=text, nonce=secrets.token_hex(12)))
        except ChannelError as error:
            log.warning("could not report the budget in channel %d: %s", channel, error)
            return error.trouble is not Trouble.LATER
        return True
