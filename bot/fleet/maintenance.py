"""What is looked at again and again: leases, rows, the list of workers, and how far jobs are."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from pydantic import ValidationError

from bot.fleet.fleet import VERDICTS, Fleet
from bot.fleet.known_worker import FleetParts, Helper
from bot.link.messages import DropReason, Told
from db.fleet.worker_claims import Claim
from db.fleet.workers import Worker

log = logging.getLogger(__name__)

TOO_LONG = "it held a job longer than any takes"

ROWS_EVERY = 1.0
NOTE_EVERY = 15.0
SEEN_EVERY = 60.0
"""Seconds."""


class Every:
    """Says when something is due again."""

    def __init__(self, seconds: float) -> None:
        """Due at once, and then every so many seconds."""
        self._seconds = seconds
        self._next = float("-inf")

    def due(self, now: float) -> bool:
        """Whether it is due now; then it is due again later."""
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


class Upkeep:
    """Looks at all of it."""

    def __init__(
        self,
        fleet: Fleet,
        parts: FleetParts,
        *,
        wanted: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            fleet: all workers.
            parts: what it works with.
            wanted: whether the owner wants workers; it may wait for the disk.
            clock: returns Unix seconds.
        """
        self._fleet = fleet
        self._parts = parts
        self._wants = wanted
        self._wanted = True
        self._clock = clock
        self._rows, self._notes, self._seen = Every(ROWS_EVERY), Every(NOTE_EVERY), Every(SEEN_EVERY)

    async def begin(self) -> None:
        """At the start: what workers had may be named again, for a while."""
        await self._parts.transfers.sweep()
        self._fleet.holdings.leases.begin(await self._parts.claims.running())
        await self._remember()

    async def look(self, *, listening: bool) -> None:
        """Look at what is due.

        Args:
            listening: workers can be heard now.
        """
        now = time.monotonic()
        leases = self._fleet.holdings.leases
        leases.look(now, listening=listening)
        rows_due = self._rows.due(now)
        if rows_due:
            self._wanted = await asyncio.to_thread(self._wants)
        if not (self._wanted or leases.all()):
            self._parts.places.remember({})
            return
        self._note_silences(now)
        for claim in leases.overdue() if self._wanted else leases.all():
            await self._give_back(claim)
        for claim in leases.too_long():
            await self._give_back(claim, fault=TOO_LONG)
        if rows_due:
            await self._look_at_rows()
            await self._look_at_workers()
        if self._notes.due(now):
            await self._note_progress()
        if self._seen.due(now):
            for worker, helper in list(self._fleet.helpers.items()):
                if now - helper.heard_at < SEEN_EVERY:
                    await self._parts.workers.saw(worker)
            await self._remember()

    def _note_silences(self, now: float) -> None:
        for worker, helper in self._fleet.helpers.items():
            helper.place.seat.resting = now < helper.rests_until
            engine = helper.place.seat.engine
            if now - helper.heard_at > self._fleet.policy.lease and not engine.silent:
                log.warning("nothing is heard of worker %s", helper.place.seat.name)
                engine.silent = True
                self._parts.places.gone(worker)
                self._parts.signals.places_changed()

    async def _give_back(self, claim: Claim, *, fault: str = "") -> None:
        """Let others draw a job of which nothing was heard, or, by a fault of its worker's, nothing comes."""
        helper = self._fleet.helpers.get(claim.worker)
        holding = None if helper is None else helper.account.holdings.get((claim.job, claim.number))
        if holding is not None and holding.settling:
            if holding.fetching is None:
                return  # its clip is here, and being stored
            holding.fetching.cancel()
        holdings = self._fleet.holdings
        if helper is not None and holding is not None:
            if fault:
                await holdings.decide(helper, holding.key, DropReason.STALE)
            else:
                holdings.let_go(helper, holding)
        await holdings.lose(claim, fault=fault)
        if fault and helper is not None:
            await holdings.count_bad(helper, fault)

    async def _look_at_rows(self) -> None:
        """A job that was ended, held or moved by people is not drawn on; and none is forgotten."""
        rows = set(await self._parts.claims.running())
        leases = self._fleet.holdings.leases
        for claim in rows - set(leases.all()):
            leases.name(claim)
        for helper in list(self._fleet.helpers.values()):
            for holding in list(helper.account.holdings.values()):
                if holding.claim not in rows and not holding.settling:
                    await self._over(helper, holding.claim)

    async def _over(self, helper: Helper, claim: Claim) -> None:
        standing, _ = await self._parts.claims.standing(claim)
        verdict = VERDICTS.get(standing)
        if verdict is not None:
            await self._fleet.holdings.decide(helper, (claim.job, claim.number), verdict)

    async def _look_at_workers(self) -> None:
        """The owner may have removed one, or trust it more or less."""
        found = {worker.id: worker for worker in await self._parts.workers.in_brief()}
        for worker, helper in list(self._fleet.helpers.items()):
            if worker not in found:
                await self._fleet.forget(worker)
            else:
                await self._trust(helper, found[worker])

    async def _trust(self, helper: Helper, worker: Worker) -> None:
        """What was ordered under more trust than there is now, others draw.

        What was ordered under less is handed in as it was ordered, so it is looked at.
        """
        helper.place.is_now(worker)
        for holding in list(helper.account.holdings.values()):
            if not worker.trust.covers(holding.trust):
                log.info("worker %s is trusted less; others draw job %s", worker.name, holding.job.id)
                await self._fleet.holdings.take_back(helper, holding)

    async def _remember(self) -> None:
        """Count on those that were here lately."""
        since = self._clock() - self._fleet.policy.remembered
        lately = {}
        for row in await self._parts.workers.all():
            if row.caps and (row.seen_at or 0) > since:
                try:
                    lately[row.id] = Told.model_validate_json(row.caps)
                except ValidationError:  # another release wrote it
                    continue
        self._parts.places.remember(lately)

    async def _note_progress(self) -> None:
        await self._parts.claims.note(
            [
                (holding.claim, told.stage, told.fraction, told.take)
                for helper in self._fleet.helpers.values()
                for holding in helper.account.holdings.values()
                if (told := holding.told) is not None
            ]
        )
