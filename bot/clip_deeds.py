"""What can be done with a finished clip: go on with it, close it into a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot import texts_clips
from bot.buttons import Action
from bot.continuation import before_of, extended, looped
from bot.desk import Desk
from db.files import Blobs
from db.jobs import Job, State
from engine.errors import UserError
from engine.recipe import Receipt, Recipe

SHOWN = frozenset({State.POSTING, State.DELIVERED})
"""States in which a clip may be seen already."""

Handler = Callable[["discord.Interaction[Any]", Job], Awaitable[None]]


class ClipDeeds:
    """Answers the buttons under a finished clip that make another one of it."""

    def __init__(self, *, desk: Desk, blobs: Blobs, max_seconds: float) -> None:
        """Make one.

        Args:
            desk: takes the new wish.
            blobs: where clips are.
            max_seconds: how long a clip may become.
        """
        self._desk = desk
        self._blobs = blobs
        self._max_seconds = max_seconds

    @property
    def handlers(self) -> dict[Action, Handler]:
        """Who answers which button."""
        return {Action.EXTEND: self._extend, Action.LOOP: self._loop}

    async def _extend(self, interaction: discord.Interaction[Any], job: Job) -> None:
        means = await self._desk.means()
        await self._go_on(
            interaction,
            job,
            lambda recipe, receipt, clip: extended(
                recipe,
                before_of(recipe, receipt),
                clip,
                means=means,
                limits=self._desk.rules.plan,
                max_seconds=self._max_seconds,
            ),
        )

    async def _loop(self, interaction: discord.Interaction[Any], job: Job) -> None:
        await self._go_on(
            interaction,
            job,
            lambda recipe, receipt, clip: looped(
                recipe, before_of(recipe, receipt), clip, max_seconds=self._max_seconds
            ),
        )

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
        await self._desk.again(interaction, job, recipe)

    async def _clip(self, job: Job) -> str:
        """The digest of a clip that may be seen and is still here.

        Raises:
            UserError: it is not.
        """
        clip = job.clip_sha256
        there = job.state in SHOWN and job.deleted_at is None and clip is not None
        if clip is None or not there or not await asyncio.to_thread(self._blobs.exists, clip):
            raise UserError("E_CLIP_GONE", texts_clips.CLIP_GONE)
        return clip
