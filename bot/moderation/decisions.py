"""What happens at a click on a case, and when a member reports a clip."""

from __future__ import annotations

import asyncio
import logging

import discord

from bot.buttons.button import Look
from bot.buttons.form import Form
from bot.buttons.job_button import JobButton, Place, job_here
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.permissions import is_administrator
from bot.discord_io.replies import think
from bot.discord_io.whereabouts import guild_of
from bot.moderation.case_board import CaseBoard
from bot.moderation.case_buttons import CaseButton, job_to_decide
from bot.signals import JobSignals
from bot.text import messages, privacy_texts, review_texts
from bot.text.prompts import clean_prompt
from bot.text.wording import speaking
from db.audit.log import AuditEntry
from db.errors import AskedBeforeErase
from db.files import Blobs
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.jobs.retention import Retention, RetentionPolicy
from db.jobs.review_requests import CaseKind
from db.moderation.cases import Cases, Reported, TakenDown
from db.moderation.reviews import Reviews
from db.states import JobId, State

log = logging.getLogger(__name__)

REASON_FIELD = "fkm:reason"
REASON_LIMIT = 200


class Decisions:
    """Carries out what moderators decide, and takes reports."""

    def __init__(
        self,
        *,
        cases: Cases,
        reviews: Reviews,
        retention: Retention,
        policy: RetentionPolicy,
        blobs: Blobs,
        case_board: CaseBoard,
        signals: JobSignals,
        most_reports: int,
    ) -> None:
        """Make one from the parts that a decision may reach.

        Args:
            reviews: says whether there is a channel where moderators are asked.
            policy: says which files other guilds' jobs still need when a clip is taken down.
            most_reports: how many clips a member may report in a server within a day.
        """
        self._cases = cases
        self._reviews = reviews
        self._retention = retention
        self._policy = policy
        self._blobs = blobs
        self._case_board = case_board
        self._signals = signals
        self._most_reports = most_reports

    async def approve(self, interaction: Interaction, number: int, job: JobId) -> None:
        """Let a held job go on."""
        audit_entry = _audit_entry(interaction, "approve", job, "")
        went_on = await self._cases.approve(job, number, audit_entry)
        await self._say(interaction, review_texts.APPROVED if went_on else None)
        if went_on is not None:
            self._signals.released(job)

    async def reject(self, interaction: Interaction, number: int, job: Job, reason: str) -> None:
        """End a held job; its member reads the reason, in their language."""
        audit_entry = _audit_entry(interaction, "reject", job.id, reason)
        with speaking(job.language):
            text = review_texts.not_approved(reason)
        ended = await self._cases.reject(job.id, number, audit_entry, text)
        await self._say(interaction, review_texts.REJECTED if ended else None)
        self._signals.changed(job.id)

    async def report(self, interaction: Interaction, job: Job, reason: str) -> None:
        """Ask the moderators to look at a clip."""
        if job.state is not State.DELIVERED:
            await say(interaction, messages.NOT_FOUND)
            return
        try:
            outcome = await self._cases.report(
                job.id, interaction.user.id, reason, most=self._most_reports, interaction=interaction.id
            )
        except AskedBeforeErase:
            await say(interaction, privacy_texts.ASKED_BEFORE_ERASE)
            return
        rules = await self._reviews.review_rules(job.guild_id)
        told = {
            Reported.NEW: review_texts.REPORTED
            if rules.channel_id
            else review_texts.REPORTED_WITHOUT_CHANNEL,
            Reported.ALREADY: review_texts.REPORTED_ALREADY,
            Reported.GONE: review_texts.REPORTED_TOO_LATE,
            Reported.TOO_MANY: review_texts.too_many_reports(self._most_reports),
        }[outcome]
        await say(interaction, told)
        self._signals.case_changed()

    async def dismiss(self, interaction: Interaction, number: int, job: JobId) -> None:
        """Close the reports of a clip; it stays."""
        audit_entry = _audit_entry(interaction, "dismiss report", job, "")
        done = await self._cases.dismiss(job, number, audit_entry)
        await self._say(interaction, review_texts.DISMISSED if done else None)

    async def take_down(self, interaction: Interaction, number: int, job: JobId) -> None:
        """Delete a reported clip, its files, and what was made from it."""
        await think(interaction)
        reasons = "; ".join(await self._cases.reasons(job))
        audit_entry = _audit_entry(interaction, "take down", job, clean_prompt(reasons, limit=REASON_LIMIT))
        never_blocked = await _never_blocked(interaction, job)
        reached = await self._cases.take_down(job, number, audit_entry, never_blocked=never_blocked)
        if reached is not None:
            await self._remove(reached)
            log.warning("job %s is taken down, with %d related jobs", job, len(reached.jobs) - 1)
        text = review_texts.ALREADY_DECIDED
        if reached is not None:
            text = review_texts.TAKEN_DOWN if reached.blocked else review_texts.TAKEN_DOWN_ONLY
        await interaction.edit_original_response(content=text)
        self._signals.case_changed()

    async def _remove(self, reached: TakenDown) -> None:
        """Messages and files, at once; the rows see to what does not work now."""
        for job in reached.jobs:
            if job.state is State.RUNNING:
                self._signals.cancel_requested(job.id)
            self._signals.changed(job.id)
        await asyncio.gather(*(self._case_board.delete_message(job) for job in reached.jobs))
        with self._blobs.arrivals() as arrived:
            needed = await self._retention.blobs_in_use(self._policy)
            for digest in reached.digests - needed:
                await asyncio.to_thread(self._blobs.delete, digest, arrived=arrived)

    async def _say(self, interaction: Interaction, done: str | None) -> None:
        """Tell what came of it; None: somebody was faster."""
        text = review_texts.ALREADY_DECIDED if done is None else done
        await say(interaction, text)
        self._signals.case_changed()


