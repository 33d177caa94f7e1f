"""What the buttons do."""

from __future__ import annotations

import dataclasses
import io
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import discord

from bot.buttons import job_buttons
from bot.buttons.job_buttons import Action
from bot.clips import variation
from bot.clips.clip_actions import ClipActions
from bot.clips.recipe_text import recipe_text
from bot.discord_io.forms import field
from bot.discord_io.messenger import ChannelError, Messenger
from bot.discord_io.permissions import may_change
from bot.forecast import Forecaster
from bot.loops.discards import why_discarded
from bot.loops.status import StatusBoard
from bot.moderation.decisions import Decisions
from bot.requests.submission import Submissions
from bot.signals import JobSignals
from bot.text import messages, privacy_texts
from bot.text.prompts import clean_prompt
from db.audit.log import AuditEntry
from db.jobs.ending import CancelOutcome
from db.jobs.job import Job
from db.queue import Queue
from db.states import JobId, State
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Kind, Receipt, Recipe
from engine.planning.plan import PlanLimits

log = logging.getLogger(__name__)

REMIX_MODAL = "fk:remix:"
"""The prefix of the modal's ``custom_id``; the job's id follows, so that it works after a restart."""

CANCELS = {
    CancelOutcome.DONE: messages.CANCELLED,
    CancelOutcome.ASKED: messages.STOPPING,
    CancelOutcome.AGAIN: messages.STOPPING,
    CancelOutcome.TOO_LATE: messages.ALREADY_OVER,
    CancelOutcome.UNKNOWN: messages.NOT_FOUND,
}
"""What came of the wish to cancel, in words."""

NEED_WORDS = frozenset(
    {
        *(Action.REROLL, Action.REMIX, Action.EXTEND, Action.LOOP),
        *(Action.RECIPE, Action.LIGHTER, Action.REDRAW),
    }
)
"""What cannot be done with a job whose words were cleared away."""

PROMPT_FIELD = "fk:prompt"


