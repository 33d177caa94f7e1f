"""The button that shows a finished clip at a larger size."""

from __future__ import annotations

import dataclasses

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place
from bot.clips.clip_actions import go_on
from bot.clips.continuation import before_of
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction
from bot.job_documents import receipt_of, recipe_of
from bot.requests.submission import Submissions
from db.jobs.job import Job
from engine.core.capabilities import Capabilities
from engine.core.recipe import Recipe, Role
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
        recipe, limits = recipe_of(job), interaction.client.part(Submissions).rules.plan.upscale

        def larger(clip: str, capabilities: Capabilities) -> Recipe:
            made = upscaled(
                before_of(recipe, receipt_of(job)),
                {Role.BEFORE: clip},
                fps=recipe.fps,
                capabilities=capabilities,
                limits=limits,
                prompt=recipe.prompt,
                seed=recipe.seed,
            )
            return dataclasses.replace(made, helped=recipe.helped)

        await go_on(interaction, job, larger)
