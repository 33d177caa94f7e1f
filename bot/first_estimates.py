"""The first estimates: what a clip takes on this machine, measured before anybody has asked for one.

Once the engine is up and nothing waits, it draws a short clip with each engine that needs no weights. What
that took is kept, until the program or the machine changes. Nobody waits for it: a request ends the drawing,
which begins again when nothing waits.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from bot.forecast import Forecaster
from bot.loops.engines import Engines
from bot.requests.taking import Taking
from bot.seats import HERE, Seat
from bot.signals import JobSignals
from bot.supervisor import Loop
from db.jobs.queries import JobQueries
from db.sqlite.meta import Meta
from engine.core.errors import Cancelled, EngineClosed, EngineError
from engine.core.recipe import Kind, Recipe, Role
from engine.core.request import Request, Subject
from engine.process.host import HostState
from engine.rendering.limits import RenderLimits

log = logging.getLogger(__name__)

KEY = "first times"
"""In the table ``meta``: JSON, on what was measured (``of``), and seconds by profile (``seconds``)."""

PICTURE = Path(__file__).parent / "cli" / "lake.jpg"
SIZE = (1024, 576)
"""Of that picture: width and height in pixels."""

SECONDS = 2.0
"""Length of what is drawn: enough to tell a usual clip from it, and soon over."""

LOOK_EVERY = 0.5
CPU_FACTS = Path("/proc/cpuinfo")


class FirstTimes:
    """Measures them once."""

    def __init__(
        self,
        *,
        engines: Engines,
        taking: Taking,
        jobs: JobQueries,
        meta: Meta,
        forecaster: Forecaster,
        signals: JobSignals,
        limits: Callable[[], RenderLimits],
    ) -> None:
        """Make it.

        Args:
            engines: the first of this machine draws.
            taking: plans what is drawn.
            jobs: knows whether any waits.
            meta: keeps what was measured.
            forecaster: is told.
            signals: say that there is a job, which goes first.
            limits: what a render may spend.
        """
        self._seat = next((loop.seat for loop in engines.loops if loop.seat.lane == HERE), None)
        self._engines = engines
        self._taking = taking
        self._jobs = jobs
        self._meta = meta
        self._forecaster = forecaster
        self._limits = limits
        self._stop = asyncio.Event()
        self.loop = Loop("first times", self._measure, every=LOOK_EVERY)
        signals.queued.connect(self.make_way)
        signals.places_changed.connect(self.make_way)

    def make_way(self) -> None:
        """Stop drawing: somebody waits."""
        self._stop.set()

    async def _measure(self) -> None:
        seat = self._seat
        if seat is None:
            self.loop.stop()
            return
        self._stop.clear()
        if seat.engine.state is not HostState.READY or self._engines.progress or await self._jobs.order():
            return
        machine = machine_of(seat)
        kept = _read(await self._meta.get(KEY), machine)
        self._forecaster.first = kept
        recipes = await self._recipes()
        missing = [recipe for recipe in recipes if recipe.profile not in kept]
        try:
            for recipe in missing:
                kept = {**kept, recipe.profile: await self._draw(seat, recipe)}
                self._forecaster.first = kept
                await self._meta.set(KEY, json.dumps({"of": machine, "seconds": kept}))
        except Cancelled:
            return  # a member's job goes first; the next look goes on
        except EngineClosed:
            pass
        except EngineError as error:
            log.warning("what a clip takes here could not be measured: %s", error)
        self.loop.stop()

    async def _recipes(self) -> list[Recipe]:
        capabilities = await self._taking.capabilities()
        picture = await asyncio.to_thread(PICTURE.read_bytes)
        subject = Subject(sha256=hashlib.sha256(picture).hexdigest(), width=SIZE[0], height=SIZE[1])
        moves = Request(kind=Kind.ANIMATE, engine="camera", seconds=SECONDS, seed=1)
        words = Request(
            kind=Kind.TEXT2VIDEO, engine="sketch", prompt="a boat on the sea", seconds=SECONDS, seed=1
        )
        return [
            self._taking.plan(moves, {Role.PICTURE: subject}, capabilities),
            self._taking.plan(words, {}, capabilities),
        ]

    async def _draw(self, seat: Seat, recipe: Recipe) -> float:
        """Seconds that the engine takes for one."""
        rendered = await seat.engine.render(
            recipe,
            {str(Role.PICTURE): PICTURE} if recipe.inputs else {},
            job=f"first_{recipe.engine}",
            limits=self._limits(),
            on_event=lambda _: None,
            cancel=self._stop,
        )
        seat.engine.discard(rendered)
        return rendered.receipt.busy_seconds


def machine_of(seat: Seat) -> str:
    """What the times depend on: this release of the program, the processors, and the seat's device."""
    device = seat.engine.device
    facts = [
        version("framekiln"),
        platform.platform(),
        _processor(),
        os.cpu_count(),
        None if device is None else [device.kind, device.name, device.memory],
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _processor() -> str:
    try:
        lines = CPU_FACTS.read_text("utf-8", "replace").splitlines()
    except OSError:  # not Linux
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _read(kept: str | None, machine: str) -> Mapping[str, float]:
    """The seconds by profile that were kept; none of another machine, program or version of this."""
    try:
        found = json.loads(kept or "{}")
        return {str(name): float(each) for name, each in found["seconds"].items() if found["of"] == machine}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
