"""Cancelling a job, by the member who asked for it or by a moderator, wherever it is."""

from __future__ import annotations

from typing import ClassVar

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place, Presser, entry_for
from bot.discord_io.interactions import Interaction, say
from bot.signals import JobSignals
from bot.text import messages
from db.audit.log import AuditEntry
from db.jobs.claims import Claims
from db.jobs.ending import CancelOutcome
from db.jobs.job import Job
from db.states import State

OUTCOMES = {
    CancelOutcome.DONE: messages.CANCELLED,
    CancelOutcome.ASKED: messages.STOPPING,
    CancelOutcome.AGAIN: messages.STOPPING,
    CancelOutcome.TOO_LATE: messages.ALREADY_OVER,
    CancelOutcome.UNKNOWN: messages.NOT_FOUND,
}
"""What the member reads of each outcome."""


class Cancelling:
    """Cancels jobs, and tells everything that shows or draws them."""

    def __init__(self, *, claims: Claims, signals: JobSignals) -> None:
        """Make one from the queue's claims and from what has to be told."""
        self._claims = claims
        self._signals = signals

    async def cancel(self, job: Job, audit_entry: AuditEntry | None = None) -> str:
        """Cancel a job, and say what came of it.

        Args:
            job: the one to cancel.
            audit_entry: a moderator's; None: its member wants it.

        Returns:
            The answer, in words.
        """
        outcome = await self._claims.cancel(job.id, audit_entry=audit_entry)
        if outcome in {CancelOutcome.ASKED, CancelOutcome.DONE}:
            self._signals.cancel_requested(job.id)
        self._signals.changed(job.id)
        self._signals.places_changed()
        return OUTCOMES[outcome]


class Cancel(JobButton):
    """Cancel a job that is not over."""

    action = "cancel"
    look = Look("Cancel", "✖️")
    place: ClassVar[Place | None] = Place.STATUS
    order = 10
    states: ClassVar[tuple[State, ...]] = (State.QUEUED, State.HELD, State.RUNNING, State.RENDERED)
    presser = Presser.ITS_MEMBER

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Cancel it, and say what came of it."""
        cancelling = interaction.client.part(Cancelling)
        await say(interaction, await cancelling.cancel(job, entry_for(interaction, job, "cancel")))


class Stop(Cancel):
    """Cancel a job whose first look is not liked."""

    action = "stop"
    look = Look("Stop", "✖️")
    place = Place.DRAFT
    order = 30
    states = (State.RUNNING,)
