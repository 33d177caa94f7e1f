"""Which language a member is spoken to in: their own choice, else that of their Discord."""

from __future__ import annotations

import asyncio
import logging

from bot.config.choices import Language
from bot.text.languages import LANGUAGES, language_of
from db.community.member_languages import MemberLanguages
from db.errors import DatabaseError

log = logging.getLogger(__name__)

QUICK_SECONDS = 0.5
"""How long a member's choice is waited for; an answer in another language is still one."""


class Speakers:
    """Knows the language of each member."""

    def __init__(self, *, languages: MemberLanguages, chosen: Language) -> None:
        """Make one.

        Args:
            languages: what members have chosen.
            chosen: the owner's choice, which counts more.
        """
        self._languages = languages
        self._chosen = chosen

    async def of(self, user: int, locale: object) -> str:
        """The language in which a member is spoken to.

        Args:
            user: the member.
            locale: that of their Discord, as Discord writes it; anything that is not a known one is English.
        """
        own = None if self._chosen is not Language.AUTO else await self._own(user)
        return own if own in LANGUAGES else language_of(locale, self._chosen)

    async def _own(self, user: int) -> str | None:
        try:
            async with asyncio.timeout(QUICK_SECONDS):
                return await self._languages.of(user)
        except (TimeoutError, DatabaseError):
            log.info("the language of a member could not be read in time")
            return None
