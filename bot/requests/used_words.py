"""Takes the buttons off the messages in which a member has chosen words: they can be used once.

Rows say which: a request that a job came of, and whose message has not been changed since. So they go after a
restart, too, as long as Discord takes the token of the message.
"""

from __future__ import annotations

import logging

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.job_documents import recipe_of
from bot.loops.answer_post import ANSWERABLE_SECONDS
from bot.supervisor import Loop
from bot.text import word_help_texts
from bot.text.wording import speaking
from db.community.prompt_help import PromptHelp, Used

log = logging.getLogger(__name__)

EVERY = 15.0
"""Seconds between two looks where nothing is told."""


class UsedWords:
    """Sees to the messages whose buttons were used."""

    def __init__(self, *, offers: PromptHelp, messenger: Messenger) -> None:
        """Make one.

        Args:
            offers: knows the requests.
            messenger: the bot's hand in Discord.
        """
        self._offers = offers
        self._messenger = messenger
        self.loop = Loop("used words", self._look, every=EVERY)

    async def _look(self) -> None:
        for used in await self._offers.to_close(ANSWERABLE_SECONDS):
            with speaking(used.job.language):
                await self._close(used)

    async def _close(self, used: Used) -> None:
        text = word_help_texts.chosen(recipe_of(used.job).prompt)
        try:
            await self._messenger.answer_with(used.token, Post(content=text, nonce=""))
        except ChannelError as error:
            if error.trouble is Trouble.LATER:
                return  # the next look tries again
            log.info("the buttons of request %d stay: %s", used.number, error)
        await self._offers.close(used.number)
