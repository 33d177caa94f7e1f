"""First looks and pictures of discarded takes, fetched from workers while they draw."""

from __future__ import annotations

import logging

from bot.fleet.account import Holding
from bot.fleet.places import WorkerPlace
from bot.fleet.results import Checks, Unfit
from bot.fleet.transfers import Transfers
from bot.link.errors import LinkError
from bot.link.messages import Look
from bot.loops.discards import Discards
from bot.loops.first_looks import FirstLook
from bot.signals import JobSignals
from db.fleet.workers import Trust
from engine.rendering.limits import DRAFT_BYTES

log = logging.getLogger(__name__)

DRAFT = "draft."
MOST_SHEET = 1_000_000
"""Bytes of the picture of a discarded take; it is a small JPEG."""


class Looks:
    """Fetches them. They are worth no clip, so what fails is only logged."""

    def __init__(
        self, *, transfers: Transfers, discards: Discards, signals: JobSignals, checks: Checks | None
    ) -> None:
        """Make one; see :class:`bot.fleet.results.Results`."""
        self._transfers = transfers
        self._discards = discards
        self._signals = signals
        self._checks = checks

    async def fetch(self, place: WorkerPlace, holding: Holding, look: Look) -> None:
        """Fetch what is offered, if it is of any use, and show it."""
        job, draft = holding.job, look.what.startswith(DRAFT)
        if not draft:
            place.drafts.pop(job.id, None)  # of the take that was discarded
            log.info("job %s: take %d did not pass", job.id, look.take)
            self._signals.changed(job.id)
        if not 0 < look.size <= (DRAFT_BYTES if draft else MOST_SHEET):
            return
        try:
            data = await self._transfers.look(holding.claim, look)
            if holding.trust is not Trust.OWN:
                if self._checks is None:
                    return
                anew = self._checks.draft(data, job) if draft else self._checks.sheet(data)
                data = await anew
        except (LinkError, OSError, Unfit) as error:
            log.info("job %s: %s of %s is not shown: %s", job.id, look.what, place.seat.name, error)
            return
        if job.id not in place.progress:  # it has ended meanwhile
            return
        if draft:
            place.drafts[job.id] = FirstLook(take=look.take, mp4=data)
            self._signals.changed(job.id)
        else:
            self._discards.keep(job.id, look.take, data)
