"""A member's consent that their pictures and words are sent to services."""

from __future__ import annotations

from enum import StrEnum

from bot.discord_io.interactions import Interaction
from bot.text import hosted_texts
from db.purchases import Consent, Purchases


class Answer(StrEnum):
    """What a member can say."""

    FORBID = "forbid"
    ALLOW = "allow"
    OVERFLOW = "overflow"


CONSENTS = {
    Answer.FORBID: Consent(),
    Answer.ALLOW: Consent(sends=True),
    Answer.OVERFLOW: Consent(sends=True, overflow=True),
}

WORDS = {
    Answer.FORBID: hosted_texts.FORBIDDEN,
    Answer.ALLOW: hosted_texts.AGREED,
    Answer.OVERFLOW: hosted_texts.AGREED_OVERFLOW,
}


class Consents:
    """Takes down what members say."""

    def __init__(self, purchases: Purchases) -> None:
        """Make one from what stores it."""
        self._purchases = purchases

    async def answer(self, interaction: Interaction, answer: Answer) -> None:
        """Store a member's answer, and say what it means."""
        await self._purchases.set_consent(interaction.user.id, CONSENTS[answer])
        await interaction.response.send_message(WORDS[answer], ephemeral=True)
