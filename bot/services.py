"""What `bot.assembly.app` has made: the one object through which commands and clicks reach the rest."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from importlib.metadata import version
from inspect import get_annotations
from operator import attrgetter
from typing import Any, TypeVar

from bot.broker.broker import Broker
from bot.clips.clip_rules import ClipRules
from bot.clips.contest_announcements import ContestAnnouncements
from bot.clips.replay import Replays
from bot.clips.sticker import Stickers
from bot.clips.takes import TakesToChoose
from bot.config.settings import Settings
from bot.discord_io.door import Door
from bot.discord_io.messenger import Messenger
from bot.discord_io.speakers import Speakers
from bot.fleet.service import FleetService
from bot.forecast import Forecaster
from bot.hosted.service import HostedService
from bot.loops.answers import Answers
from bot.loops.delivery import Deliverer
from bot.loops.engines import Engines
from bot.loops.reels import ReelPoster
from bot.loops.status import StatusBoard
from bot.moderation.case_board import CaseBoard
from bot.moderation.decisions import Decisions
from bot.moderation.screening import Screening
from bot.ops.data_watch import DataWatch
from bot.ops.health import TROUBLE
from bot.ops.housekeeping import Housekeeping
from bot.ops.loop_lag import LoopLag
from bot.ops.shortages import Shortages
from bot.privacy.erasing import Erasing
from bot.privacy.rights import Rights
from bot.requests.cancelling import Cancelling
from bot.requests.preferring import Preferring
from bot.requests.server_effects import ServerEffects
from bot.requests.submission import Submissions
from bot.requests.word_help import WordHelp
from bot.signals import JobSignals
from bot.supervisor import LoopState, Supervisor
from bot.web.overview import EngineReport, LoopReport, Overview
from bot.webhooks.key_sender import KeyWebhookSender
from bot.webhooks.sender import WebhookSender
from db.audit.log import Audit
from db.files import Blobs
from db.privacy.departed_guilds import Guilds
from db.queue import Queue
from db.sqlite.connection import Database
from engine.provenance.seal import Sealer

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that a command or a click may reach."""

    settings: Settings
    clock: Callable[[], float]
    database: Database
    queue: Queue
    blobs: Blobs
    audit: Audit
    signals: JobSignals
    messenger: Messenger
    speakers: Speakers
    forecaster: Forecaster
    shortages: Shortages
    data_watch: DataWatch
    engines: Engines
    deliverer: Deliverer
    board: StatusBoard
    preferring: Preferring
    takes: TakesToChoose
    stickers: Stickers
    screening: Screening
    submissions: Submissions
    word_help: WordHelp
    replays: Replays
    effects: ServerEffects
    reel_poster: ReelPoster
    contest_announcements: ContestAnnouncements
    cancelling: Cancelling
    clip_rules: ClipRules
    cases: CaseBoard
    answers: Answers
    decisions: Decisions
    housekeeping: Housekeeping
    guilds: Guilds
    erasing: Erasing
    rights: Rights
    webhooks: WebhookSender
    hosted: HostedService
    fleet: FleetService
    broker: Broker
    key_webhooks: KeyWebhookSender
    sealer: Sealer
    loop_lag: LoopLag
    door: Door

    def part(self, kind: type[T]) -> T:
        """Find the part of this class, among the queue's parts too.

        Raises:
            LookupError: there is none.
        """
        try:
            name = self._names[kind]
        except KeyError:
            raise LookupError(f"the bot has no {kind.__name__}") from None
        found: T = attrgetter(name)(self)
        return found

    @cached_property
    def _names(self) -> Mapping[type, str]:
        """Class → the name of its part; the first, where several are of one class. Clicks look them up."""
        names = [each.name for each in fields(self)]
        names += (f"queue.{name}" for name in get_annotations(Queue))
        found: dict[type, str] = {}
        for name in names:
            for kind in type(attrgetter(name)(self)).__mro__:
                found.setdefault(kind, name)
        return found


def state_of(services: Services, supervisor: Supervisor) -> dict[str, Any]:
    """How the bot and its loops are doing, in plain values."""
    trouble = services.data_watch.trouble()
    return {
        **({} if trouble is None else {TROUBLE: trouble}),
        **_states_of(services.engines),
        **({"workers": services.broker.trouble} if services.broker.trouble else {}),
        "discord": "connected" if services.messenger.connected else "away",
        "rendered": services.engines.tally.rendered,
        "idle between jobs p95 ms": round(services.engines.idle(0.95) * 1000, 1),
        "loop lag p99 ms": round(services.loop_lag.lag(0.99) * 1000, 1),
        "loop lag max ms": round(services.loop_lag.lag(1.0) * 1000, 1),
        "database": "whole" if services.database.rescued is None else str(services.database.rescued),
        "short of": _short_of(services),
        "database calls": services.database.calls,
        "database seconds": round(services.database.busy_seconds, 3),
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


def _short_of(services: Services) -> str:
    found = services.shortages.anywhere()
    return "nothing" if found is None else str(found[0])


async def overview_of(services: Services, supervisor: Supervisor) -> Overview:
    """The same in numbers, for the status page and the metrics."""
    short = services.shortages.anywhere()
    engines = services.engines
    return Overview(
        release=version("framekiln"),
        trouble=services.data_watch.trouble() is not None,
        connected=services.messenger.connected,
        jobs=await services.queue.jobs.counts(),
        wait=await _last_wait(services),
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
        lag={share: services.loop_lag.lag(share) for share in (0.5, 0.99, 1.0)},
        database_calls=services.database.calls,
        database_seconds=services.database.busy_seconds,
        free_disk=await asyncio.to_thread(_free_disk, services),
        short_of="" if short is None else str(short[0]),
        loops=tuple(
            LoopReport(name=name, state=LoopState(told["state"]), restarts=told["restarts"])
            for name, told in supervisor.report().items()
        ),
    )


async def _last_wait(services: Services) -> tuple[float, float] | None:
    waits = (await services.forecaster.forecast()).waits.values()
    last = max(waits, key=lambda wait: (wait.position, wait.high), default=None)
    return None if last is None else (last.low, last.high)


def _free_disk(services: Services) -> int | None:
    try:
        return shutil.disk_usage(services.settings.data_dir).free
    except OSError as error:
        log.warning("could not see how much of the disk is free: %s", error)
        return None
