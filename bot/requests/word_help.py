"""Help with words: a language model proposes others, and the member chooses. Nothing is asked for before.

What the model wrote is treated as what a stranger wrote: one line, looked at by the same rules as a member's
words, and shown whole before it is used. When it can't be asked, the member's own words are as good as ever.
"""

from __future__ import annotations

import dataclasses
import logging

from bot.discord_io.asker import Asker, asker_of
from bot.discord_io.interactions import Interaction, is_own_message, say_in_its_place, token_of
from bot.discord_io.whereabouts import guild_of
from bot.moderation.screening import Screening
from bot.prompt_helper.asking import PromptHelper
from bot.prompt_helper.reply import NoHelp
from bot.requests.command_request import Commanded
from bot.requests.submission import Submissions
from bot.requests.used_words import UsedWords
from bot.text import word_help_texts
from bot.text.prompts import clean_prompt
from bot.text.wording import Text
from db.codes import BotCode
from db.community.prompt_help import Offer, PromptHelp, key_of
from engine.core.errors import UserError
from engine.core.recipe import Helped

log = logging.getLogger(__name__)

LONGEST = 600
"""Characters of the model's words: they are shown whole, beside the member's, in one message."""

OWN = -1
"""Stands for the member's own words, where the model's have numbers."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a member is shown.

    Attributes:
        text: the message.
        number: of the request that waits.
        place: of the model's words in it; None: there are none to use.
    """

    text: str
    number: int
    place: int | None


class WordHelp:
    """Asks the model for a member, and submits what they have chosen."""

    def __init__(
        self,
        *,
        helper: PromptHelper,
        offers: PromptHelp,
        submissions: Submissions,
        screening: Screening,
        closing: UsedWords,
    ) -> None:
        """Make one.

        Args:
            helper: asks the model.
            offers: remembers requests until their words are chosen.
            submissions: takes them then.
            screening: looks at the words.
            closing: takes the buttons off once they were used.
        """
        self.closing = closing
        self._helper = helper
        self._offers = offers
        self._submissions = submissions
        self._screening = screening

    @property
    def on(self) -> bool:
        """Whether the owner lets members ask."""
        return self._helper.on

    async def propose(self, interaction: Interaction, asked: Commanded) -> Proposal:
        """Look at a new request as if it were submitted, write it down, and ask the model.

        Raises:
            NotAccepted, UserError: it would be refused, or has no words.
        """
        asker = asker_of(interaction, private=asked.private)
        words = self._cleaned(asked.words)
        if not words:
            raise UserError(BotCode.PROMPT, word_help_texts.NO_WORDS)
        await self._submissions.check(asker, words, asked.files)
        await self._screening.check_words(asker, words)
        await self._offers.keep(
            interaction.id, asker.guild_id, asker.user_id, asked.to_json(), token=token_of(interaction)
        )
        offer = Offer(number=interaction.id, guild=asker.guild_id, asked=asked.to_json(), words=())
        return await self._asked(asker, offer, words)

    async def propose_again(self, interaction: Interaction, number: int) -> Proposal | Text:
        """Ask the model once more; or say why not: the request is too old, used, or not this member's."""
        asker = asker_of(interaction)
        offer = await self._offers.of(number, asker.guild_id, asker.user_id)
        if offer is None or offer.used:
            return word_help_texts.TOO_OLD if offer is None else word_help_texts.USED
        if is_own_message(interaction):
            await self._offers.renew(number, asker.user_id, token_of(interaction))
        return await self._asked(asker, offer, self._cleaned(Commanded.from_json(offer.asked).words))

    async def use(self, interaction: Interaction, number: int, place: int) -> None:
        """Submit a request once, with the words that its member has chosen; or say why not.

        Args:
            interaction: the member's click. What it names can be forged.
            number: of the request.
            place: of the model's words, or :data:`OWN`.
        """
        offer = await self._offers.of(number, guild_of(interaction), interaction.user.id)
        if offer is None or not OWN <= place < len(offer.words):
            await say_in_its_place(interaction, word_help_texts.TOO_OLD)
            return
        if offer.used:
            await say_in_its_place(interaction, word_help_texts.USED)
            return
        asked, helped = Commanded.from_json(offer.asked), None
        if place != OWN:
            helped = Helped(model=self._helper.policy.model, own=self._cleaned(asked.words))
            values = {**asked.values, "prompt": offer.words[place]}
            asked = dataclasses.replace(asked, values=values)
        await asked.submit(interaction, helped=helped, key=key_of(number))
        self.closing.loop.wake()

    async def _asked(self, asker: Asker, offer: Offer, words: str) -> Proposal:
        """Ask the model, and lay out what came of it."""
        policy, why = self._helper.policy, str(word_help_texts.NOT_NOW)
        if not await self._offers.count(offer.number, asker.user_id, most=policy.per_day):
            why = word_help_texts.often_enough(policy.per_day)
        else:
            try:
                longest = min(LONGEST, self._submissions.rules.max_prompt)
                answer = await self._helper.other_words(words, longest=longest)
                if await self._may_be_used(asker, answer):
                    added = await self._offers.add(offer.number, answer)
                    if added is None:
                        raise UserError(BotCode.PROMPT, word_help_texts.TOO_OLD)
                    return self._proposal(words, added)
                why = str(word_help_texts.NOT_USABLE)
            except NoHelp as error:
                log.warning("the prompt helper was of no help: %s", error)
        return self._proposal(words, offer, trouble=why)

    async def _may_be_used(self, asker: Asker, answer: str) -> bool:
        """Whether the model's words would be neither refused nor doubted here."""
        try:
            return not await self._screening.check_words(asker, answer)
        except UserError:
            return False

    def _proposal(self, own: str, offer: Offer, *, trouble: str = "") -> Proposal:
        place = len(offer.words) - 1 if offer.words else None
        theirs = "" if place is None else offer.words[place]
        text = word_help_texts.proposal(own, theirs, model=self._helper.policy.model, trouble=trouble)
        return Proposal(text=text, number=offer.number, place=place)

    def _cleaned(self, words: str) -> str:
        return clean_prompt(words, limit=self._submissions.rules.max_prompt)
