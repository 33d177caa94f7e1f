"""What can be done with a finished clip: go on with it, close it into a loop, keep it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import discord

from bot.buttons.job_buttons import Action
from bot.clips.continuation import before_of, extended, looped
from bot.requests.submission import Submissions
from bot.text import clip_texts
from db.files import Blobs
from db.jobs.job import Job
from db.jobs.stars import Starred
from db.queue import Queue
from db.states import State
from engine.core.errors import UserError
from engine.core.recipe import Receipt, Recipe

SHOWN = frozenset({State.POSTING, State.DELIVERED})
"""States in which a clip may be seen already."""

Handler = Callable[["discord.Interaction[Any]", Job], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class ClipRules:
    """How far clips may be taken.

    Attributes:
        max_seconds: how long one may become.
        max_starred: stars that a member may have in a server.
        keep_starred_days: how long a star keeps a clip.
    """

    max_seconds: float
    max_starred: int
    keep_starred_days: float


class ClipActions:
    """Answers the buttons under a finished clip that make another one of it, or keep it."""

    def __init__(self, *, queue: Queue, submissions: Submissions, blobs: Blobs, rules: ClipRules) -> None:
        """Make one.

        Args:
            queue: knows the stars.
            submissions: takes a new wish.
            blobs: where clips are.
            rules: how far all this goes.
        """
        self._queue = queue
        self._submissions = submissions
        self._blobs = blobs
        self._rules = rules

    @property
    def handlers(self) -> dict[Action, Handler]:
        """Who answers which button."""
        return {Action.EXTEND: self._extend, Action.LOOP: self._loop, Action.STAR: self._star}

    async def _extend(self, interaction: discord.Interaction[Any], job: Job) -> None:
        capabilities = await self._submissions.capabilities()
        await self._go_on(
            interaction,
            job,
            lambda recipe, receipt, clip: extended(
                recipe,
                before_of(recipe, receipt),
                clip,
                capabilities=capabilities,
                limits=self._submissions.rules.plan,
                max_seconds=self._rules.max_seconds,
            ),
        )

    async def _loop(self, interaction: discord.Interaction[Any], job: Job) -> None:
        await self._go_on(
            interaction,
            job,
            lambda recipe, receipt, clip: looped(
                recipe, before_of(recipe, receipt), clip, max_seconds=self._rules.max_seconds
            ),
        )

    async def _star(self, interaction: discord.Interaction[Any], job: Job) -> None:
        try:
            await self._clip(job)
        except UserError as error:
            await interaction.response.send_message(str(error), ephemeral=True)
            return
        came_to = await self._queue.stars.star(
            job.id, interaction.user.id, interaction=interaction.id, most=self._rules.max_starred
        )
        told = {
            Starred.ON: clip_texts.starred(self._rules.keep_starred_days),
            Starred.OFF: clip_texts.STAR_TAKEN_BACK,
            Starred.FULL: clip_texts.too_many_stars(self._rules.max_starred),
        }[came_to]
        await interaction.response.send_message(told, ephemeral=True)

    async def _go_on(
        self,
        interaction: discord.Interaction[Any],
        job: Job,
        make: Callable[[Recipe, Receipt, str], Recipe],
    ) -> None:
        """Ask for what is made of a clip, as a job of its own; what cannot be made is refused in words."""
        try:
            clip = await self._clip(job)
            recipe = make(Recipe.from_json(job.recipe), Receipt.from_json(job.receipt or ""), clip)
        except UserError as error:
            await interaction.response.send_message(str(error), ephemeral=True)
            return
        await self._submissions.again(interaction, job, recipe)

    async def _clip(self, job: Job) -> str:
        """The digest of a clip that may be seen and is still here.

        Raises:
            UserError: it is not.
        """
        clip = job.clip_sha256
        there = job.state in SHOWN and job.deleted_at is None and clip is not None
        if clip is None or not there or not await asyncio.to_thread(self._blobs.exists, clip):
            raise UserError("E_CLIP_GONE", clip_texts.CLIP_GONE)
        return clip
