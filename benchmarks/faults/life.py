"""One life of the real bot, in a process forked from one that holds its modules already.

The bot is :func:`bot.running.run`, whole. Its pauses are shortened, for a sweep has hundreds of lives; and
it has an engine process that draws nothing.
"""

from __future__ import annotations

import asyncio
import ctypes
import functools
import json
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from types import ModuleType
from typing import Any

import discord.http
import discord.webhook.async_
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

import bot.client
import bot.loops.answers
import bot.loops.delivery
import bot.loops.engine_loop
import bot.loops.outcomes
import bot.loops.progress_notes
import bot.loops.status
import bot.ops.shortages
import bot.reconnect
import bot.supervisor
from benchmarks.faults import clock
from benchmarks.faults.broken import BROKEN
from benchmarks.faults.places import Place, Places
from benchmarks.faults.points import SCALE, Kind, Point, Points, install
from bot import running
from bot.assembly import seating
from bot.client import Framekiln
from bot.config.choices import LogFormat
from bot.config.settings import Settings
from bot.ops.logs import set_up_logs
from engine.process.host import EngineHost
from system import die_with

log = logging.getLogger(__name__)

QUICKER = 0.05
"""What is left of discord.py's pauses between two tries."""

DEATHS_WINDOW = 3.0
"""Seconds in which several deaths of the engine count as one fault: one story's, not those of many."""

PAUSES = {
    bot.loops.progress_notes: {"LISTEN_SECONDS": 0.1, "NOTE_SECONDS": 0.1},
    bot.loops.engine_loop: {
        "POLL_SECONDS": 0.1,
    },
    bot.loops.outcomes: {
        "ENGINE_DOWN_PAUSE": 0.2,
        "TROUBLE_PAUSE": 0.05,
    },
    bot.loops.delivery: {
        "POLL_SECONDS": 0.1,
        "FIRST_BACKOFF": 0.05,
        "TROUBLE_PAUSE": 0.05,
        "NO_ACCESS_BACKOFF": 0.2,
    },
    bot.loops.status: {
        "TICK_SECONDS": 0.05,
        "REFRESH_SECONDS": 1.0,
        "RETRY_SECONDS": 0.2,
        "FAR_BACK_SECONDS": 0.3,
    },
    bot.loops.answers: {"EVERY": 0.1, "FIRST_PAUSE": 0.1},
    bot.ops.shortages: {"FIRST_PAUSE": 1 / SCALE},
    bot.supervisor: {"RESTART_FIRST": 0.05, "RESTART_LAST": 0.2},
    bot.client: {"SYNC_BACKOFF": 0.1},
    bot.reconnect: {"RECONNECT_FIRST": 0.1},
    running: {"ENGINE_START_PAUSE": 0.2},
}


@dataclass(frozen=True, kw_only=True)
class Life:
    """Where a life takes place, and what fails in it.

    Attributes:
        api, gateway: the fake of Discord.
        data: the data folder.
        log: what it writes.
        clip: what its engine "draws"; None: the engines that need no weights draw.
        point: None: nothing fails.
        at_once: points count from the start, not from :meth:`Lived.begin` on.
        census: a file to which each place is added that the life passes, a line of JSON each.
        broken: one of :data:`benchmarks.faults.broken.BROKEN`; "": the bot as it is.
        clock: speed and beginning of :func:`benchmarks.faults.clock.install`; the bot's pauses are its own.
        settings: over those that all lives have.
    """

    api: str
    gateway: str
    token: str
    data: Path
    log: Path
    clip: Path | None
    point: Point | None
    at_once: bool = True
    census: Path | None = None
    broken: str = ""
    clock: tuple[float, float] | None = None
    settings: Mapping[str, object] = field(default_factory=dict)


class Phase(IntEnum):
    """How far a run is. Points of the first phase count only where the life says so."""

    BEFORE = 0
    TELLING = 1
    CLOSING = 2


class Switch:
    """What a life and the sweep both see.

    Attributes:
        met: how many points of the kind have passed.
        phase: how far the run is.
        since: the number of the last job before the story.
    """

    LENGTH = 512

    def __init__(self, context: ForkServerContext) -> None:
        # Without locks: a life that ends at a point would keep one for ever.
        self.met = context.Value("i", 0, lock=False)
        self.phase = context.Value("i", Phase.BEFORE, lock=False)
        self.since = context.Value("q", 0, lock=False)
        self._turn = context.Value("i", 0, lock=False)
        self._armed: Any = context.Array(ctypes.c_char, self.LENGTH, lock=False)
        self._read = 0

    def arm(self, point: Point, since: int) -> None:
        """Let another point fail, in the same life. To be called by the sweep, in the first phase."""
        self.phase.value, self.met.value, self.since.value = Phase.BEFORE, 0, since
        self._armed.value = json.dumps(asdict(point)).encode()
        self._turn.value += 1  # last: the life looks at this first

    def rearmed(self) -> Point | None:
        """The point that follows, once. To be called by the life."""
        if self._turn.value == self._read:
            return None
        self._read = self._turn.value
        given = json.loads(self._armed.value)
        return Point(**{**given, "kind": Kind(given["kind"])})