class Clicks:
    """Answers clicks and the remix form."""

    def __init__(
        self,
        *,
        queue: Queue,
        submissions: Submissions,
        signals: JobSignals,
        board: StatusBoard,
        messenger: Messenger,
        forecaster: Forecaster,
        clip_actions: ClipActions,
        decisions: Decisions,
        moderator_roles: Collection[int],
    ) -> None:
        """Make one from the parts that a click may reach."""
        self._queue = queue
        self._submissions = submissions
        self._signals = signals
        self._board = board
        self._messenger = messenger
        self._forecaster = forecaster
        self._roles = moderator_roles
        self._handlers: dict[Action, Callable[[discord.Interaction[Any], Job], Awaitable[None]]] = {
            Action.CANCEL: self._cancel,
            Action.WHY: self._why,
            Action.REROLL: self._reroll,
            Action.REMIX: self._ask_for_words,
            Action.RECIPE: self._show_recipe,
            Action.DELETE: self._delete,
            Action.LIGHTER: self._lighter,
            Action.KEEP: self._keep,
            Action.REDRAW: self._redraw,
            Action.STOP: self._cancel,
            Action.DISCARDED: self._why_discarded,
            Action.REPORT: decisions.ask_for_report,
            **clip_actions.handlers,
        }
        self._redrawing: set[JobId] = set()

    async def click(self, interaction: discord.Interaction[Any], action: Action, job_id: JobId) -> None:
        """A button was clicked."""
        job = await self._job_here(interaction, job_id)
        if job is None:
            return
        if job.forgotten_at is not None and action in NEED_WORDS:
            await _say(interaction, privacy_texts.FORGOTTEN)
            return
        await self._handlers[action](interaction, job)

    async def submit(self, interaction: discord.Interaction[Any]) -> None:
        """The remix form came back."""
        data: Any = interaction.data or {}
        job = await self._job_here(interaction, JobId(str(data["custom_id"]).removeprefix(REMIX_MODAL)))
        if job is None:
            return
        if job.forgotten_at is not None:
            await _say(interaction, privacy_texts.FORGOTTEN)
            return
        words = clean_prompt(field(data, PROMPT_FIELD), limit=self._submissions.rules.max_prompt)
        recipe = _with_new_seed(Recipe.from_json(job.recipe))
        await self._vary(
            interaction,
            job,
            lambda capabilities, limits: variation.other_words(recipe, words, capabilities, limits),
        )

    async def cancel(self, job: Job, audit_entry: AuditEntry | None = None) -> str:
        """Cancel a job, wherever it is, and say what came of it.

        Args:
            audit_entry: a moderator's; None: its member wants it.
        """
        outcome = await self._queue.claims.cancel(job.id, audit_entry=audit_entry)
        if outcome is CancelOutcome.ASKED:
            self._signals.cancel_requested(job.id)
        self._signals.changed(job.id)
        self._signals.places_changed()
        return CANCELS[outcome]

    async def _job_here(self, interaction: discord.Interaction[Any], job_id: JobId) -> Job | None:
        """The job, if it belongs to this server; otherwise the member is told that there is none."""
        job = await self._queue.jobs.get(job_id)
        if job is None or job.guild_id != interaction.guild_id:
            await _say(interaction, messages.NOT_FOUND)
            return None
        return job

    async def _cancel(self, interaction: discord.Interaction[Any], job: Job) -> None:
        if not may_change(interaction, job, self._roles):
            await _say(interaction, messages.NOT_YOURS)
            return
        await _say(interaction, await self.cancel(job, _audit_entry(interaction, job, "cancel")))

    async def _why(self, interaction: discord.Interaction[Any], job: Job) -> None:
        forecast = await self._forecaster.forecast()
        wait = forecast.waits.get(job.id)
        before = [other.own for other in forecast.waits.values() if wait and other.position < wait.position]
        text = messages.why(
            job,
            wait=wait,
            ahead=await self._queue.jobs.ahead(job.id),
            ahead_seconds=sum(before),
            turn=await self._queue.jobs.running(),
        )
        await _say(interaction, text)

    async def _reroll(self, interaction: discord.Interaction[Any], job: Job) -> None:
        await self._submissions.again(interaction, job, _with_new_seed(Recipe.from_json(job.recipe)))

    async def _lighter(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """The same wish, drawn smaller and quicker."""
        recipe = Recipe.from_json(job.recipe)
        await self._vary(
            interaction, job, lambda capabilities, limits: variation.lighter(recipe, capabilities, limits)
        )

    async def _vary(
        self,
        interaction: discord.Interaction[Any],
        job: Job,
        make: Callable[[Capabilities, PlanLimits], Recipe],
    ) -> None:
        """Ask for what has to be planned anew; what cannot be made here is refused in plain words."""
        try:
            recipe = make(await self._submissions.capabilities(), self._submissions.rules.plan)
        except UserError as error:
            await _say(interaction, str(error))
            return
        await self._submissions.again(interaction, job, recipe)

    async def _keep(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """The first look is liked: its buttons go, the job goes on."""
        if not may_change(interaction, job, self._roles):
            await _say(interaction, messages.NOT_YOURS)
        elif job.state is State.RUNNING and self._board.keep(job.id):
            await interaction.response.defer()  # the message itself shows it
        else:
            await _say(interaction, messages.NO_FIRST_LOOK)

    async def _redraw(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """Ask for the same with a new seed; then, so that none is lost, cancel the job that runs."""
        if not may_change(interaction, job, self._roles):
            await _say(interaction, messages.NOT_YOURS)
        elif job.state is not State.RUNNING or job.cancel_requested:
            await _say(interaction, messages.STOPPING if job.cancel_requested else messages.ALREADY_OVER)
        elif job.id in self._redrawing:
            await _say(interaction, messages.ASKED_AGAIN)
        else:
            self._redrawing.add(job.id)
            try:
                recipe = _with_new_seed(Recipe.from_json(job.recipe))
                new = await self._submissions.again(interaction, job, recipe, key=f"redraw {job.id}")
                if new is not None:
                    await self.cancel(job, _audit_entry(interaction, job, "redraw"))
            finally:
                self._redrawing.discard(job.id)

    async def _ask_for_words(self, interaction: discord.Interaction[Any], job: Job) -> None:
        recipe = Recipe.from_json(job.recipe)
        modal = discord.ui.Modal(title="Remix", custom_id=f"{REMIX_MODAL}{job.id}", timeout=None)
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id=PROMPT_FIELD,
            style=discord.TextStyle.paragraph,
            default=recipe.prompt or None,
            required=recipe.kind is not Kind.ANIMATE,
            max_length=self._submissions.rules.max_prompt,
        )
        modal.add_item(discord.ui.Label(text="What should it show?", component=field))
        modal.stop()  # its answer is matched by its name, also after a restart
        await interaction.response.send_modal(modal)

    async def _show_recipe(self, interaction: discord.Interaction[Any], job: Job) -> None:
        receipt = None if job.receipt is None else Receipt.from_json(job.receipt)
        shown = recipe_text(Recipe.from_json(job.recipe), receipt)
        files = [] if shown.data is None else [discord.File(io.BytesIO(shown.data), f"recipe-{job.id}.json")]
        view = discord.utils.MISSING
        if may_change(interaction, job, self._roles) and await self._queue.take_previews.of_job(job.id):
            view = job_buttons.row(job, Action.DISCARDED)
        await interaction.response.send_message(shown.text, files=files, view=view, ephemeral=True)

    async def _why_discarded(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """What the discarded takes looked like shows the member's picture: for them and moderators alone."""
        if not may_change(interaction, job, self._roles):
            await _say(interaction, messages.NOT_YOURS)
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        text, files = await why_discarded(
            job, take_previews=self._queue.take_previews, blobs=self._submissions.blobs
        )
        await interaction.edit_original_response(content=messages.fit(text), attachments=files)

    async def _delete(self, interaction: discord.Interaction[Any], job: Job) -> None:
        if not may_change(interaction, job, self._roles):
            await _say(interaction, messages.NOT_YOURS)
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._queue.retention.mark_deleted(job.id, audit_entry=_audit_entry(interaction, job, "delete"))
        # In the moment between the post and the row that holds its id, the clicked message is the clip.
        clicked = None if interaction.message is None else interaction.message.id
        message = clicked if job.message_id is None else job.message_id
        try:
            if message is not None:
                await self._messenger.delete(job.channel_id, message)
        except ChannelError as error:
            log.warning("the clip of job %s could not be deleted: %s", job.id, error)
            await interaction.edit_original_response(content=messages.NOT_DELETED)
            return
        await interaction.edit_original_response(content=messages.DELETED)


def _audit_entry(interaction: discord.Interaction[Any], job: Job, action: str) -> AuditEntry | None:
    """What is done to another member's job is a moderator's deed; to one's own, it is none."""
    if interaction.user.id == job.user_id:
        return None
    return AuditEntry(
        guild_id=job.guild_id,
        actor_id=interaction.user.id,
        action=action,
        target=job.id,
        reason="by its button",
    )


def _with_new_seed(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, seed=secrets.randbelow(2**32))


async def _say(interaction: discord.Interaction[Any], text: str) -> None:
    await interaction.response.send_message(text, ephemeral=True)
