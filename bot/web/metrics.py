"""An overview in the text format of Prometheus.

Labels are engines, causes, states and loops: a fixed, small set. None names a member, a server or a job.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client.registry import Collector

from bot.supervisor import LoopState
from bot.web.overview import EngineReport, Overview
from engine.process.host import HostState

__all__ = ["CONTENT_TYPE", "families", "metrics"]

UP = frozenset({HostState.READY, HostState.BUSY})


def metrics(found: Overview) -> bytes:
    """Write an overview down, UTF-8."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Seen(found))
    return generate_latest(registry)


def families(found: Overview) -> Iterator[Metric]:
    """Every metric with its values."""
    yield from _of_bot(found)
    yield from _of_queue(found)
    yield from _of_engine(found)
    yield from _of_takes(found)


class _Seen(Collector):
    """What the library asks for its metrics."""

    def __init__(self, found: Overview) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return families(self._found)


def _of_bot(found: Overview) -> Iterator[Metric]:
    build = GaugeMetricFamily(
        "framekiln_build_info", "Always 1; the label is the release.", labels=["release"]
    )
    build.add_metric([found.release], 1)
    yield build
    yield GaugeMetricFamily("framekiln_healthy", "Whether requests are taken.", value=not found.trouble)
    yield GaugeMetricFamily(
        "framekiln_discord_connected", "Whether Discord can be reached.", value=found.connected
    )
    lag = GaugeMetricFamily(
        "framekiln_loop_lag_seconds", "How late the event loop is, last ten minutes.", labels=["quantile"]
    )
    for share, seconds in found.lag.items():
        lag.add_metric([str(share)], seconds)
    yield lag
    yield CounterMetricFamily(
        "framekiln_database_calls", "Calls of the database since the start.", value=found.database_calls
    )
    yield CounterMetricFamily(
        "framekiln_database_seconds", "Seconds that those calls took.", value=found.database_seconds
    )
    if found.free_disk is not None:
        yield GaugeMetricFamily(
            "framekiln_disk_free_bytes", "Free bytes where the data folder is.", value=found.free_disk
        )
    failing = GaugeMetricFamily(
        "framekiln_loop_failing", "Whether a loop's last piece of work raised an error.", labels=["loop"]
    )
    restarts = CounterMetricFamily(
        "framekiln_loop_restarts", "Times that a loop was started again after an error.", labels=["loop"]
    )
    for loop in found.loops:
        failing.add_metric([loop.name], loop.state is LoopState.FAILING)
        restarts.add_metric([loop.name], loop.restarts)
    yield failing
    yield restarts


def _of_queue(found: Overview) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("framekiln_jobs", "Jobs in the database.", labels=["state"])
    for state, count in found.jobs.items():
        jobs.add_metric([state.value], count)
    yield jobs
    wait = GaugeMetricFamily(
        "framekiln_wait_seconds",
        "Forecast for the last waiting clip, a range; 0 where nothing waits.",
        labels=["bound"],
    )
    low, high = found.wait or (0.0, 0.0)
    wait.add_metric(["low"], low)
    wait.add_metric(["high"], high)
    yield wait


def _of_engine(found: Overview) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "framekiln_engine_state", "Engine processes that are in this state.", labels=["state"]
    )
    for state in HostState:
        states.add_metric([state.value], sum(engine.state is state for engine in found.engines))
    yield states
    yield CounterMetricFamily(
        "framekiln_engine_deaths",
        "Engine processes that ended by themselves since the start.",
        value=sum(engine.deaths for engine in found.engines),
    )
    yield GaugeMetricFamily(
        "framekiln_engine_memory_bytes",
        "Resident memory of the engine processes.",
        value=sum(engine.memory or 0 for engine in found.engines),
    )
    yield GaugeMetricFamily(
        "framekiln_gpu_faults",
        "Faults of a GPU in a row; of several GPUs, the most.",
        value=max((engine.gpu_faults for engine in found.engines), default=0),
    )
    if len(found.engines) > 1:
        yield from _of_each_engine(found.engines)
    idle = GaugeMetricFamily(
        "framekiln_engine_idle_seconds",
        "Time between two jobs while more waited, last 1,000 times.",
        labels=["quantile"],
    )
    for share, seconds in found.idle.items():
        idle.add_metric([str(share)], seconds)
    yield idle


def _of_each_engine(engines: Iterable[EngineReport]) -> Iterator[Metric]:
    """What is told where there are several. A seat's name is the owner's, and names no member."""
    up = GaugeMetricFamily(
        "framekiln_seat_up",
        "Whether this engine works, and reaches what it needs.",
        labels=["seat"],
    )
    deaths = CounterMetricFamily(
        "framekiln_seat_deaths", "Processes of this engine that ended by themselves.", labels=["seat"]
    )
    memory = GaugeMetricFamily(
        "framekiln_seat_memory_bytes", "Resident memory of this engine's process.", labels=["seat"]
    )
    faults = GaugeMetricFamily(
        "framekiln_seat_gpu_faults", "Faults of this engine's GPU in a row.", labels=["seat"]
    )
    for engine in engines:
        up.add_metric([engine.name], engine.state in UP and not engine.away)
        deaths.add_metric([engine.name], engine.deaths)
        memory.add_metric([engine.name], engine.memory or 0)
        faults.add_metric([engine.name], engine.gpu_faults)
    yield from (up, deaths, memory, faults)


def _of_takes(found: Overview) -> Iterator[Metric]:
    tally = found.tally
    clips = CounterMetricFamily("framekiln_clips", "Clips drawn since the start.", labels=["engine"])
    for engine, count in tally.clips.items():
        clips.add_metric([engine], count)
    yield clips
    takes = CounterMetricFamily(
        "framekiln_takes", "Takes of these clips, by the gate's verdict.", labels=["engine", "outcome"]
    )
    for (engine, outcome), count in tally.takes.items():
        takes.add_metric([engine, outcome.value], count)
    yield takes
    causes = CounterMetricFamily(
        "framekiln_discards", "Discarded takes by the worst thing about them.", labels=["engine", "cause"]
    )
    for (engine, cause), count in tally.causes.items():
        causes.add_metric([engine, cause], count)
    yield causes
    busy = CounterMetricFamily(
        "framekiln_engine_busy_seconds", "Engine seconds of these clips, all takes.", labels=["engine"]
    )
    wasted = CounterMetricFamily(
        "framekiln_engine_wasted_seconds", "Engine seconds of their discarded takes.", labels=["engine"]
    )
    for engine, seconds in tally.busy.items():
        busy.add_metric([engine], seconds)
        wasted.add_metric([engine], tally.wasted[engine])
    yield busy
    yield wasted
    yield CounterMetricFamily(
        "framekiln_forced_clips", "Clips kept although every take was rejected.", value=tally.forced
    )
