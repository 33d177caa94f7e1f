"""How the bot is doing at one moment, in numbers that name nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.loops.previews import JobProgress
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
class Overview:
    """How the bot is doing.

    Attributes:
        release: of the program.
        trouble: no request is taken, because its data folder is gone.
        connected: to Discord.
        jobs: in the database, by state.
        running: how far the jobs are that run, in no special order.
        wait: seconds until the last waiting clip will be ready, a range; None where nothing waits.
        engine: what the engine process is doing.
        engine_deaths: engine processes that ended by themselves since the start.
        engine_memory: bytes of resident memory; None where there is no process.
        gpu_faults: in a row.
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
    running: tuple[JobProgress, ...]
    wait: tuple[float, float] | None
    engine: HostState
    engine_deaths: int
    engine_memory: int | None
    gpu_faults: int
    tally: RenderTally
    idle: Mapping[float, float]
    lag: Mapping[float, float]
    database_calls: int
    database_seconds: float
    free_disk: int | None
    short_of: str
    loops: tuple[LoopReport, ...]
