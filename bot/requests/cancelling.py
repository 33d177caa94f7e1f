"""Cancelling a job, by the member who asked for it or by a moderator, wherever it is."""

from __future__ import annotations

import time
from typing import ClassVar

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place, Presser, entry_for
from bot.discord_io.interactions import Interaction, say
from bot.loops.engine_loop import EngineLoop
from bot.loops.status import StatusBoard
from bot.text import messages
from db.audit.log import AuditEntry
from db.jobs.job import Job
from db.queue import CancelOutcome, Queue
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

    def __init__(self, *, queue: Queue, engine_loop: EngineLoop, board: StatusBoard) -> None:
        """Make one from the queue and from what has to be told."""
        self._queue = queue
        self._engine_loop = engine_loop
        self._board = board

    async def cancel(self, job: Job, audit_entry: AuditEntry | None = None) -> str:
        """Cancel a job, and say what came of it.

        Args:
            job: the one to cancel.
            audit_entry: a moderator's; None: its member wants it.

        Returns:
            The answer, in words.
        """
        outcome = await self._queue.claims.cancel(job.id, audit_entry=audit_entry, now=time.time())
        if outcome is CancelOutcome.ASKED:
            self._engine_loop.cancel(job.id)
        self._board.touch(job.id)
        self._board.queue_moved()
        return OUTCOMES[outcome]


class Cancel(JobButton):
    """Cancel a job that is not over."""

    action = "cancel"
    look = Look("Cancel", "✖️")
    place = Place.STATUS
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
