"""Asking for work: when the GPU is about to be free, and not before."""

from __future__ import annotations

import asyncio
import time

from bot.link.messages import HeldState
from bot.seats import Engine
from bot.supervisor import wait_at_most
from bot.worker.drawing import Drawing
from bot.worker.inputs import Inputs
from bot.worker.lead import lead
from bot.worker.talk import Talk
from bot.worker.work import Holding
from engine.process.host import HostState

LOOK_EVERY = 0.5
"""Seconds between two looks at how far the running job is."""

AT_FAULT = 3
"""After so many failures in a row that may be this machine's, it pauses between jobs."""

FIRST_REST, LAST_REST = 5.0, 300.0
"""Seconds. They double with each further failure."""


class Asking:
    """Asks for the next job when it is time."""

    def __init__(
        self,
        talk: Talk,
        holding: Holding,
        drawing: Drawing,
        inputs: Inputs,
        engine: Engine,
        *,
        clips_waiting: int,
    ) -> None:
        """Make one.

        Args:
            talk: asks.
            holding: what is held.
            drawing: knows how long it still draws, and how often it failed.
            inputs: knows how long files take.
            engine: what draws.
            clips_waiting: with so many finished clips, nothing is asked for.
        """
        self._talk = talk
        self._holding = holding
        self._drawing = drawing
        self._inputs = inputs
        self._engine = engine
        self._clips_waiting = clips_waiting
        self._stirred = asyncio.Event()
        holding.connect(self._stirred.set)

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            self._stirred.clear()
            wait = self.due(time.monotonic())
            if wait <= 0:
                wait = await self._talk.ask(self._drawing.resident)
                if wait > 0:
                    await asyncio.sleep(wait)  # the bot says when; a change here does not hurry it
            else:
                await wait_at_most(self._stirred, min(wait, LOOK_EVERY))

    def due(self, now: float) -> float:
        """Seconds until it is time to ask, as far as can be told now; 0: it is."""
        if self._engine.state not in {HostState.READY, HostState.BUSY}:
            return LOOK_EVERY
        if self._holding.count(HeldState.DONE) >= self._clips_waiting:
            return LOOK_EVERY
        if self._holding.count(HeldState.FETCH, HeldState.READY):
            return LOOK_EVERY
        if not self._drawing.busy:
            return self._rest(now)
        remaining = self._drawing.remaining.seconds(now)
        return LOOK_EVERY if remaining is None else max(0.0, remaining - lead(self._inputs.last_fetch))

    def _rest(self, now: float) -> float:
        more = self._drawing.failures - AT_FAULT
        if more < 0:
            return 0.0
        return max(0.0, self._drawing.failed_at + min(LAST_REST, FIRST_REST * 2.0 ** min(more, 10)) - now)
