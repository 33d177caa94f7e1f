"""How the bot and its loops are doing, told from all its parts."""

from __future__ import annotations

import asyncio
import logging
import shutil
from importlib.metadata import version
from typing import Any

from bot.app import App
from bot.loops.engines import Engines
from bot.ops.health import TROUBLE
from bot.supervisor import LoopState, Supervisor
from bot.web.overview import EngineReport, LoopReport, Overview

log = logging.getLogger(__name__)


def state_of(app: App, supervisor: Supervisor) -> dict[str, Any]:
    """How the bot and its loops are doing, in plain values."""
    trouble = app.data_watch.trouble()
    return {
        **({} if trouble is None else {TROUBLE: trouble}),
        **_states_of(app.engines),
        **({"workers": app.broker.trouble} if app.broker.trouble else {}),
        "discord": "connected" if app.messenger.connected else "away",
        "rendered": app.engines.tally.rendered,
        "idle between jobs p95 ms": round(app.engines.idle(0.95) * 1000, 1),
        "loop lag p99 ms": round(app.loop_lag.lag(0.99) * 1000, 1),
        "loop lag max ms": round(app.loop_lag.lag(1.0) * 1000, 1),
        "database": "whole" if app.database.rescued is None else str(app.database.rescued),
        "short of": _short_of(app),
        "database calls": app.database.calls,
        "database seconds": round(app.database.busy_seconds, 3),
        "loops": supervisor.report(),
    }


def _states_of(engines: Engines) -> dict[str, Any]:
    """How each engine is doing; where there are several, under its name."""
    told: dict[str, Any] = {}
    for loop in engines.loops:
        name = f" {loop.seat.name}" if len(engines.loops) > 1 else ""
        told[f"engine{name}"] = str(loop.seat.left_out or loop.seat.engine.state.value)
        told[f"engine{name} deaths"] = loop.seat.engine.deaths
        told[f"GPU faults in a row{name}"] = loop.outcomes.gpu.in_a_row
        if loop.outcomes.absence.where is not None:
            told[f"engine{name} can't reach"] = loop.outcomes.absence.where
    for worker in engines.workers():
        told[f"worker {worker.seat.name}"] = worker.seat.engine.state.value
    return told


def _short_of(app: App) -> str:
    found = app.shortages.anywhere()
    return "nothing" if found is None else str(found[0])


async def overview_of(app: App, supervisor: Supervisor) -> Overview:
    """The same in numbers, for the status page and the metrics."""
    short = app.shortages.anywhere()
    engines = app.engines
    return Overview(
        release=version("framekiln"),
        trouble=app.data_watch.trouble() is not None,
        connected=app.messenger.connected,
        jobs=await app.queue.jobs.counts(),
        wait=await _last_wait(app),
        engines=tuple(
            EngineReport(
                name=each.seat.name,
                running=tuple(each.progress.values()),
                state=each.seat.engine.state,
                deaths=each.seat.engine.deaths,
                memory=each.seat.engine.rss,
                gpu_faults=each.outcomes.gpu.in_a_row,
                away=each.outcomes.absence.where is not None,
            )
            for each in engines.all()
        ),
        tally=engines.tally,
        idle={share: engines.idle(share) for share in (0.5, 0.95)},
        lag={share: app.loop_lag.lag(share) for share in (0.5, 0.99, 1.0)},
        database_calls=app.database.calls,
        database_seconds=app.database.busy_seconds,
        free_disk=await asyncio.to_thread(_free_disk, app),
        short_of="" if short is None else str(short[0]),
        loops=tuple(
            LoopReport(name=name, state=LoopState(told["state"]), restarts=told["restarts"])
            for name, told in supervisor.report().items()
        ),
    )


async def _last_wait(app: App) -> tuple[float, float] | None:
    waits = (await app.forecaster.forecast()).waits.values()
    last = max(waits, key=lambda wait: (wait.position, wait.high), default=None)
    return None if last is None else (last.low, last.high)


def _free_disk(app: App) -> int | None:
    try:
        return shutil.disk_usage(app.settings.data_dir).free
    except OSError as error:
        log.warning("could not see how much of the disk is free: %s", error)
        return None
