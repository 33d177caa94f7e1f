"""The recipe of a clip, shown; and why takes of it were discarded."""

from __future__ import annotations

import io

import discord

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place, Presser, may_press
from bot.buttons.rows import row
from bot.clips.recipe_text import recipe_text
from bot.discord_io.interactions import Interaction
from bot.discord_io.replies import think
from bot.job_documents import receipt_of, recipe_of
from bot.loops.discards import why_discarded
from bot.text import messages
from db.files import Blobs
from db.jobs.job import Job
from db.jobs.sheets import Sheets


class WhyDiscarded(JobButton):
    """Show discarded takes. They show the member's picture: for them and moderators alone."""

    action = "discarded"
    look = Look("Why discarded?", "🔍")
    presser = Presser.ITS_MEMBER

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Answer with the reasons, and the pictures that are still there."""
        client = interaction.client
        await think(interaction)
        sheets = client.part(Sheets)
        text, files = await why_discarded(job, sheets=sheets, blobs=client.part(Blobs))
        await interaction.edit_original_response(content=messages.fit(text), attachments=files)


class ShowRecipe(JobButton):
    """Show how a clip was made, to anyone."""

    action = "recipe"
    look = Look("Recipe", "📜")
    place = Place.MORE
    order = 60
    needs_words = True

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Answer with the recipe; beneath it, those who may can ask about discarded takes."""
        receipt = None if job.receipt is None else receipt_of(job)
        shown = recipe_text(recipe_of(job), receipt)
        files = [] if shown.data is None else [discord.File(io.BytesIO(shown.data), f"recipe-{job.id}.json")]
        view = discord.utils.MISSING
        sheets = interaction.client.part(Sheets)
        if may_press(interaction, job) and await sheets.of_job(job.id):
            view = row(job, WhyDiscarded)
        await interaction.response.send_message(shown.text, files=files, view=view, ephemeral=True)
