"""A bot's life: everything is made, its loops run, and a signal ends them in order."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from importlib.metadata import version

import system
from bot import drawing_policies, policies, serving_policies
from bot.api.parts import Parts as ApiParts
from bot.api.policy import ApiPolicy
from bot.api.sealed_clips import SealedClips
from bot.api.server import ApiServer
from bot.assembly.app import assemble
from bot.broker.store import BrokerStore
from bot.config.paths import OUTBOX
from bot.config.settings import Settings
from bot.dashboard.actions import Actions
from bot.dashboard.facts import facts_of
from bot.dashboard.server import Dashboard
from bot.dashboard.sessions import Sessions
from bot.discord_io.members import Members
from bot.first_times import FirstTimes
from bot.gallery.channels import GalleryWatch
from bot.gallery.served import ServedGallery
from bot.loops.alerts import engines_trouble, faulty_workers, moderator_alerts
from bot.loops.engine_count import EngineCount
from bot.loops.leave_out import leave_outs
from bot.loops.owner_alerts import DAY, OwnerAlerts, failing_backups, low_disk
from bot.loops.progress_notes import ProgressNotes
from bot.moderation.machine_failures import MachineFailures
from bot.ops.alert_policy import AlertPolicy
from bot.ops.clock_watch import ClockWatch
from bot.ops.data_watch import disk_reserve
from bot.ops.fetch_eyes import fetching
from bot.ops.health import HealthFile
from bot.ops.housekeeping import LAST_BACKUP
from bot.ops.last_life import traced
from bot.ops.releases import Releases
from bot.reconnect import stay_connected
from bot.seats import Engine
from bot.services import Services, overview_of, state_of
from bot.supervisor import Loop, Supervisor
from bot.text import owner_texts
from bot.web.policy import WebPolicy
from bot.web.server import WebServer
from engine.core.errors import EngineError

log = logging.getLogger(__name__)

ENGINE_START_PAUSE = 5.0
CANCEL_EVERY = 1.0
"""Seconds."""


async def run(settings: Settings) -> None:
    """Be the bot until a signal says stop.

    Raises:
        TokenRefused: Discord does not know the token.
    """
    stop = asyncio.Event()
    _listen_for_signals(stop)
    async with assemble(settings) as services, traced(settings.data_dir) as crashed:
        await services.webhooks.begin()
        await services.queue.events.switch(on=bool(settings.api_port))
        recovery = await services.queue.claims.recover(
            limits=policies.for_stumbles(settings),
            by_itself=crashed,
            workers=await asyncio.to_thread(BrokerStore(settings.data_dir).wants),
        )
        log.info(
            "restarted: %d jobs resume, %d are drawn by workers, %d are set aside, "
            "%d may already have been posted",
            len(recovery.requeued),
            len(recovery.elsewhere),
            len(recovery.quarantined),
            len(recovery.posting),
        )
        await services.erasing.begin()
        async with supervisor_of(services).running():
            connection = asyncio.create_task(stay_connected(services), name="discord")
            stopping = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({connection, stopping}, return_when=asyncio.FIRST_COMPLETED)
            log.info("closing")
            stopping.cancel()
            try:
                await _finish(services)
            finally:
                connection_error = await _end(connection)
            if connection_error is not None:
                raise connection_error


def supervisor_of(services: Services) -> Supervisor:
    """All loops of the bot; the sign of life says how each of them is doing."""
    supervisor = Supervisor()
    alerts = moderator_alerts(
        services.engines,
        services.shortages,
        reviews=services.queue.reviews,
        messenger=services.messenger,
    )
    clock_watch = ClockWatch(
        services.queue.retention,
        longest=serving_policies.for_clock(services.settings),
        clock=services.clock,
    )
    health = HealthFile(
        services.settings.data_dir, lambda: state_of(services, supervisor), clock=services.clock
    )
    supervisor.add(
        *_engine_starts(services),
        fetching(
            drawing_policies.store_of(services.settings),
            policies.for_fetching_eyes(services.settings),
            clock=services.clock,
        ),
        *(each.loop for each in services.engines.loops),
        *services.engines.watches,
        services.broker.loop,
        *services.fleet.loops,
        *_engine_watches(services),
        services.deliverer.loop,
        services.board.loop,
        services.takes.loop,
        services.reel_poster.loop,
        services.contest_announcements.loop,
        services.cases.loop,
        services.answers.loop,
        services.housekeeping.loop,
        services.erasing.loop,
        services.loop_lag.loop,
        *(each.loop for each in alerts),
        services.data_watch.loop,
        disk_reserve(services.database),
        clock_watch.loop,
        health.loop,
        machine_failures(services).loop,
        GalleryWatch(services.queue.gallery, services.messenger).loop,
    )
    _add_what_is_wanted(services, supervisor)
    return supervisor


def _add_what_is_wanted(services: Services, supervisor: Supervisor) -> None:
    """The loops that depend on the owner's settings."""
    if services.word_help.on:
        supervisor.add(services.word_help.closing.loop)
    if services.settings.first_times:
        supervisor.add(first_times(services).loop)
    alert_policy = serving_policies.for_owner_alerts(services.settings)
    if alert_policy.wanted:
        supervisor.add(owner_alerts(services, alert_policy).loop)
    if services.hosted.hosting.on:
        supervisor.add(*services.hosted.loops)
    if services.webhooks.wanted:
        supervisor.add(services.webhooks.loop)
    if services.settings.web_port:
        supervisor.add(web_server(services, supervisor, serving_policies.for_web(services.settings)).loop)
    if services.settings.api_port:
        api = api_server(services, serving_policies.for_api(services.settings))
        supervisor.add(api.loop, api.sweeper, services.key_webhooks.loop)


