"""Leaving a graphics card to other programs: in hours that the owner names, or while they hold its memory.

The engine begins no job then. One that runs may end, if it does so within a minute or so: its work is not
lost. If it takes longer, it goes back to the front of the queue, for whoever waits for the card waits now.
Then the engine's process ends, so that it holds no memory. When the time is over, it is started again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path

from bot.config.gpu_hours import Hours
from bot.loops.engine_loop import EngineLoop
from bot.releasable_engine import LeavableEngine
from bot.seats import LeftOut, Seat
from bot.signals import JobSignals
from bot.supervisor import Loop
from engine.runtime.gpu_memory import held_memory

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0
CALM_SECONDS = 60.0
"""Nobody else may need the memory for so long until the engine comes back: games let go of it at times."""

PROC = Path("/proc")
GENERATIONS = 20
"""Parents of a process that are looked at."""


@dataclass(frozen=True, kw_only=True)
class LeavePolicy:
    """When an engine is left out.

    Attributes:
        hours: of the owner's clock, for engines by name.
        zone: of that clock; None: this machine's.
        memory: bytes of a GPU that other programs hold from which it is left out; 0: it never is.
        grace: seconds in which a running job may end.
    """

    hours: tuple[Hours, ...]
    zone: tzinfo | None
    memory: int
    grace: float

    @property
    def wanted(self) -> bool:
        """Whether any engine is ever left out."""
        return bool(self.hours) or self.memory > 0


class LeaveOut:
    """Watches one seat."""

    def __init__(
        self,
        policy: LeavePolicy,
        seat: Seat,
        engine: LeavableEngine,
        *,
        held_by_others: Callable[[], int | None],
        is_drawing: Callable[[], bool],
        signals: JobSignals,
        clock: Callable[[], float],
    ) -> None:
        """Make it.

        Args:
            policy: when it is left out.
            seat: which; it says so to all others.
            engine: the seat's.
            held_by_others: bytes of its device that other programs hold; None: not known. It may block.
            is_drawing: whether a job runs there.
            signals: told when places in the queue change.
            clock: returns Unix seconds.
        """
        self._policy = policy
        self._seat = seat
        self._engine = engine
        self._held_by_others = held_by_others
        self._is_drawing = is_drawing
        self._signals = signals
        self._clock = clock
        self._since = 0.0
        self._taken = -CALM_SECONDS
        self.loop = Loop(f"leaving out, {seat.name}", self._look, every=LOOK_EVERY)

    async def _look(self) -> None:
        why = left_out_by_clock(self._policy, self._seat.name, self._clock()) or await self._by_memory()
        if why is not None:
            await self._leave(why)
        elif self._seat.left_out is not None:
            await self._come_back()

    async def _by_memory(self) -> LeftOut | None:
        if not self._policy.memory:
            return None
        held = await asyncio.to_thread(self._held_by_others)
        if held is not None and held >= self._policy.memory:
            self._taken = time.monotonic()
            return LeftOut(until=None, held=held)
        before = self._seat.left_out
        waits = before is not None and before.until is None and time.monotonic() - self._taken < CALM_SECONDS
        return before if waits else None

    async def _leave(self, why: LeftOut) -> None:
        if self._seat.left_out is None:
            log.info("%s is left out from now on: %s", self._seat.name, why)
            self._since = time.monotonic()
            self._signals.places_changed()
        self._seat.left_out, self._seat.resting = why, True
        if self._engine.away or self._engine.device is None:  # plans need to know what it draws on
            return
        late = time.monotonic() - self._since >= self._policy.grace
        if late or not self._is_drawing():
            if self._is_drawing():
                log.info("%s gives its job back", self._seat.name)
            await self._engine.leave()

    async def _come_back(self) -> None:
        if self._engine.away:
            await self._engine.come_back()
        self._seat.left_out, self._seat.resting = None, False
        log.info("%s draws again", self._seat.name)
        self._signals.places_changed()
        self._signals.queued()


def leave_outs(
    policy: LeavePolicy, loops: Iterable[EngineLoop], *, signals: JobSignals, clock: Callable[[], float]
) -> Iterator[LeaveOut]:
    """One for each engine that can leave its device."""
    for loop in loops:
        engine = loop.seat.engine
        if isinstance(engine, LeavableEngine):
            yield LeaveOut(
                policy,
                loop.seat,
                engine,
                held_by_others=partial(held_by_others, engine.gpu),
                is_drawing=partial(bool, loop.progress),
                signals=signals,
                clock=clock,
            )


def held_by_others(gpu: str) -> int | None:
    """Bytes of a GPU's memory that other programs hold; None: there is no such GPU, or it can't be told."""
    held = held_memory().get(gpu)
    return None if held is None else held.by_others(is_ours)


def left_out_by_clock(policy: LeavePolicy, name: str, now: float) -> LeftOut | None:
    """Whether an engine is left out at a moment, in Unix seconds, because of its hours."""
    moment = datetime.fromtimestamp(now, policy.zone).astimezone(policy.zone)
    ends = _ends(policy.hours, name, moment)
    return LeftOut(until=max(ends)) if ends else None


def _ends(hours: Sequence[Hours], name: str, moment: datetime) -> list[datetime]:
    return [end for each in hours if each.are_for(name) and (end := each.until(moment)) is not None]


def descends(pid: int, ancestor: int) -> bool:
    """Whether a process is this one, or was begun by it or by those that it began. Linux alone tells."""
    for _ in range(GENERATIONS):
        if pid == ancestor:
            return True
        try:
            told = (PROC / str(pid) / "stat").read_text("utf-8", "replace")
            pid = int(told.rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return False
    return False


def is_ours(pid: int) -> bool:
    """Whether a process is the bot's."""
    return descends(pid, os.getpid())
