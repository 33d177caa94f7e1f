"""The checks before a request is answered and anything is downloaded: limits, permission, sizes, words."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Mapping

from bot.discord_io.asker import Asker
from bot.intake.attachment import Attachment
from bot.intake.reception import Reception
from bot.moderation.screening import Screening
from bot.ops.data_watch import DataWatch
from bot.requests.submission_policy import SubmissionPolicy
from bot.text import community_texts, messages
from bot.text.prompts import clean_prompt
from db.codes import BotCode
from db.errors import DatabaseError
from db.jobs.enqueue import Admission
from engine.core.errors import UserError
from engine.core.recipe import Role

log = logging.getLogger(__name__)

QUICK_SECONDS = 0.05
"""A look at the limits may hold the answer up by so much; a busy database is asked after it."""


class Admitting:
    """Refuses requests. The door has looked at bans and at what is in hand before."""

    def __init__(
        self,
        *,
        entry: Admission,
        reception: Reception,
        screening: Screening,
        data_watch: DataWatch,
        rules: SubmissionPolicy,
    ) -> None:
        """Make one.

        Args:
            entry: knows the limits.
            reception: knows how large a file may be.
            screening: knows what is never drawn.
            data_watch: knows whether the data folder is still there.
            rules: the owner's.
        """
        self._entry = entry
        self._reception = reception
        self._screening = screening
        self._data_watch = data_watch
        self.rules = rules

    async def admit(self, asker: Asker, words: str, files: Mapping[Role, Attachment]) -> bool:
        """Look at a request.

        Args:
            asker: who asks, and where.
            words: the prompt, as far as it is known.
            files: what would be fetched.

        Returns:
            False: the limits are still to be looked at.

        Raises:
            Draining, LimitReached, MemberBanned, UserError: it is refused.
        """
        checked = await self._within_limits(asker)
        if asker.bot_lacks:
            raise UserError(BotCode.MAY_NOT_POST, community_texts.may_not_post(asker.bot_lacks))
        self._reception.check_sizes(files)
        if await self._screening.forbids(clean_prompt(words, limit=self.rules.max_prompt)):
            log.warning("refused %s: someone young together with something sexual", asker.request)
            raise UserError(BotCode.FORBIDDEN, messages.FORBIDDEN)
        self._refuse_for_the_disk()
        return checked

    async def check_limits(self, asker: Asker) -> None:
        """Look at how much the member may ask for.

        Raises:
            MemberBanned, Draining, LimitReached: they may not ask for more now.
        """
        await self._entry.check_limits(asker.guild_id, asker.user_id, asker.roles, self.rules.limits)

    async def _within_limits(self, asker: Asker) -> bool:
        """Look at the member's limits; False where the database takes too long to tell."""
        try:
            async with asyncio.timeout(QUICK_SECONDS):
                await self.check_limits(asker)
        except (TimeoutError, DatabaseError):
            log.debug("answering before the limits are checked")
            return False
        return True

    def _refuse_for_the_disk(self) -> None:
        if not self._data_watch.is_there():
            raise UserError(BotCode.DATA_GONE, messages.DATA_GONE)
        if shutil.disk_usage(self.rules.data_dir).free < self.rules.min_free_disk:
            raise UserError(BotCode.DISK_FULL, messages.DISK_FULL)
