"""The button that brings a clip which could be brought nowhere: beside its job in ``/jobs``."""

from __future__ import annotations

import asyncio
import io

import discord

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Presser
from bot.discord_io.discord_errors import Trouble, trouble_of
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.replies import think
from bot.job_documents import recipe_of
from bot.loops.clip_post import file_name
from bot.text import clip_texts, outside_texts
from db.files import Blobs
from db.jobs.job import Job
from db.jobs.retention import UNDELIVERED
from db.states import State
from engine.provenance.seal import Sealer


def is_kept(job: Job) -> bool:
    """Whether a job has a good clip that reached nobody. Its file may be too old to be kept."""
    undelivered = job.state is State.FAILED and job.error_code in UNDELIVERED
    return undelivered and job.clip_sha256 is not None and job.deleted_at is None


class GetIt(JobButton):
    """Show a clip that could be brought neither to where it was asked for nor to its member directly."""

    action = "get"
    look = Look("Get", "📥")
    states = (State.FAILED,)
    presser = Presser.ITS_MEMBER_ALONE

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Answer with it, in private."""
        blobs = interaction.client.part(Blobs)
        digest = job.clip_sha256
        if digest is None or not is_kept(job) or not await asyncio.to_thread(blobs.exists, digest):
            await say(interaction, outside_texts.NOT_KEPT)
            return
        await think(interaction)
        sealer = interaction.client.part(Sealer)
        recipe = recipe_of(job)
        clip = await asyncio.to_thread(blobs.path(digest).read_bytes)
        sealed = await asyncio.to_thread(sealer.seal, clip, recipe)
        file = discord.File(io.BytesIO(sealed.mp4), file_name(job.id), description=clip_texts.alt(recipe))
        try:
            await interaction.edit_original_response(content=outside_texts.HERE_IT_IS, attachments=[file])
        except discord.HTTPException as error:
            if trouble_of(error.status, error.code) is not Trouble.TOO_LARGE:
                raise
            await interaction.edit_original_response(content=outside_texts.TOO_LARGE_HERE)
