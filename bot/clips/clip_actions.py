"""What can be done with a finished clip: go on with it, close it into a loop, keep it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place
from bot.clips.clip_rules import ClipRules
from bot.clips.continuation import before_of, extended, looped, slowed
from bot.clips.remakes import RemakeButton
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction, say
from bot.job_documents import receipt_of, recipe_of
from bot.requests.submission import Submissions
from bot.text import clip_texts, privacy_texts
from bot.text.foreign import refusal
from db.codes import BotCode
from db.errors import AskedBeforeErase
from db.files import Blobs
from db.jobs.job import Job
from db.jobs.stars import Starred, Stars
from db.states import State
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Kind, Recipe

SHOWN = frozenset({State.POSTING, State.DELIVERED})
"""States in which a clip may be seen already."""


class Extend(JobButton):
    """Make a longer clip that goes on from this one."""

    action = "extend"
    look = Look("Extend", "⏩")
    manner = Manner(slot=Slot.CLIP)
    place = Place.MORE
    order = 10
    needs_words = True

    @classmethod
    def suits(cls, job: Job) -> bool:
        """Whether there is an engine that can go on with it: what was upscaled is too large for them."""
        return recipe_of(job).kind is not Kind.UPSCALE

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Submit the longer clip."""
        client, recipe = interaction.client, recipe_of(job)
        await go_on(
            interaction,
            job,
            lambda clip, capabilities: extended(
                recipe,
                before_of(recipe, receipt_of(job)),
                clip,
                capabilities=capabilities,
                limits=client.part(Submissions).rules.plan,
                max_seconds=client.part(ClipRules).max_seconds,
            ),
        )


class SlowMotion(JobButton):
    """Show a clip at half its speed, with new frames between those that were drawn."""

    action = "slow"
    look = Look("Slow motion", "🐌")
    manner = Manner(slot=Slot.CLIP)
    place = Place.MORE
    order = 40
    needs_words = True

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Submit the slower clip."""
        recipe, max_seconds = recipe_of(job), interaction.client.part(ClipRules).max_seconds
        await go_on(
            interaction,
            job,
            lambda clip, _: slowed(recipe, before_of(recipe, receipt_of(job)), clip, max_seconds=max_seconds),
        )


class Loop(RemakeButton):
    """Close a clip into a loop."""

    action = "loop"
    look = Look("Loop", "🔁")
    manner = Manner(slot=Slot.CLIP)
    place = Place.MORE
    order = 20

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Submit the loop."""
        recipe, max_seconds = recipe_of(job), interaction.client.part(ClipRules).max_seconds
        await go_on(
            interaction,
            job,
            lambda clip, _: looped(recipe, before_of(recipe, receipt_of(job)), clip, max_seconds=max_seconds),
        )


class Star(JobButton):
    """Keep a clip longer, or take that back."""

    action = "star"
    in_servers_only = True
    look = Look(None, "⭐")
    place = Place.CLIP
    order = 50

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Set or remove the star of the member who clicked."""
        client = interaction.client
        rules = client.part(ClipRules)
        try:
            await clip_of(job, client.part(Blobs))
        except UserError as error:
            await say(interaction, refusal(error))
            return
        try:
            outcome = await client.part(Stars).star(
                job.id, interaction.user.id, interaction=interaction.id, most=rules.max_starred
            )
        except AskedBeforeErase:
            await say(interaction, privacy_texts.ASKED_BEFORE_ERASE)
            return
        told = {
            Starred.ON: clip_texts.starred(rules.keep_starred_days),
            Starred.OFF: clip_texts.STAR_TAKEN_BACK,
            Starred.FULL: clip_texts.too_many_stars(rules.max_starred),
        }[outcome]
        await say(interaction, told)


async def go_on(interaction: Interaction, job: Job, make: Callable[[str, Capabilities], Recipe]) -> None:
    """Submit what is made of a clip as a job of its own; what cannot be made is refused in words.

    Args:
        interaction: the member's.
        job: whose clip it is.
        make: plans it from the digest of the clip and what there is.
    """
    client = interaction.client
    try:
        clip = await clip_of(job, client.part(Blobs))
    except UserError as error:
        await say(interaction, refusal(error))
        return

    async def plan(capabilities: Capabilities) -> Recipe:
        return make(clip, capabilities)

    await client.part(Submissions).vary(interaction, job, plan, words=recipe_of(job).prompt)


async def clip_of(job: Job, blobs: Blobs) -> str:
    """The digest of a clip that may be seen and is still here.

    Raises:
        UserError: it is not.
    """
    clip = job.clip_sha256
    there = job.state in SHOWN and job.deleted_at is None and clip is not None
    if clip is None or not there or not await asyncio.to_thread(blobs.exists, clip):
        raise UserError(BotCode.CLIP_GONE, clip_texts.CLIP_GONE)
    return clip
