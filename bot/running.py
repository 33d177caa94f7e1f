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
from bot.app import App
from bot.assembly.app import assemble
from bot.broker.store import BrokerStore
from bot.config.paths import OUTBOX
from bot.config.settings import Settings
from bot.dashboard.actions import Actions
from bot.dashboard.facts import facts_of
from bot.dashboard.server import Dashboard
from bot.dashboard.sessions import Sessions
from bot.discord_io.members import Members
from bot.first_estimates import FirstTimes
from bot.gallery.channels import GalleryWatch
from bot.gallery.served import ServedGallery
from bot.loops.alerts import engines_trouble, faulty_workers, moderator_alerts
from bot.loops.engine_count import EngineCount
from bot.loops.gpu_release import leave_outs
from bot.loops.owner_alerts import DAY, OwnerAlerts, failing_backups, low_disk
from bot.loops.progress_notes import ProgressNotes
from bot.moderation.machine_failures import MachineFailures
from bot.ops.alert_policy import AlertPolicy
from bot.ops.clock_watch import ClockWatch
from bot.ops.crash_trace import traced
from bot.ops.data_watch import disk_reserve
from bot.ops.fetch_eyes import fetching
from bot.ops.health import HealthFile
from bot.ops.housekeeping import LAST_BACKUP
from bot.ops.releases import Releases
from bot.overview import overview_of, state_of
from bot.reconnect import stay_connected
from bot.seats import Engine
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
    async with assemble(settings) as app, traced(settings.data_dir) as crashed:
        await app.webhooks.begin()
        await app.queue.events.switch(on=bool(settings.api_port))
        recovery = await app.queue.claims.recover(
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
        await app.erasing.begin()
        async with supervisor_of(app).running():
            connection = asyncio.create_task(stay_connected(app), name="discord")
            stopping = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({connection, stopping}, return_when=asyncio.FIRST_COMPLETED)
            log.info("closing")
            stopping.cancel()
            try:
                await _finish(app)
            finally:
                connection_error = await _end(connection)
            if connection_error is not None:
                raise connection_error


def supervisor_of(app: App) -> Supervisor:
    """All loops of the bot; the sign of life says how each of them is doing."""
    supervisor = Supervisor()
    alerts = moderator_alerts(
        app.engines,
        app.shortages,
        reviews=app.queue.reviews,
        messenger=app.messenger,
    )
    clock_watch = ClockWatch(
        app.queue.retention,
        longest=serving_policies.for_clock(app.settings),
        clock=app.clock,
    )
    health = HealthFile(app.settings.data_dir, lambda: state_of(app, supervisor), clock=app.clock)
    supervisor.add(
        *_engine_starts(app),
        fetching(
            drawing_policies.store_of(app.settings),
            policies.for_fetching_eyes(app.settings),
            clock=app.clock,
        ),
        *(each.loop for each in app.engines.loops),
        *app.engines.watches,
        app.broker.loop,
        *app.fleet.loops,
        *_engine_watches(app),
        app.deliverer.loop,
        app.board.loop,
        app.takes.loop,
        app.reel_poster.loop,
        app.contest_announcements.loop,
        app.cases.loop,
        app.answers.loop,
        app.housekeeping.loop,
        app.erasing.loop,
        app.loop_lag.loop,
        *(each.loop for each in alerts),
        app.data_watch.loop,
        disk_reserve(app.database),
        clock_watch.loop,
        health.loop,
        machine_failures(app).loop,
        GalleryWatch(app.queue.gallery, app.messenger).loop,
    )
    _add_what_is_wanted(app, supervisor)
    return supervisor


def _add_what_is_wanted(app: App, supervisor: Supervisor) -> None:
    """The loops that depend on the owner's settings."""
    if app.word_help.on:
        supervisor.add(app.word_help.closing.loop)
    if app.settings.first_times:
        supervisor.add(first_times(app).loop)
    alert_policy = serving_policies.for_owner_alerts(app.settings)
    if alert_policy.wanted:
        supervisor.add(owner_alerts(app, alert_policy).loop)
    if app.hosted.hosting.on:
        supervisor.add(*app.hosted.loops)
    if app.webhooks.wanted:
        supervisor.add(app.webhooks.loop)
    if app.settings.web_port:
        supervisor.add(web_server(app, supervisor, serving_policies.for_web(app.settings)).loop)
    if app.settings.api_port:
        api = api_server(app, serving_policies.for_api(app.settings))
        supervisor.add(api.loop, api.sweeper, app.key_webhooks.loop)


def _engine_watches(app: App) -> Iterator[Loop]:
    """What counts the engines, leaves them to other programs, and writes down how far their jobs are."""
    leaving = policies.for_leaving(app.settings)
    for each in leave_outs(leaving, app.engines.loops, signals=app.signals, clock=app.clock):
        yield each.loop
    count = EngineCount(
        app.queue.lane_sizes,
        lanes=lambda: [seat.lane for seat in app.engines.seats],
        member_share=app.settings.member_share,
    )
    yield count.loop
    notes = ProgressNotes(app.queue.claims, app.queue.jobs, loops=app.engines.loops)
    yield notes.loop


def first_times(app: App) -> FirstTimes:
    """What measures how long clips take here, before anybody asks."""
    settings = app.settings
    return FirstTimes(
        engines=app.engines,
        taking=app.submissions,
        jobs=app.queue.jobs,
        meta=app.queue.meta,
        forecaster=app.forecaster,
        signals=app.signals,
        limits=lambda: policies.for_render(settings, settings.max_clip_bytes),
    )


def api_server(app: App, policy: ApiPolicy) -> ApiServer:
    """What serves the API, and the gallery where the owner wants that."""
    clips = SealedClips(blobs=app.blobs, sealer=app.sealer, folder=app.settings.data_dir / OUTBOX)
    gallery = ServedGallery(
        serving_policies.for_gallery(app.settings),
        gallery=app.queue.gallery,
        clips=clips,
        blobs=app.blobs,
    )
    return ApiServer(
        ApiParts(
            policy=policy,
            keys=app.queue.api_keys,
            requests=app.queue.api_requests,
            events=app.queue.events,
            hooks=app.queue.api_webhooks,
            jobs=app.queue.jobs,
            entry=app.queue.entry,
            taking=app.submissions,
            effects=app.effects,
            cancelling=app.cancelling,
            forecaster=app.forecaster,
            members=Members(app.messenger),
            messenger=app.messenger,
            speakers=app.speakers,
            door=app.door,
            rights=app.rights,
            signals=app.signals,
            clips=clips,
            spool=app.settings.data_dir,
            progress=app.engines.progress.get,
            in_trouble=lambda: app.data_watch.trouble() is not None,
            clock=app.clock,
        ),
        more=gallery.routes() if app.settings.gallery else (),
    )


def web_server(app: App, supervisor: Supervisor, policy: WebPolicy) -> WebServer:
    """What serves the status page and the metrics."""
    return WebServer(
        policy,
        tell=lambda: overview_of(app, supervisor),
        in_trouble=lambda: app.data_watch.trouble() is not None,
        more=(
            *(app.hosted.receiver.routes() if app.hosted.hosting.on else ()),
            *(dashboard(app, supervisor).routes() if app.settings.dashboard else ()),
        ),
    )


def dashboard(app: App, supervisor: Supervisor) -> Dashboard:
    """The owner's page."""
    return Dashboard(
        sessions=Sessions(serving_policies.for_dashboard(app.settings), app.queue.owner_key, clock=app.clock),
        look=lambda: facts_of(app, supervisor),
        actions=Actions(
            moderation=app.queue.moderation,
            audit=app.audit,
            engines=app.engines,
            signals=app.signals,
        ),
    )


def machine_failures(app: App) -> MachineFailures:
    """What tells moderators of jobs that no machine could draw."""
    queue = app.queue
    return MachineFailures(
        queue.faulted,
        reviews=queue.reviews,
        meta=queue.meta,
        messenger=app.messenger,
        clock=app.clock,
    )


def owner_alerts(app: App, policy: AlertPolicy) -> OwnerAlerts:
    """What tells the owner of trouble."""
    meta, clock = app.queue.meta, app.clock

    async def engine() -> str | None:
        trouble = engines_trouble(app.engines, here=True)
        return None if trouble is None else owner_texts.engine(trouble)

    async def last_backup() -> float | None:
        last = await meta.get(LAST_BACKUP)
        return None if last is None else float(last)

    async def machines() -> str | None:
        jobs = sum((await app.queue.faulted.over(clock() - DAY)).values())
        return owner_texts.machines_failed(jobs) if jobs else None

    disk = low_disk(app.settings.data_dir, policy.free_disk)
    looks = {"engine": engine, "machines": machines, "disk": disk}
    if app.settings.backups:
        looks["backups"] = failing_backups(last_backup, clock)
    if policy.feed:
        releases = Releases(policy.feed, version("framekiln"), clock=clock)

        async def security() -> str | None:
            fix = await releases.newest_fix()
            return None if fix is None else owner_texts.security(fix.version, fix.about)

        looks["security"] = security
    return OwnerAlerts(
        looks,
        each=lambda: faulty_workers(app.engines),
        messenger=app.messenger,
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


def _engine_starts(app: App) -> Iterator[Loop]:
    seats = [loop.seat for loop in app.engines.loops]
    for seat in seats:
        yield engine_start(seat.engine, f"engine start, {seat.name}" if len(seats) > 1 else "engine start")


async def _finish(app: App) -> None:
    """Claim nothing more, give the running job and the running posts a moment, and say so in public."""
    await app.fleet.stop()
    await asyncio.gather(app.engines.stop(app.settings.stop_grace), app.submissions.stop())
    await app.deliverer.stop()
    await app.board.stop()


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
