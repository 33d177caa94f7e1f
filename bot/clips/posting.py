"""The button that brings a private clip to the channel."""

from __future__ import annotations

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place, own_private_job
from bot.discord_io.door import Manner
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError
from bot.signals import JobSignals
from bot.text import private_texts
from db.jobs.delivery import Delivery
from db.jobs.job import Job


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
            if await client.part(Messenger).member(job.guild_id, job.user_id) is None:
                await say(interaction, private_texts.NOT_A_MEMBER)
                return
        except ChannelError:
            await say(interaction, private_texts.ASK_AGAIN)
            return
        posted = await client.part(Delivery).publish(job.id)
        told = {
            None: private_texts.NOT_POSTED,
            False: private_texts.POSTED_BEFORE,
            True: private_texts.POSTED,
        }
        await say(interaction, told[posted])
        client.part(JobSignals).rendered()
