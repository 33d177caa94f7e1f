"""What the buttons do."""

from __future__ import annotations

import dataclasses
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import discord

from bot import texts
from bot.buttons import Action
from bot.channels import ChannelError, Channels
from bot.desk import Desk
from bot.permissions import may_change
from bot.status import StatusBoard
from bot.studio import Studio
from bot.wait import Waits
from db.audit import Audit
from db.jobs import Job, JobId
from db.queue import CancelOutcome, Queue
from engine.errors import UserError
from engine.plan import AREA, plan
from engine.recipe import Kind, Quality, Receipt, Recipe, Role
from engine.wish import Subject, Wish

log = logging.getLogger(__name__)

REMIX_MODAL = "fk:remix:"
"""The prefix of the modal's ``custom_id``; the job's id follows, so that it works after a restart."""

PROMPT_FIELD = "fk:prompt"

LIGHTER = 0.75
"""“Try lighter” has at most this share of each side, or about: what failed small is tried smaller."""


class Clicks:
    """Answers clicks and the remix form."""

    def __init__(
        self,
        *,
        queue: Queue,
        audit: Audit,
        desk: Desk,
        studio: Studio,
        board: StatusBoard,
        channels: Channels,
        waits: Waits,
        moderator_roles: Collection[int],
    ) -> None:
        """Make one from the parts that a click may reach."""
        self._queue = queue
        self._audit = audit
        self._desk = desk
        self._studio = studio
        self._board = board
        self._channels = channels
        self._waits = waits
        self._roles = moderator_roles
        self._handlers: dict[Action, Callable[[discord.Interaction[Any], Job], Awaitable[None]]] = {
            Action.CANCEL: self._cancel,
            Action.WHY: self._why,
            Action.REROLL: self._reroll,
            Action.REMIX: self._ask_for_words,
            Action.RECIPE: self._show_recipe,
            Action.DELETE: self._delete,
            Action.LIGHTER: self._lighter,
        }

    async def click(self, interaction: discord.Interaction[Any], action: Action, job_id: JobId) -> None:
        """A button was clicked."""
        job = await self._job_here(interaction, job_id)
        if job is not None:
            await self._handlers[action](interaction, job)

    async def submit(self, interaction: discord.Interaction[Any]) -> None:
        """The remix form came back."""
        data: Any = interaction.data or {}
        job = await self._job_here(interaction, JobId(str(data["custom_id"]).removeprefix(REMIX_MODAL)))
        if job is None:
            return
        recipe = dataclasses.replace(
            Recipe.from_json(job.recipe), prompt=_field(data, PROMPT_FIELD), seed=secrets.randbelow(2**32)
        )
        await self._desk.again(interaction, job, recipe)

    async def cancel(self, job: Job) -> str:
        """Cancel a job, wherever it is, and say what came of it."""
        outcome = await self._queue.cancel(job.id, now=time.time())
        if outcome is CancelOutcome.ASKED:
            self._studio.cancel(job.id)
        self._board.touch(job.id)
        self._board.queue_moved()
        return {
            CancelOutcome.DONE: texts.CANCELLED,
            CancelOutcome.ASKED: texts.STOPPING,
            CancelOutcome.TOO_LATE: texts.ALREADY_OVER,
            CancelOutcome.UNKNOWN: texts.NOT_FOUND,
        }[outcome]

    async def _job_here(self, interaction: discord.Interaction[Any], job_id: JobId) -> Job | None:
        """The job, if it belongs to this server; otherwise the member is told that there is none."""
        job = await self._queue.get(job_id)
        if job is None or job.guild_id != interaction.guild_id:
            await _say(interaction, texts.NOT_FOUND)
            return None
        return job

    async def _cancel(self, interaction: discord.Interaction[Any], job: Job) -> None:
        if not may_change(interaction, job, self._roles):
            await _say(interaction, texts.NOT_YOURS)
            return
        answer = await self.cancel(job)
        if answer in {texts.CANCELLED, texts.STOPPING} and not job.cancel_requested:
            await self._write_down(interaction, job, "cancel")
        await _say(interaction, answer)

    async def _why(self, interaction: discord.Interaction[Any], job: Job) -> None:
        forecast = await self._waits.forecast()
        ahead = await self._queue.ahead(job.id)
        await _say(interaction, texts.why(job, wait=forecast.waits.get(job.id), own=ahead.by_member_self))

    async def _reroll(self, interaction: discord.Interaction[Any], job: Job) -> None:
        recipe = dataclasses.replace(Recipe.from_json(job.recipe), seed=secrets.randbelow(2**32))
        await self._desk.again(interaction, job, recipe)

    async def _lighter(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """The same wish, drawn smaller and quicker."""
        recipe = Recipe.from_json(job.recipe)
        scale = min(LIGHTER, (AREA[Quality.FAST] / (recipe.width * recipe.height)) ** 0.5)
        limits = self._desk.rules.plan
        width, height = (
            max(limits.min_side, round(side * scale / 16) * 16) for side in (recipe.width, recipe.height)
        )
        wish = Wish(
            kind=recipe.kind,
            prompt=recipe.prompt,
            motion=recipe.motion,
            camera=recipe.camera,
            quality=Quality.FAST,
            seconds=recipe.seconds,
            fps=recipe.fps,
            size=(width, height),
            seed=recipe.seed,
            engine=recipe.engine,
        )
        digest = recipe.inputs.get(Role.PICTURE)
        subject = None if digest is None else Subject(sha256=digest, width=recipe.width, height=recipe.height)
        try:
            lighter = plan(wish, subject, means=await self._desk.means(), limits=limits)
        except UserError as error:
            await _say(interaction, str(error))
            return
        await self._desk.again(interaction, job, lighter)

    async def _ask_for_words(self, interaction: discord.Interaction[Any], job: Job) -> None:
        recipe = Recipe.from_json(job.recipe)
        modal = discord.ui.Modal(title="Remix", custom_id=f"{REMIX_MODAL}{job.id}", timeout=None)
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id=PROMPT_FIELD,
            style=discord.TextStyle.paragraph,
            default=recipe.prompt or None,
            required=recipe.kind is Kind.TEXT2VIDEO,
            max_length=self._desk.rules.max_prompt,
        )
        modal.add_item(discord.ui.Label(text="What should it show?", component=field))
        modal.stop()  # its answer is matched by its name, also after a restart
        await interaction.response.send_modal(modal)

    async def _show_recipe(self, interaction: discord.Interaction[Any], job: Job) -> None:
        receipt = None if job.receipt is None else Receipt.from_json(job.receipt)
        await _say(interaction, texts.recipe_card(Recipe.from_json(job.recipe), receipt))

    async def _delete(self, interaction: discord.Interaction[Any], job: Job) -> None:
        if not may_change(interaction, job, self._roles):
            await _say(interaction, texts.NOT_YOURS)
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        if await self._queue.mark_deleted(job.id, time.time()):
            await self._write_down(interaction, job, "delete")
        # In the moment between the post and the row that holds its id, the clicked message is the clip.
        clicked = None if interaction.message is None else interaction.message.id
        message = clicked if job.message_id is None else job.message_id
        try:
            if message is not None:
                await self._channels.delete(job.channel_id, message)
        except ChannelError as error:
            log.warning("the clip of job %s could not be deleted: %s", job.id, error)
            await interaction.edit_original_response(content=texts.NOT_DELETED)
            return
        await interaction.edit_original_response(content=texts.DELETED)

    async def _write_down(self, interaction: discord.Interaction[Any], job: Job, action: str) -> None:
        """What was done to another member's job is a moderator's deed."""
        if interaction.user.id != job.user_id:
            await self._audit.append(job.guild_id, interaction.user.id, action, job.id, "by its button")


async def _say(interaction: discord.Interaction[Any], text: str) -> None:
    await interaction.response.send_message(text, ephemeral=True)


def _field(data: Any, custom_id: str) -> str:
    """Find a text input's value, wherever in the form it lies (rows before 2025, labels since)."""
    for part in data.get("components", ()):
        for item in (part, part.get("component", {}), *part.get("components", ())):
            if item.get("custom_id") == custom_id:
                return str(item.get("value", ""))
    return ""