def _engine_watches(services: Services) -> Iterator[Loop]:
    """What counts the engines, leaves them to other programs, and writes down how far their jobs are."""
    leaving = policies.for_leaving(services.settings)
    for each in leave_outs(leaving, services.engines.loops, signals=services.signals, clock=services.clock):
        yield each.loop
    count = EngineCount(
        services.queue.lane_sizes,
        lanes=lambda: [seat.lane for seat in services.engines.seats],
        member_share=services.settings.member_share,
    )
    yield count.loop
    notes = ProgressNotes(services.queue.claims, services.queue.jobs, loops=services.engines.loops)
    yield notes.loop


def first_times(services: Services) -> FirstTimes:
    """What measures how long clips take here, before anybody asks."""
    settings = services.settings
    return FirstTimes(
        engines=services.engines,
        taking=services.submissions,
        jobs=services.queue.jobs,
        meta=services.queue.meta,
        forecaster=services.forecaster,
        signals=services.signals,
        limits=lambda: policies.for_render(settings, settings.max_clip_bytes),
    )


def api_server(services: Services, policy: ApiPolicy) -> ApiServer:
    """What serves the API, and the gallery where the owner wants that."""
    clips = SealedClips(
        blobs=services.blobs, sealer=services.sealer, folder=services.settings.data_dir / OUTBOX
    )
    gallery = ServedGallery(
        serving_policies.for_gallery(services.settings),
        gallery=services.queue.gallery,
        clips=clips,
        blobs=services.blobs,
    )
    return ApiServer(
        ApiParts(
            policy=policy,
            keys=services.queue.api_keys,
            requests=services.queue.api_requests,
            events=services.queue.events,
            hooks=services.queue.api_webhooks,
            jobs=services.queue.jobs,
            entry=services.queue.entry,
            taking=services.submissions,
            effects=services.effects,
            cancelling=services.cancelling,
            forecaster=services.forecaster,
            members=Members(services.messenger),
            messenger=services.messenger,
            speakers=services.speakers,
            door=services.door,
            rights=services.rights,
            signals=services.signals,
            clips=clips,
            spool=services.settings.data_dir,
            progress=services.engines.progress.get,
            in_trouble=lambda: services.data_watch.trouble() is not None,
            clock=services.clock,
        ),
        more=gallery.routes() if services.settings.gallery else (),
    )


