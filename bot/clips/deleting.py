"""Deleting a clip from its channel."""

from __future__ import annotations

import logging

import discord

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place, Presser, entry_for
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError
from bot.discord_io.replies import think
from bot.text import messages
from db.jobs.job import Job
from db.jobs.retention import Retention

log = logging.getLogger(__name__)


class Delete(JobButton):
    """Delete a clip and its message."""

    action = "delete"
    look = Look("Delete", "🗑️", discord.ButtonStyle.danger)
    manner = Manner(slot=Slot.DELETE)
    place = Place.CLIP
    order = 80
    presser = Presser.ITS_MEMBER

    @classmethod
    def suits(cls, job: Job) -> bool:
        """Whether there is a message of the bot's own: what only its member sees, they dismiss themselves."""
        return not job.private

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Mark it deleted first, so that it is never posted again; then delete the message."""
        client = interaction.client
        if job.answer_only:  # the bot is not in the channel, but may change the message that was clicked
            await interaction.response.defer()
            await client.part(Retention).mark_deleted(job.id)
            await interaction.delete_original_response()
            return
        await think(interaction)
        await client.part(Retention).mark_deleted(job.id, audit_entry=entry_for(interaction, job, "delete"))
        # In the moment between the post and the row that holds its id, the clicked message is the clip.
        clicked = None if interaction.message is None else interaction.message.id
        message = clicked if job.message_id is None else job.message_id
        try:
            if message is not None:
                await client.part(Messenger).delete(job.channel_id, message)
        except ChannelError as error:
            log.warning("the clip of job %s could not be deleted: %s", job.id, error)
            await interaction.edit_original_response(content=messages.NOT_DELETED)
            return
        await interaction.edit_original_response(content=messages.DELETED)
