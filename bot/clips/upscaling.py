"""The button that shows a finished clip at a larger size."""

from __future__ import annotations

import dataclasses

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place
from bot.clips.clip_actions import clip_of
from bot.clips.continuation import before_of
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction, say
from bot.job_documents import receipt_of, recipe_of
from bot.requests.submission import Submissions
from bot.text.foreign import refusal
from db.files import Blobs
from db.jobs.job import Job
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Role
from engine.planning.upscaling import can_upscale, upscaled


class Upscale(JobButton):
    """Show the clip at twice its size."""

    action = "upscale"
    look = Look("Upscale", "🔎")
    manner = Manner(slot=Slot.CLIP)
    place = Place.MORE
    order = 30
    needs_words = True

    @classmethod
    def works_with(cls, capabilities: Capabilities) -> bool:
        """Whether the network is installed, and something to run it on is there."""
        return can_upscale(capabilities)

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Submit the larger clip as a job of the member who clicked."""
        client = interaction.client
        submissions = client.part(Submissions)
        try:
            clip = await clip_of(job, client.part(Blobs))
            before, recipe = before_of(recipe_of(job), receipt_of(job)), recipe_of(job)
            larger = upscaled(
                before,
                {Role.BEFORE: clip},
                fps=recipe.fps,
                capabilities=await submissions.capabilities(),
                limits=submissions.rules.plan.upscale,
                prompt=recipe.prompt,
                seed=recipe.seed,
            )
        except UserError as error:
            await say(interaction, refusal(error))
            return
        await submissions.again(interaction, job, dataclasses.replace(larger, helped=recipe.helped))
