"""The button that brings a private clip to the channel."""

from __future__ import annotations

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place, own_private_job
from bot.discord_io.door import Manner
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.members import place_of
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError
from bot.signals import JobSignals
from bot.text import private_texts
from db.jobs.delivery import Delivery, Published
from db.jobs.job import Job

TOLD = {
    Published.NOW: private_texts.POSTED,
    Published.WAITING: private_texts.WAITS_TO_BE_POSTED,
    Published.BEFORE: private_texts.POSTED_BEFORE,
    Published.REFUSED: private_texts.NOT_APPROVED,
    Published.IMPOSSIBLE: private_texts.NOT_POSTED,
}


class PostIt(JobButton):
    """Post a private clip where it was asked for, as a job of its own that is screened like any clip.

    It stands in direct messages too, so the door lets it in from anywhere. Whether its member may still use
    the bot in the clip's server is asked here.
    """

    action = "post"
    in_servers_only = True
    look = Look("Post it", "📣")
    manner = Manner(anywhere=True)
    place = Place.CLIP
    anywhere = True
    order = 5

    @classmethod
    def suits(cls, job: Job) -> bool:
        """Whether only its member sees the clip."""
        return job.private

    async def click(self, interaction: Interaction) -> None:
        """Let its member, and nobody else, post it; once."""
        job = await own_private_job(interaction, self.job)
        if job is not None:
            await self.do(interaction, job)

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Put it in the row of what is to be posted."""
        client = interaction.client
        try:
            member = await client.part(Messenger).member(job.guild_id, job.user_id)
        except ChannelError:
            await say(interaction, private_texts.ASK_AGAIN)
            return
        if member is None:
            await say(interaction, private_texts.NOT_A_MEMBER)
            return
        channel = place_of(member, job.channel_id)
        if channel is not None and channel.bot_lacks:
            await say(interaction, private_texts.may_not_post_in(job.channel_id, channel.bot_lacks))
            return
        await say(interaction, TOLD[await client.part(Delivery).publish(job.id)])
        client.part(JobSignals).rendered()