def _audit_entry(interaction: Interaction, action: str, job: JobId, reason: str) -> AuditEntry:
    return AuditEntry(
        guild_id=guild_of(interaction),
        actor_id=interaction.user.id,
        action=action,
        target=job,
        reason=reason,
    )


class ReportForm(Form):
    """Ask why a clip is reported."""

    prefix = "fkm:report:"
    field = REASON_FIELD
    title = review_texts.REPORT_TITLE
    label = review_texts.REPORT_LABEL

    @classmethod
    async def filled_in(cls, interaction: Interaction, about: str, words: str) -> None:
        """Report it."""
        job = await job_here(interaction, JobId(about))
        if job is not None:
            reason = clean_prompt(words, limit=REASON_LIMIT)
            await interaction.client.part(Decisions).report(interaction, job, reason)


class Report(JobButton):
    """Report a clip to the moderators of its server."""

    action = "report"
    in_servers_only = True
    look = Look("Report", "🚩")
    place = Place.MORE
    order = 70

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Ask why."""
        await ReportForm.open(interaction, ReportForm.id_for(job=job.id), longest=REASON_LIMIT)


class Approve(CaseButton):
    """Let a held job go on."""

    action = "approve"
    look = Look("Approve", "✅", discord.ButtonStyle.success)
    kind = CaseKind.REVIEW
    order = 10

    async def do(self, interaction: Interaction) -> None:
        """Approve it."""
        await interaction.client.part(Decisions).approve(interaction, self.number, self.job)


class RejectForm(Form):
    """Ask why a held job is rejected; the reason may be left out."""

    prefix = "fkm:reject:"
    about = "{round}:{job}"
    states = (State.HELD,)
    field = REASON_FIELD
    title = review_texts.REJECT_TITLE
    label = review_texts.REJECT_LABEL

    @classmethod
    async def filled_in(cls, interaction: Interaction, about: str, words: str) -> None:
        """Reject it."""
        number, _, job_id = about.partition(":")
        job = await job_to_decide(interaction, JobId(job_id))
        if job is not None:
            reason = clean_prompt(words, limit=REASON_LIMIT)
            await interaction.client.part(Decisions).reject(interaction, int(number), job, reason)


class Reject(CaseButton):
    """End a held job."""

    action = "reject"
    look = Look("Reject", "🚫", discord.ButtonStyle.danger)
    kind = CaseKind.REVIEW
    order = 20

    async def do(self, interaction: Interaction) -> None:
        """Ask why."""
        custom_id = RejectForm.id_for(round=self.number, job=self.job)
        await RejectForm.open(interaction, custom_id, longest=REASON_LIMIT, required=False)


async def _never_blocked(interaction: Interaction, job: JobId) -> frozenset[int]:
    """Who may not be blocked by this moderator: someone who is blocked can't undo it.

    These are themselves, the owner of the server, and administrators, whom only the owner may block.
    """
    never = {interaction.user.id}
    guild = interaction.guild
    if guild is not None and guild.owner_id is not None:
        never.add(guild.owner_id)
    if guild is not None and interaction.user.id != guild.owner_id:
        asked = await interaction.client.part(JobQueries).get(job)
        member = 0 if asked is None else asked.user_id  # below 0: they were erased
        if member > 0 and member not in never and await is_administrator(guild, member):
            never.add(member)
    return frozenset(never)


class TakeDown(CaseButton):
    """Delete a reported clip, its files, and what was made from it."""

    action = "takedown"
    look = Look("Take down", "🗑️", discord.ButtonStyle.danger)
    manner = Manner(slot=Slot.DELETE)
    kind = CaseKind.REPORT
    order = 30

    async def do(self, interaction: Interaction) -> None:
        """Take it down."""
        await interaction.client.part(Decisions).take_down(interaction, self.number, self.job)


class Dismiss(CaseButton):
    """Close the reports of a clip; it stays."""

    action = "dismiss"
    look = Look("Dismiss", "✅")
    kind = CaseKind.REPORT
    order = 40

    async def do(self, interaction: Interaction) -> None:
        """Dismiss them."""
        await interaction.client.part(Decisions).dismiss(interaction, self.number, self.job)
