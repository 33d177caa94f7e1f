"""The buttons under drafts that only their member sees: in a private answer, or in direct messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import discord

from bot.buttons.button import Look
from bot.buttons.job_button import Place, own_private_job
from bot.buttons.rows import view_of
from bot.clips.choosing import ChooseTake, buttons_for
from bot.discord_io.door import Manner
from bot.discord_io.interactions import Interaction, is_own_message, say, say_in_its_place, token_of
from bot.requests.cancelling import Cancel, Cancelling
from bot.text import private_texts, take_texts
from db.jobs.job import Job
from db.states import State


class ChoosePrivately(ChooseTake):
    """Finish one of the drafts of a private clip. The message says so, and shows no drafts any more.

    Where that message is an answer, the clip can take its place for another quarter of an hour: a click
    brings a token of its own.
    """

    action = "pick"
    manner = Manner(anywhere=True)
    anywhere = True

    async def click(self, interaction: Interaction) -> None:
        """Let its member, and nobody else, choose."""
        job = await own_private_job(interaction, self.job)
        if job is not None:
            await self.do(interaction, job)

    def token(self, interaction: Interaction) -> str | None:
        """Change the answer by this click's token; in direct messages the clip is a message of its own."""
        if interaction.guild_id is None or not is_own_message(interaction):
            return None
        return token_of(interaction)

    async def confirm(self, interaction: Interaction, job: Job) -> None:
        """Say so in the place of the drafts."""
        direct = interaction.guild_id is None
        text = private_texts.waiting(take_texts.chosen(self.number), direct=direct)
        view = view_of([CancelPrivately(job.id)])
        await say_in_its_place(interaction, text, view)

    async def refuse(self, interaction: Interaction, job: Job) -> None:
        """Say so; in the place of the drafts, where nothing else will take it."""
        if job.chosen_late or (job.state.ended and job.state is not State.DELIVERED):
            await say_in_its_place(interaction, take_texts.CHOSEN_BEFORE)
        else:
            await say(interaction, take_texts.CHOSEN_BEFORE)


class CancelPrivately(Cancel):
    """Cancel a private clip from the message with its drafts."""

    action = "drop"
    look = Look("Cancel", "✖️")
    place: ClassVar[Place | None] = None
    manner = Manner(anywhere=True)
    anywhere = True

    async def click(self, interaction: Interaction) -> None:
        """Let its member, and nobody else, cancel it."""
        job = await own_private_job(interaction, self.job)
        if job is not None:
            await self.do(interaction, job)

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Cancel it; what came of it is said in the place of the drafts."""
        text = str(await interaction.client.part(Cancelling).cancel(job))
        if job.state in self.states:
            await say_in_its_place(interaction, text)
        else:
            await say(interaction, text)


def private_buttons_for(job: Job, drafts: Sequence[Job]) -> discord.ui.View:
    """The buttons under drafts of a private clip: one for each, and one that ends it."""
    return buttons_for(job, drafts, finish=ChoosePrivately, cancel=CancelPrivately)
