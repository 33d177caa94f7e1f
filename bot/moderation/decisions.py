"""What happens at a click on a card, and when a member reports a clip."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Any

import discord

from bot.discord_io.forms import field
from bot.discord_io.permissions import is_moderator
from bot.moderation.case_board import CaseAction, CaseBoard
from bot.signals import JobSignals
from bot.text import messages, review_texts
from bot.text.prompts import clean_prompt
from db.audit.log import AuditEntry
from db.files import Blobs
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.jobs.retention import Retention, RetentionPolicy
from db.moderation.cases import Cases, TakenDown
from db.states import JobId, State

log = logging.getLogger(__name__)

REPORT_MODAL = "fkm:report:"
REJECT_MODAL = "fkm:reject:"
"""Prefixes of the forms' ``custom_id``; the rest names the job, so that they outlive a restart."""

FORMS = (REPORT_MODAL, REJECT_MODAL)
REASON_FIELD = "fkm:reason"
REASON_LIMIT = 200


class Decisions:
    """Answers the buttons of cards, and the forms behind Report and Reject."""

    def __init__(
        self,
        *,
        jobs: JobQueries,
        cases: Cases,
        retention: Retention,
        policy: RetentionPolicy,
        blobs: Blobs,
        case_board: CaseBoard,
        signals: JobSignals,
        moderator_roles: Collection[int],
    ) -> None:
        """Make one from the parts that a decision may reach.

        Args:
            policy: says which files other guilds' jobs still need when a clip is taken down.
        """
        self._jobs = jobs
        self._cases = cases
        self._retention = retention
        self._policy = policy
        self._blobs = blobs
        self._case_board = case_board
        self._signals = signals
        self._roles = moderator_roles

    async def click(
        self, interaction: discord.Interaction[Any], action: CaseAction, number: int, job: JobId
    ) -> None:
        """A button of a card was clicked."""
        if not await self._may_decide(interaction, job):
            return
        match action:
            case CaseAction.APPROVE:
                await self._approve(interaction, number, job)
            case CaseAction.REJECT:
                await _ask(
                    interaction,
                    f"{REJECT_MODAL}{number}:{job}",
                    review_texts.REJECT_TITLE,
                    review_texts.REJECT_LABEL,
                    required=False,
                )
            case CaseAction.DISMISS:
                audit_entry = _audit_entry(interaction, "dismiss report", job, "")
                done = await self._cases.dismiss(job, number, audit_entry)
                await self._say(interaction, review_texts.DISMISSED if done else None)
            case CaseAction.TAKE_DOWN:
                await self._take_down(interaction, number, job)

    async def ask_for_report(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """The Report button of a clip: why?"""
        title, label = review_texts.REPORT_TITLE, review_texts.REPORT_LABEL
        await _ask(interaction, f"{REPORT_MODAL}{job.id}", title, label, required=True)

    async def submit(self, interaction: discord.Interaction[Any]) -> None:
        """A form came back."""
        data: Any = interaction.data or {}
        name = str(data["custom_id"])
        reason = clean_prompt(field(data, REASON_FIELD), limit=REASON_LIMIT)
        if name.startswith(REPORT_MODAL):
            await self._report(interaction, JobId(name.removeprefix(REPORT_MODAL)), reason)
            return
        number, _, job = name.removeprefix(REJECT_MODAL).partition(":")
        if number.isdecimal() and await self._may_decide(interaction, JobId(job)):
            await self._reject(interaction, int(number), JobId(job), reason)

    async def _may_decide(self, interaction: discord.Interaction[Any], job: JobId) -> bool:
        if not is_moderator(interaction, self._roles):
            await interaction.response.send_message(messages.NOT_A_MODERATOR, ephemeral=True)
            return False
        found = await self._jobs.get(job)
        if found is None or found.guild_id != interaction.guild_id:
            await interaction.response.send_message(messages.NOT_FOUND, ephemeral=True)
            return False
        return True

    async def _approve(self, interaction: discord.Interaction[Any], number: int, job: JobId) -> None:
        audit_entry = _audit_entry(interaction, "approve", job, "")
        went_on = await self._cases.approve(job, number, audit_entry)
        await self._say(interaction, review_texts.APPROVED if went_on else None)
        if went_on is not None:
            self._signals.released(job)

    async def _reject(
        self, interaction: discord.Interaction[Any], number: int, job: JobId, reason: str
    ) -> None:
        audit_entry = _audit_entry(interaction, "reject", job, reason)
        text = review_texts.not_approved(reason)
        ended = await self._cases.reject(job, number, audit_entry, text)
        await self._say(interaction, review_texts.REJECTED if ended else None)
        self._signals.changed(job)

    async def _report(self, interaction: discord.Interaction[Any], job: JobId, reason: str) -> None:
        found = await self._jobs.get(job)
        if found is None or found.guild_id != interaction.guild_id or found.state is not State.DELIVERED:
            await interaction.response.send_message(messages.NOT_FOUND, ephemeral=True)
            return
        new = await self._cases.report(job, interaction.user.id, reason)
        text = review_texts.REPORTED if new else review_texts.REPORTED_ALREADY
        await interaction.response.send_message(text, ephemeral=True)
        self._signals.case_changed()

    async def _take_down(self, interaction: discord.Interaction[Any], number: int, job: JobId) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        reasons = "; ".join(await self._cases.reasons(job))
        audit_entry = _audit_entry(interaction, "take down", job, clean_prompt(reasons, limit=REASON_LIMIT))
        reached = await self._cases.take_down(job, number, audit_entry)
        if reached is not None:
            await self._remove(reached)
            log.warning("job %s is taken down, with %d jobs of its family", job, len(reached.jobs) - 1)
        text = review_texts.ALREADY_DECIDED if reached is None else review_texts.TAKEN_DOWN
        await interaction.edit_original_response(content=text)
        self._signals.case_changed()

    async def _remove(self, reached: TakenDown) -> None:
        """Messages and files, at once; the rows see to what does not work now."""
        for job in reached.jobs:
            if job.state is State.RUNNING:
                self._signals.cancel_requested(job.id)
            self._signals.changed(job.id)
        await asyncio.gather(*(self._case_board.delete_message(job) for job in reached.jobs))
        needed = await self._retention.blobs_in_use(self._policy)
        for digest in reached.digests - needed:
            await asyncio.to_thread(self._blobs.delete, digest)

    async def _say(self, interaction: discord.Interaction[Any], done: str | None) -> None:
        """Tell what came of it; None: somebody was faster."""
        text = review_texts.ALREADY_DECIDED if done is None else done
        await interaction.response.send_message(text, ephemeral=True)
        self._signals.case_changed()


def _audit_entry(interaction: discord.Interaction[Any], action: str, job: JobId, reason: str) -> AuditEntry:
    return AuditEntry(
        guild_id=interaction.guild_id or 0,
        actor_id=interaction.user.id,
        action=action,
        target=job,
        reason=reason,
    )


async def _ask(
    interaction: discord.Interaction[Any], name: str, title: str, label: str, *, required: bool
) -> None:
    modal = discord.ui.Modal(title=title, custom_id=name, timeout=None)
    words: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=REASON_FIELD,
        style=discord.TextStyle.paragraph,
        required=required,
        max_length=REASON_LIMIT,
    )
    modal.add_item(discord.ui.Label(text=label, component=words))
    modal.stop()  # its answer is matched by its name, also after a restart
    await interaction.response.send_modal(modal)
