"""The checks before a request is answered and anything is downloaded: limits, permission, sizes, words."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Mapping

from bot.discord_io.interactions import Interaction, guild_of, say
from bot.discord_io.permissions import may_post, roles_of
from bot.discord_io.replies import refusal_text
from bot.intake.attachment import Attachment
from bot.intake.reception import Reception
from bot.moderation.screening import Screening
from bot.ops.data_watch import DataWatch
from bot.requests.submission_policy import SubmissionPolicy
from bot.text import messages
from bot.text.prompts import clean_prompt
from db.errors import DatabaseError, Draining, LimitReached, MemberBanned
from db.jobs.enqueue import Admission
from engine.core.errors import UserError
from engine.core.recipe import Role

log = logging.getLogger(__name__)

QUICK_SECONDS = 0.05
"""A look at the limits may hold the answer up by so much; a busy database is asked after it."""


class Admitting:
    """Refuses requests in private. The door has looked at bans and at what is in hand before."""

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

    async def admit(
        self, interaction: Interaction, words: str, files: Mapping[Role, Attachment]
    ) -> bool | None:
        """Look at a request, and tell the member where it is refused.

        Args:
            interaction: the member's.
            words: the prompt, as far as it is known.
            files: what would be fetched.

        Returns:
            None: it is refused; False: the limits are still to be looked at; True: go on.
        """
        refusal, checked = None, False
        try:
            if interaction.guild_id is None or interaction.channel_id is None:
                refusal = messages.ONLY_IN_SERVERS
            else:
                checked = await self._within_limits(interaction)
                refusal = await self._refusal(interaction, words, files)
        except (Draining, LimitReached, MemberBanned, UserError) as error:
            refusal = refusal_text(error, interaction.id)
        if refusal is not None:
            await say(interaction, refusal)
            return None
        return checked

    async def check_limits(self, interaction: Interaction) -> None:
        """Look at how much the member may ask for.

        Raises:
            MemberBanned, Draining, LimitReached: they may not ask for more now.
        """
        await self._entry.check_limits(
            guild_of(interaction), interaction.user.id, roles_of(interaction), self.rules.limits
        )

    async def _within_limits(self, interaction: Interaction) -> bool:
        """Look at the member's limits; False where the database takes too long to tell."""
        try:
            async with asyncio.timeout(QUICK_SECONDS):
                await self.check_limits(interaction)
        except (TimeoutError, DatabaseError):
            log.debug("answering before the limits are checked")
            return False
        return True

    async def _refusal(
        self, interaction: Interaction, words: str, files: Mapping[Role, Attachment]
    ) -> str | None:
        """Why a request within the limits is refused before any file is fetched. None: go on.

        Raises:
            UserError: a file is too large, as Discord says.
        """
        if not may_post(interaction):
            return messages.MAY_NOT_POST
        self._reception.check_sizes(files)
        if await self._screening.forbids(clean_prompt(words, limit=self.rules.max_prompt)):
            log.warning("refused %s: someone young together with something sexual", interaction.id)
            return messages.FORBIDDEN
        return self._refuse_for_the_disk()

    def _refuse_for_the_disk(self) -> str | None:
        if not self._data_watch.is_there():
            return messages.DATA_GONE
        if shutil.disk_usage(self.rules.data_dir).free < self.rules.min_free_disk:
            return messages.DISK_FULL
        return None
