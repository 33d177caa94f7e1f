"""The buttons that make another clip from a job's request: with a new seed, of other words, or lighter."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from typing import ClassVar

import discord

from bot.buttons.button import Look
from bot.buttons.form import Form
from bot.buttons.job_button import JobButton, Place, Presser, job_here
from bot.clips import variation
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction, say
from bot.job_documents import recipe_of
from bot.loops.status import StatusBoard
from bot.requests.cancelling import Cancelling
from bot.requests.submission import Submissions
from bot.text import messages
from db.codes import BotCode
from db.jobs.job import Job
from db.states import JobId, State
from engine.core.capabilities import Capabilities
from engine.core.errors import Code
from engine.core.recipe import Kind, Recipe
from engine.planning.plan import PlanLimits

LIGHTER_HELPS = frozenset({Code.MEMORY, BotCode.TOO_LARGE, Code.ENGINE})
"""Failures that a smaller, quicker clip may well avoid."""


class RemakeButton(JobButton):
    """A button under a clip that draws it anew. A loop or an upscaled clip is not drawn, so it has none."""

    place = Place.CLIP
    needs_words = True

    @classmethod
    def suits(cls, job: Job) -> bool:
        """Whether the clip was drawn."""
        recipe = recipe_of(job)
        return not recipe.only_remade and recipe.kind is not Kind.UPSCALE


class Reroll(RemakeButton):
    """Draw the same with another seed."""

    action = "reroll"
    look = Look("Reroll", "🎲", discord.ButtonStyle.primary)
    manner = Manner(slot=Slot.CLIP)
    order = 10

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Submit it as a job of the member who clicked."""
        recipe = with_new_seed(recipe_of(job))
        await interaction.client.part(Submissions).again(interaction, job, recipe)


class RemixForm(Form):
    """Ask for the words of a remix."""

    prefix = "fk:remix:"
    field = "fk:prompt"
    title = "Remix"
    label = "What should it show?"
    manner = Manner(slot=Slot.CLIP, outside=True)

    @classmethod
    async def filled_in(cls, interaction: Interaction, about: str, words: str) -> None:
        """Submit the same clip of these words."""
        job = await job_here(interaction, JobId(about), needs_words=True)
        if job is None:
            return
        longest = interaction.client.part(Submissions).rules.max_prompt
        recipe = with_new_seed(recipe_of(job))
        await _vary(
            interaction,
            job,
            lambda capabilities, limits: variation.other_words(
                recipe, words, capabilities, limits, longest=longest
            ),
            words=words,
        )


class Remix(RemakeButton):
    """Draw the same of other words."""

    action = "remix"
    look = Look("Remix", "✏️")
    order = 20

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Ask for the words."""
        recipe = recipe_of(job)
        await RemixForm.open(
            interaction,
            RemixForm.id_for(job=job.id),
            longest=interaction.client.part(Submissions).rules.max_prompt,
            default=recipe.prompt or None,
            required=recipe.kind is not Kind.ANIMATE,
        )


class Lighter(JobButton):
    """Draw what failed smaller and quicker."""

    action = "lighter"
    look = Look("Try lighter", "🪶", discord.ButtonStyle.primary)
    manner = Manner(slot=Slot.CLIP)
    place = Place.STATUS
    order = 30
    states = (State.FAILED,)
    needs_words = True

    @classmethod
    def suits(cls, job: Job) -> bool:
        """Whether it failed for want of room or time, and can be drawn smaller."""
        return job.error_code in LIGHTER_HELPS and recipe_of(job).kind is not Kind.UPSCALE

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Submit the lighter clip."""
        recipe = recipe_of(job)
        await _vary(
            interaction,
            job,
            lambda capabilities, limits: variation.lighter(recipe, capabilities, limits),
            words=recipe.prompt,
        )


class TryAgain(JobButton):
    """Ask once more for what machines failed in: the same clip, with the same seed."""

    action = "tryagain"
    look = Look("Try again", "🔁", discord.ButtonStyle.primary)
    manner = Manner(slot=Slot.CLIP)
    place = Place.STATUS
    order = 40
    states = (State.FAILED,)
    needs_words = True

    @classmethod
    def suits(cls, job: Job) -> bool:
        """Whether nothing was wrong with what was asked for."""
        return job.error_code == BotCode.MACHINES

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Submit it as a job of the member who clicked."""
        await interaction.client.part(Submissions).again(interaction, job, recipe_of(job))


class Keep(JobButton):
    """Like a first look: its buttons go, and the job goes on."""

    action = "keep"
    look = Look("Keep", "👍", discord.ButtonStyle.success)
    place = Place.DRAFT
    order = 10
    states = (State.RUNNING,)
    presser = Presser.ITS_MEMBER

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Remember it; the message itself shows that."""
        if job.state is State.RUNNING and interaction.client.part(StatusBoard).keep(job.id):
            await interaction.response.defer()
        else:
            await say(interaction, messages.NO_FIRST_LOOK)


class Redraw(JobButton):
    """Ask for the same with another seed; then, so that none is lost, cancel the job that runs."""

    action = "redraw"
    look = Look("Reroll", "🎲", discord.ButtonStyle.primary)
    manner = Manner(slot=Slot.CLIP)
    place = Place.DRAFT
    order = 20
    states = (State.RUNNING,)
    presser = Presser.ITS_MEMBER_ALONE
    needs_words = True

    in_progress: ClassVar[set[JobId]] = set()
    """Jobs that are being asked for again at this moment; a second click need not be answered in public."""

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Submit the new job once, however often the button is pressed."""
        if job.state is not State.RUNNING or job.cancel_requested:
            await say(interaction, messages.STOPPING if job.cancel_requested else messages.ALREADY_OVER)
            return
        if job.id in self.in_progress:
            await say(interaction, messages.ASKED_AGAIN)
            return
        self.in_progress.add(job.id)
        try:
            recipe = with_new_seed(recipe_of(job))
            submissions = interaction.client.part(Submissions)
            new = await submissions.again(interaction, job, recipe, key=f"redraw {job.id}")
            if new is not None:
                await interaction.client.part(Cancelling).cancel(job)
        finally:
            self.in_progress.discard(job.id)


def with_new_seed(recipe: Recipe) -> Recipe:
    """The same recipe with a new random seed."""
    return dataclasses.replace(recipe, seed=secrets.randbelow(2**32))


async def _vary(
    interaction: Interaction,
    job: Job,
    make: Callable[[Capabilities, PlanLimits], Recipe],
    *,
    words: str,
) -> None:
    """Submit what has to be planned anew; what cannot be made here is refused in plain words."""
    submissions = interaction.client.part(Submissions)

    async def plan(capabilities: Capabilities) -> Recipe:
        return make(capabilities, submissions.rules.plan)

    await submissions.vary(interaction, job, plan, words=words)
