"""One life of the real bot, in a process forked from one that holds its modules already.

The bot is :func:`bot.app.run`, whole. Its pauses are shortened, for a sweep has hundreds of lives; and it has
an engine process that draws nothing.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
import bot.loops.status
import bot.ops.shortages
import bot.reconnect
import bot.supervisor
from benchmarks.faults import clock
from benchmarks.faults.broken import BROKEN
from benchmarks.faults.points import SCALE, Point, Points, install
from bot import app
from bot.client import Framekiln
from bot.config.choices import LogFormat
from bot.config.settings import Settings
from bot.ops.logs import set_up_logs
from engine.process.host import EngineHost
from engine.process.worker import die_with

QUICKER = 0.05
"""What is left of discord.py's pauses between two tries."""

PAUSES = {
    bot.loops.engine_loop: {
        "POLL_SECONDS": 0.1,
        "NOTE_SECONDS": 0.1,
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
    app: {"ENGINE_START_PAUSE": 0.2},
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
    broken: str = ""
    clock: tuple[float, float] | None = None
    settings: Mapping[str, object] = field(default_factory=dict)


class Lived:
    """A life that runs.

    Attributes:
        met: how many points of the kind have passed.
    """

    def __init__(self, life: Life) -> None:
        context = forked()
        self._met = context.Value("i", 0)
        self._begun = context.Value("b", life.at_once)
        shared = (self._met, self._begun)
        self._process: ForkServerProcess = context.Process(target=_live, args=(life, *shared))
        self._process.start()

    @property
    def met(self) -> int:
        """How many points of the kind have passed."""
        return int(self._met.value)

    def begin(self) -> None:
        """Count from now on."""
        self._begun.value = True

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


def _live(life: Life, met: Any, begun: Any) -> None:
    die_with(os.getppid())  # the process that forks lives ends with the one that started it
    log = os.open(life.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    set_up_logs("INFO", LogFormat.TEXT, [life.token], backlog=1_000_000)
    _point_at(life)
    if life.clock is None:
        _hurry()
    else:
        clock.install(*life.clock)
    if life.clip is not None:
        _give_an_engine(life.clip, _outage_of(life.data), 1.0 if life.clock is None else life.clock[0])
    if life.broken:
        BROKEN[life.broken]()
    if life.point is not None:
        note = functools.partial(_note, met, life.point)
        announce = functools.partial(_announce, _outage_of(life.data), open)
        points = Points(life.point, counts=lambda: begun.value, met=note, announce=announce)
        install(points, life.data)
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
    asyncio.run(app.run(settings))


def _note(met: Any, point: Point, number: int, what: str) -> None:
    met.value = number
    if number == point.nth:
        logging.getLogger(__name__).warning("HERE FAILS %s %d: %s", point.kind, number, what)


def _outage_of(data: Path) -> Path:
    """The file by which the engine's process hears of an outage; it lies outside the data folder."""
    return data.parent / "outage"


def _announce(path: Path, real_open: Any, code: int, until: float) -> None:
    with real_open(path, "w") as file:
        file.write(f"{code} {until}")


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

    app.EngineHost = host  # type: ignore[attr-defined,assignment]
    bot.reconnect.Framekiln = Client  # type: ignore[attr-defined]