class Lived:
    """A life that runs."""

    def __init__(self, life: Life) -> None:
        context = forked()
        self._switch = Switch(context)
        self._process: ForkServerProcess = context.Process(target=_live, args=(life, self._switch))
        self._process.start()

    @property
    def met(self) -> int:
        """How many points of the kind have passed."""
        return int(self._switch.met.value)

    def begin(self) -> None:
        """Count from now on."""
        self._switch.phase.value = Phase.TELLING

    def arm(self, point: Point, since: int) -> None:
        """Let this point fail from the next :meth:`begin` on; jobs up to number ``since`` are of the past."""
        self._switch.arm(point, since)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid or 0

    @property
    def status(self) -> int | None:
        """The exit status; None while it lives."""
        return self._process.exitcode

    async def stop(self, seconds: float = 20.0) -> None:
        """Ask it to end, and see that it does."""
        self._switch.phase.value = Phase.CLOSING
        if self.status is None:
            os.kill(self.pid, signal.SIGTERM)
        await self.ended(seconds)

    def kill(self) -> None:
        """Leave nothing behind."""
        if self.status is None:
            self._process.kill()
        self._process.join()

    async def ended(self, seconds: float = 20.0) -> None:
        """Wait for the end; whatever is still there then is killed."""
        await asyncio.to_thread(self._process.join, seconds)
        if self.status is None:
            self._process.kill()
            await asyncio.to_thread(self._process.join)


@functools.cache
def forked() -> ForkServerContext:
    """The process from which lives are forked."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _live(life: Life, switch: Switch) -> None:
    die_with(os.getppid())  # the process that forks lives ends with the one that started it
    written = os.open(life.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(written, sys.stdout.fileno())
    os.dup2(written, sys.stderr.fileno())
    set_up_logs("INFO", LogFormat.TEXT, [life.token], backlog=1_000_000)
    _point_at(life)
    if life.clock is None:
        _hurry()
    else:
        clock.install(*life.clock)
    if life.clip is not None:
        _give_an_engine(life.clip, outage_of(life.data), 1.0 if life.clock is None else life.clock[0])
    if life.broken:
        BROKEN[life.broken]()
    if life.point is not None:
        install(_points(life, life.point, switch), life.data)
    values: dict[str, Any] = {
        "discord_token": life.token,
        "data_dir": life.data,
        "models_dir": life.data.parent / "no-models",
        "min_free_disk": 0,
        "reserve_bytes": 64 * 1024,
        "fetch_eyes": False,
        "backups": 1,
        "per_member_waiting": 20,
        "per_member_hour": 100,
        "stop_grace": 0,
    }
    settings = Settings(_env_file=None, **{**values, **life.settings})
    if life.clock is None:
        settings = settings.model_copy(
            update={"status_interval": 0.1, "post_backoff_last": 0.2, "shortage_pause_last": 30 / SCALE}
        )
    asyncio.run(running.run(settings))


def _points(life: Life, point: Point, switch: Switch) -> Points:
    def met(number: int, what: str) -> None:
        switch.met.value = number
        if number == point.nth:
            log.warning("HERE FAILS %s %d: %s", point.kind, number, what)

    def rearmed() -> Point | None:
        nonlocal point
        other = switch.rearmed()
        point = other or point
        return other

    return Points(
        point,
        counts=lambda: life.at_once or switch.phase.value > Phase.BEFORE,
        met=met,
        announce=functools.partial(_announce, outage_of(life.data), open, os.replace),
        places=Places(
            phase=lambda: switch.phase.value,
            since=lambda: switch.since.value,
            seen=None if life.census is None else _census(life.census),
        ),
        rearmed=rearmed,
    )


def _census(path: Path) -> Callable[[Place], None]:
    """Taken before ``open`` is wrapped."""
    file = path.open("a", buffering=1)
    return lambda place: print(json.dumps(asdict(place)), file=file)


def outage_of(data: Path) -> Path:
    """Return the file by which the engine's process hears of an outage; it lies outside the data folder."""
    return data.parent / "outage"


def _announce(path: Path, real_open: Any, real_replace: Any, code: int, until: float) -> None:
    """Say it as a whole: the engine's process and the sweep read it at any time."""
    whole = path.with_suffix(".new")
    with real_open(whole, "w") as file:
        file.write(f"{code} {until}")
    real_replace(whole, path)


def _point_at(life: Life) -> None:
    Route.BASE = life.api
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(life.gateway)


class _Hasty(ModuleType):
    """asyncio, but for its sleep."""

    def __init__(self) -> None:
        super().__init__("asyncio")

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds: float, result: Any = None) -> Any:
        return await asyncio.sleep(seconds * QUICKER, result)


def _hurry() -> None:
    for module, values in PAUSES.items():
        for name, value in values.items():
            if not hasattr(module, name):
                raise AttributeError(f"{module.__name__} has no {name} any more")
            setattr(module, name, value)
    discord.http.asyncio = discord.webhook.async_.asyncio = _Hasty()  # type: ignore[attr-defined]


def _give_an_engine(clip: Path, outage: Path, speed: float) -> None:
    """The engine's process lives by the true clock, so where the bot's is faster it is waited for longer."""
    command = (sys.executable, "-m", "benchmarks.faults.engine", str(clip), str(outage))

    def host(**given: Any) -> EngineHost:
        limits = replace(
            given.pop("limits"),
            backoff_first=0.05,
            backoff_last=0.2,
            deaths_window=DEATHS_WINDOW,
            cancel_grace=2.0 * speed,
            term_grace=5.0 * speed,
            heartbeat_silence=15.0 * speed,
            load=600.0 * speed,
        )
        return EngineHost(**given, limits=limits, command=command)

    class Client(Framekiln):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._connection.guild_ready_timeout = 0.05  # the fake tells of all guilds at once

    seating.EngineHost = host  # type: ignore[attr-defined,assignment]
    bot.reconnect.Framekiln = Client  # type: ignore[attr-defined]