def web_server(services: Services, supervisor: Supervisor, policy: WebPolicy) -> WebServer:
    """What serves the status page and the metrics."""
    return WebServer(
        policy,
        tell=lambda: overview_of(services, supervisor),
        in_trouble=lambda: services.data_watch.trouble() is not None,
        more=(
            *(services.hosted.receiver.routes() if services.hosted.hosting.on else ()),
            *(dashboard(services, supervisor).routes() if services.settings.dashboard else ()),
        ),
    )


def dashboard(services: Services, supervisor: Supervisor) -> Dashboard:
    """The owner's page."""
    return Dashboard(
        sessions=Sessions(
            serving_policies.for_dashboard(services.settings), services.queue.owner_key, clock=services.clock
        ),
        look=lambda: facts_of(services, supervisor),
        actions=Actions(
            moderation=services.queue.moderation,
            audit=services.audit,
            engines=services.engines,
            signals=services.signals,
        ),
    )


def machine_failures(services: Services) -> MachineFailures:
    """What tells moderators of jobs that no machine could draw."""
    queue = services.queue
    return MachineFailures(
        queue.faulted,
        reviews=queue.reviews,
        meta=queue.meta,
        messenger=services.messenger,
        clock=services.clock,
    )


def owner_alerts(services: Services, policy: AlertPolicy) -> OwnerAlerts:
    """What tells the owner of trouble."""
    meta, clock = services.queue.meta, services.clock

    async def engine() -> str | None:
        trouble = engines_trouble(services.engines, here=True)
        return None if trouble is None else owner_texts.engine(trouble)

    async def last_backup() -> float | None:
        last = await meta.get(LAST_BACKUP)
        return None if last is None else float(last)

    async def machines() -> str | None:
        jobs = sum((await services.queue.faulted.over(clock() - DAY)).values())
        return owner_texts.machines_failed(jobs) if jobs else None

    disk = low_disk(services.settings.data_dir, policy.free_disk)
    looks = {"engine": engine, "machines": machines, "disk": disk}
    if services.settings.backups:
        looks["backups"] = failing_backups(last_backup, clock)
    if policy.feed:
        releases = Releases(policy.feed, version("framekiln"), clock=clock)

        async def security() -> str | None:
            fix = await releases.newest_fix()
            return None if fix is None else owner_texts.security(fix.version, fix.about)

        looks["security"] = security
    return OwnerAlerts(
        looks,
        each=lambda: faulty_workers(services.engines),
        messenger=services.messenger,
        meta=meta,
        clock=clock,
    )


def engine_start(host: Engine, name: str = "engine start") -> Loop:
    """Start an engine, again and again if the disk does not let it. Jobs wait meanwhile."""

    async def start() -> None:
        try:
            await host.start()
        except OSError as error:
            log.error("could not prepare the engine's work folder: %s", error)  # noqa: TRY400 - says it all
            return
        except EngineError as error:
            log.error("the engine did not start: %s", error)  # noqa: TRY400 - the host has logged it, and goes on
        loop.stop()

    loop = Loop(name, start, every=ENGINE_START_PAUSE)
    return loop


def _engine_starts(services: Services) -> Iterator[Loop]:
    seats = [loop.seat for loop in services.engines.loops]
    for seat in seats:
        yield engine_start(seat.engine, f"engine start, {seat.name}" if len(seats) > 1 else "engine start")


async def _finish(services: Services) -> None:
    """Claim nothing more, give the running job and the running posts a moment, and say so in public."""
    await services.fleet.stop()
    await asyncio.gather(services.engines.stop(services.settings.stop_grace), services.submissions.stop())
    await services.deliverer.stop()
    await services.board.stop()


async def _end(task: asyncio.Task[None]) -> BaseException | None:
    """Cancel a task and return the error that it had ended with before, if any."""
    if task.done():
        return task.exception()
    while not task.done():  # a library that waits with wait_for() can swallow a cancellation
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_EVERY)
    return None


def _listen_for_signals(stop: asyncio.Event) -> None:
    """The first signal asks for an orderly end; the second does not wait for it."""

    def heard() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    system.on_stop(heard)
