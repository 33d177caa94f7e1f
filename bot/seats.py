"""What draws clips: each engine has a seat, and takes the jobs of its seat's lane."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from engine.core.device import Device
from engine.core.events import Event
from engine.core.family_spec import FamilySpec
from engine.core.recipe import Recipe, Stage
from engine.process.host import HostState
from engine.process.spool import Rendered
from engine.rendering.limits import RenderLimits

HERE = ""
"""The lane of what this machine draws."""

LEFT_THE_GPU = frozenset({Stage.CHECKING, Stage.SMOOTHING, Stage.ENCODING})
"""Stages of a render in which another may be drawn. If its take is rejected, it waits for the other's."""


class Machine(Protocol):
    """What can be seen of an engine, wherever it is."""

    @property
    def state(self) -> HostState:
        """What it is doing."""
        ...

    @property
    def device(self) -> Device | None:
        """Where clips are drawn; None until it is known."""
        ...

    @property
    def deaths(self) -> int:
        """How many of its processes ended without being asked to, since the start."""
        ...

    @property
    def rss(self) -> int | None:
        """Bytes of resident memory of its process; None while there is none."""
        ...

    @property
    def at_once(self) -> int:
        """Renders that it takes at once; further ones wait."""
        ...


class Engine(Machine, Protocol):
    """Makes clips. :class:`engine.process.host.EngineHost` is one; callers do not know where it runs."""

    async def start(self) -> None:
        """Get it ready.

        Raises:
            EngineError: it is not ready; it goes on trying by itself.
            OSError: nothing was started, and start may be called again.
        """
        ...

    async def close(self) -> None:
        """End it. Renders that run or wait raise EngineClosed."""
        ...

    async def render(
        self,
        recipe: Recipe,
        inputs: Mapping[str, Path],
        *,
        job: str,
        limits: RenderLimits,
        on_event: Callable[[Event], None],
        cancel: asyncio.Event,
    ) -> Rendered:
        """Make one clip."""
        ...

    def discard(self, rendered: Rendered) -> None:
        """Clean up after a clip was taken over."""
        ...


@runtime_checkable
class Restarts(Protocol):
    """An engine whose process can be replaced."""

    async def restart(self, reason: str) -> None:
        """End the process and begin another. Renders that run raise EngineClosed."""
        ...


class EngineAround:
    """An :class:`Engine` that passes everything on to another. What one does differently, it overrides."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def state(self) -> HostState:
        """What it is doing."""
        return self._engine.state

    @property
    def device(self) -> Device | None:
        """Where clips are drawn; None until it is known."""
        return self._engine.device

    @property
    def deaths(self) -> int:
        """How many of its processes ended without being asked to."""
        return self._engine.deaths

    @property
    def rss(self) -> int | None:
        """Bytes of resident memory of its process; None while there is none."""
        return self._engine.rss

    @property
    def at_once(self) -> int:
        """Renders that it takes at once; further ones wait."""
        return self._engine.at_once

    async def start(self) -> None:
        """Get it ready; see :meth:`Engine.start`."""
        await self._engine.start()

    async def close(self) -> None:
        """End it; see :meth:`Engine.close`."""
        await self._engine.close()

    async def render(
        self,
        recipe: Recipe,
        inputs: Mapping[str, Path],
        *,
        job: str,
        limits: RenderLimits,
        on_event: Callable[[Event], None],
        cancel: asyncio.Event,
    ) -> Rendered:
        """Make one clip; see :meth:`Engine.render`."""
        return await self._engine.render(
            recipe, inputs, job=job, limits=limits, on_event=on_event, cancel=cancel
        )

    def discard(self, rendered: Rendered) -> None:
        """Clean up after a clip was taken over."""
        self._engine.discard(rendered)


def lane_of(recipe: Recipe, families: Mapping[str, FamilySpec]) -> str:
    """The lane of a job. A loop is made here, wherever the clip comes from: nothing is drawn for it."""
    spec = families.get(recipe.engine)
    return HERE if recipe.only_remade or spec is None else spec.made_at


class SeatSeen(Protocol):
    """What other parts see of a seat, here or at a worker."""

    name: str
    lane: str
    resting: bool

    @property
    def times(self) -> Mapping[str, float]:
        """Profile → seconds that a render takes, as its machine says; what was measured here goes before."""
        ...

    @property
    def engine(self) -> Machine:
        """What draws there."""
        ...

    @property
    def is_ready(self) -> bool:
        """Whether its engine would begin a job at once, or after the one that it draws."""
        ...

    def can_draw(self, engine: str) -> bool:
        """Whether it can draw with this engine now."""
        ...


def everything() -> None:
    """What a seat draws that draws whatever is in its lane."""


async def nothing() -> Collection[str]:
    """What a seat cannot draw that draws alone."""
    return ()


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Why a seat begins no job: its owner wants the device for something else.

    Attributes:
        until: when it draws again; None: when other programs no longer hold so much of its memory.
        held: bytes of its memory that other programs hold; 0 where the clock says so.
    """

    until: datetime | None
    held: int = 0

    def __str__(self) -> str:
        if self.until is not None:
            return f"left out until {self.until:%H:%M}, as its owner wishes"
        return f"left out while other programs hold {self.held / 1e9:.1f} GB of its memory"


@dataclass(kw_only=True, eq=False)
class Seat:
    """One engine and the jobs that it takes.

    Attributes:
        name: what people read, such as "GPU 1"; no other seat has it. It is stored with the jobs it draws.
        engine: makes the clips.
        lane: it takes jobs of this lane only.
        draws: says with which engines it can draw now, by their names; None: with all of its lane. What
            those of a server are can change at any time.
        unable: says which abilities of waiting jobs it has not; see :attr:`db.jobs.job.Job.ability`.
        resting: it begins no job now, because of faults, because what it draws with cannot be reached, or
            because it is left out.
        left_out: why it is left out; None: it is not.
    """

    name: str
    engine: Engine
    lane: str = HERE
    draws: Callable[[], Collection[str] | None] = everything
    unable: Callable[[], Awaitable[Collection[str]]] = nothing
    resting: bool = False
    left_out: LeftOut | None = None

    @property
    def times(self) -> Mapping[str, float]:
        """Nothing: what this machine takes is measured."""
        return {}

    def can_draw(self, engine: str) -> bool:
        """Whether it can draw with this engine now."""
        draws = self.draws()
        return draws is None or engine in draws

    @property
    def is_ready(self) -> bool:
        """Whether its engine would begin a job at once, or after the one that it draws."""
        return not self.resting and self.engine.state in {HostState.READY, HostState.BUSY}
