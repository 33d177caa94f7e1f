"""The private message in which a member chooses between their words and a language model's."""

from __future__ import annotations

import re
from typing import Self

import discord

from bot.buttons.button import Button, Look
from bot.buttons.rows import view_of
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction, is_own_message, say
from bot.discord_io.replies import refusal_text, retry, think
from bot.requests.command_request import Commanded
from bot.requests.taking import BeingRestarted
from bot.requests.word_help import OWN, Proposal, WordHelp
from bot.text import messages, word_help_texts
from db.errors import NotAccepted
from engine.core.errors import UserError


class WordsButton(Button):
    """A button of that message. A custom id can be forged: all of them look at whose request it is."""

    manner = Manner(slot=Slot.CLIP, outside=True)

    def __init__(self, number: int, place: int = 0, *, row: int | None = None) -> None:
        """Make the button of one request.

        Args:
            number: of the request.
            place: of the model's words that the message shows.
            row: where it stands.
        """
        self.number, self.place = number, place
        super().__init__(f"fk:{self.action}:{number}:{place}", row=row)

    @classmethod
    def pattern(cls) -> str:
        """Match ``fk:<action>:<number>:<place>``."""
        return f"fk:{cls.action}:(?P<number>[0-9]{{1,19}}):(?P<place>[0-9]{{1,4}})"

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Make the button again from what a click brings back."""
        return cls(int(match["number"]), int(match["place"]))


class UseTheirs(WordsButton):
    """Ask for the clip with the words that the message shows."""

    action = "words-theirs"
    look = Look("Use it", "✨", discord.ButtonStyle.primary)

    async def click(self, interaction: Interaction) -> None:
        """Submit it, once."""
        await interaction.client.part(WordHelp).use(interaction, self.number, self.place)


class UseMine(WordsButton):
    """Ask for the clip with the member's own words."""

    action = "words-mine"
    look = Look("Use mine", "✏️")

    async def click(self, interaction: Interaction) -> None:
        """Submit it, once."""
        await interaction.client.part(WordHelp).use(interaction, self.number, OWN)


class OtherWords(WordsButton):
    """Ask the model once more."""

    action = "words-other"
    look = Look("Another", "🔁")

    async def click(self, interaction: Interaction) -> None:
        """Show other words in the place of those that are there."""
        await interaction.response.defer()
        try:
            proposal = await interaction.client.part(WordHelp).propose_again(interaction, self.number)
        except UserError as error:
            await interaction.followup.send(refusal_text(error, interaction.id), ephemeral=True)
            return
        if isinstance(proposal, Proposal):
            await _show(interaction, proposal)
        elif is_own_message(interaction):
            await interaction.edit_original_response(content=str(proposal), view=None)
        else:
            await interaction.followup.send(str(proposal), ephemeral=True)


async def propose_words(interaction: Interaction, asked: Commanded) -> None:
    """Show a member, in private, what a language model makes of their words."""
    if not asked.words.strip():
        await say(interaction, word_help_texts.NO_WORDS)
        return
    await think(interaction)
    try:
        proposal = await interaction.client.part(WordHelp).propose(interaction, asked)
    except BeingRestarted:
        text = str(messages.BEING_RESTARTED)
    except (NotAccepted, UserError) as error:
        text = refusal_text(error, interaction.id)
    else:
        await _show(interaction, proposal)
        return
    await retry(lambda: interaction.edit_original_response(content=text))


async def _show(interaction: Interaction, proposal: Proposal) -> None:
    """Edit the message, so that it shows words with their buttons."""
    number, place = proposal.number, proposal.place
    mine = UseMine(number)
    every = (mine,) if place is None else (UseTheirs(number, place), mine, OtherWords(number, place))
    view = view_of(every)
    await retry(lambda: interaction.edit_original_response(content=proposal.text, view=view))
