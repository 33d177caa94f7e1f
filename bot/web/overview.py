"""How the bot is doing at one moment, in numbers that name nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.job_progress import JobProgress
from bot.loops.render_tally import RenderTally
from bot.supervisor import LoopState
from db.states import State
from engine.process.host import HostState


@dataclass(frozen=True, kw_only=True)
class LoopReport:
    """How a loop is doing; see :class:`bot.supervisor.Loop`."""

    name: str
    state: LoopState
    restarts: int


@dataclass(frozen=True, kw_only=True)
class EngineReport:
    """How an engine is doing.

    Attributes:
        name: its seat's.
        running: how far the jobs are that it has in hand, in no special order.
        state: what its process is doing.
        deaths: processes that ended by themselves since the start.
        memory: bytes of resident memory; None where there is no process.
        gpu_faults: in a row.
        away: what it draws with can't be reached.
    """

    name: str
    running: tuple[JobProgress, ...]
    state: HostState
    deaths: int
    memory: int | None
    gpu_faults: int
    away: bool


@dataclass(frozen=True, kw_only=True)
class Overview:
    """How the bot is doing.

    Attributes:
        release: of the program.
        trouble: no request is taken, because its data folder is gone.
        connected: to Discord.
        jobs: in the database, by state.
        wait: seconds until the last waiting clip will be ready, a range; None where nothing waits.
        engines: each of them.
        tally: what was drawn since the start.
        idle: seconds between two jobs while more waited, by quantile.
        lag: seconds that the event loop is late, by quantile.
        database_calls, database_seconds: since the start.
        free_disk: bytes; None where the data folder is gone.
        short_of: what the machine is short of, such as "disk"; "" for nothing.
        loops: all of the bot's.
    """

    release: str
    trouble: bool
    connected: bool
    jobs: Mapping[State, int]
    wait: tuple[float, float] | None
    engines: tuple[EngineReport, ...]
    tally: RenderTally
    idle: Mapping[float, float]
    lag: Mapping[float, float]
    database_calls: int
    database_seconds: float
    free_disk: int | None
    short_of: str
    loops: tuple[LoopReport, ...]
