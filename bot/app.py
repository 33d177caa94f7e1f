"""The composition root: makes settings, database, engine and client, and hands them to each other.

Nothing else wires.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from bot import policies
from bot.buttons import rows
from bot.clips.replay import Replays
from bot.config.paths import BACKUPS, BLOBS, DATABASE
from bot.config.settings import Settings
from bot.discord_io.messenger import Messenger
from bot.forecast import Forecaster
from bot.intake.clip_intake import ClipIntake
from bot.intake.picture_intake import Intake
from bot.intake.reception import Reception
from bot.loops.clip_post import ClipPosts
from bot.loops.delivery import NO_ACCESS_BACKOFF, Deliverer
from bot.loops.engine_alerts import EngineAlerts, trouble_of
from bot.loops.engine_loop import EngineLoop
from bot.loops.status import StatusBoard
from bot.moderation.case_board import CaseBoard
from bot.moderation.decisions import Decisions
from bot.moderation.screening import Screening
from bot.moderation.word_lists import WordLists
from bot.ops.clock_watch import ClockWatch
from bot.ops.health import HealthFile
from bot.ops.housekeeping import Housekeeping
from bot.ops.loop_lag import LoopLag
from bot.privacy.erasing import Erasing
from bot.privacy.forgetting import RecipeWords
from bot.privacy.rights import Rights
from bot.reconnect import stay_connected
from bot.requests.cancelling import Cancelling
from bot.requests.inventory import Inventory
from bot.requests.submission import Submissions
from bot.services import Services, state_of
from db.audit.log import Audit
from db.files import Blobs
from db.jobs.job import Job
from db.privacy.backup_erasure import Copies
from db.privacy.departed_guilds import Guilds
from db.privacy.erase import Eraser
from db.privacy.personal import Personal
from db.privacy.pseudonyms import Pseudonyms
from db.queue import Queue
from db.sqlite.connection import Database
from engine.core.errors import EngineError
from engine.process.host import EngineHost
from engine.provenance.identity import load_or_make_identity
from engine.provenance.seal import Sealer
from engine.rendering.render import RenderLimits

log = logging.getLogger(__name__)

ENGINE_START_PAUSE = 5.0
LIMIT_MARGIN = 0.97
"""The share of a server's upload limit that a clip may take: the rest of the request needs room too."""


@asynccontextmanager
async def assemble(settings: Settings) -> AsyncIterator[Services]:
    """Make every part, and close what must be closed at the end.

    Raises:
        DatabaseBusy: another bot works in this folder.
        NewerDatabase: it was written by a newer program.
    """
    data = settings.data_dir
    data.mkdir(parents=True, exist_ok=True)
    opening = Database.open(data / DATABASE, backup_dir=data / BACKUPS, mend=True)
    async with await opening as database:
        if database.rescued is not None:
            log.error("the database was damaged (%s): %s", database.rescued.reason, database.rescued)
        queue = Queue(database, share=policies.for_turns(settings))
        blobs = Blobs(data / BLOBS)
        sealer = Sealer(load_or_make_identity(data))
        host = EngineHost(
            spool=data / "spool",
            limits=policies.for_engine(settings),
            environment=os.environ | policies.engine_environment(settings),
        )
        try:
            pictures_in = Intake(limits=policies.for_intake(settings), store=policies.store_of(settings))
            async with pictures_in as pictures, ClipIntake(policies.for_clips(settings)) as clips:
                reception = Reception(pictures=pictures, clips=clips, blobs=blobs)
                yield _wire(settings, database, queue, blobs, host, reception, sealer)
        finally:
            await host.close()


def _wire(
    settings: Settings,
    database: Database,
    queue: Queue,
    blobs: Blobs,
    host: EngineHost,
    reception: Reception,
    sealer: Sealer,
) -> Services:
    messenger = Messenger(on_attach=lambda: deliverer.discord_is_back())  # noqa: PLW0108 - made below
    outbox = settings.data_dir / "outbox"
    forecaster = Forecaster(queue)
    audit = Audit(database)
    eraser = Eraser(pseudonyms=Pseudonyms(settings.data_dir), words=RecipeWords())
    personal = Personal(database, eraser=eraser)
    backups = settings.data_dir / BACKUPS
    inventory = Inventory(
        policies.store_of(settings), lambda: host.device, slow=policies.allows_slow_models(settings)
    )

    async def limits_for(job: Job) -> RenderLimits:
        limit = int(messenger.known_upload_limit(job.guild_id) * LIMIT_MARGIN)
        return policies.for_render(settings, min(settings.max_clip_bytes, limit))

    screening = Screening(
        queue=queue,
        messenger=messenger,
        words=WordLists(settings.word_languages),
        nudity_score=settings.nudity_score,
    )
    # The parts tell each other of changes; the lambdas let them be made one after the other.
    engine_loop = EngineLoop(
        queue=queue,
        blobs=blobs,
        engine=host,
        limits_for=limits_for,
        crash_limit=settings.crash_limit,
        on_change=lambda job: board.touch(job),  # noqa: PLW0108 - the board is made below
        on_claim=lambda: board.queue_moved(),  # noqa: PLW0108 - same
        on_rendered=lambda: deliverer.wake(),  # noqa: PLW0108 - same
    )
    board = StatusBoard(
        queue=queue,
        messenger=messenger,
        engine_loop=engine_loop,
        forecaster=forecaster,
        dress=rows.for_status,
        sealer=sealer,
        may_show=screening.may_show_first_look,
        interval=settings.status_interval,
    )
    deliverer = Deliverer(
        queue=queue,
        blobs=blobs,
        outlet=messenger,
        work=outbox,
        limits=policies.for_delivery(settings),
        clip_posts=ClipPosts(work=outbox, sealer=sealer, dress=rows.for_clip),
        on_change=board.touch,
        screen=screening.before_posting,
    )
    submissions = Submissions(
        queue=queue,
        blobs=blobs,
        reception=reception,
        forecaster=forecaster,
        board=board,
        engine_loop=engine_loop,
        screening=screening,
        rules=policies.for_submissions(settings),
        capabilities=inventory.capabilities,
    )
    cases = CaseBoard(queue=queue, messenger=messenger, blobs=blobs, sealer=sealer, work=outbox)
    decisions = Decisions(
        queue=queue,
        blobs=blobs,
        cases=cases,
        board=board,
        engine_loop=engine_loop,
        deliverer=deliverer,
    )
    cancelling = Cancelling(queue=queue, engine_loop=engine_loop, board=board)
    erasing = Erasing(
        personal=personal,
        copies=Copies(database.path, backups, eraser=eraser),
        blobs=blobs,
        messenger=messenger,
        board=board,
        outbox=outbox,
        cancel=cancelling.cancel,
    )
    guilds = Guilds(database)
    housekeeping = Housekeeping(
        database=database,
        queue=queue,
        blobs=blobs,
        personal=personal,
        guilds=guilds,
        backup_dir=backups,
        keep=policies.for_keeping(settings),
    )
    return Services(
        settings=settings,
        database=database,
        queue=queue,
        blobs=blobs,
        audit=audit,
        messenger=messenger,
        forecaster=forecaster,
        engine_loop=engine_loop,
        deliverer=deliverer,
        board=board,
        submissions=submissions,
        replays=Replays(
            queue=queue,
            blobs=blobs,
            submissions=submissions,
            reception=reception,
            flagged_clip=screening.flagged_clip,
            max_seconds=settings.max_extended_seconds,
        ),
        cancelling=cancelling,
        clip_rules=policies.for_finished_clips(settings),
        cases=cases,
        decisions=decisions,
        host=host,
        housekeeping=housekeeping,
        guilds=guilds,
        erasing=erasing,
        rights=Rights(personal=personal, erasing=erasing, blobs=blobs, sealer=sealer),
        loop_lag=LoopLag(),
    )


async def run(settings: Settings) -> None:
    """Be the bot until a signal says stop.

    Raises:
        TokenRefused: Discord does not know the token.
    """
    stop = asyncio.Event()
    _listen_for_signals(stop)
    async with assemble(settings) as services:
        recovery = await services.queue.claims.recover(time.time(), settings.restart_limit)
        log.info(
            "restarted: %d jobs resume, %d are set aside, %d may already have been posted",
            len(recovery.requeued),
            len(recovery.quarantined),
            len(recovery.posting),
        )
        await services.erasing.begin()
        async with _running(services):
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


@asynccontextmanager
async def _running(services: Services) -> AsyncIterator[None]:
    """Keep the loops running for as long as the block lasts."""
    loops: list[Coroutine[Any, Any, None]] = [
        services.engine_loop.run(),
        services.deliverer.run(),
        services.board.run(),
        services.cases.run(),
        services.housekeeping.run(),
        services.erasing.run(),
        services.loop_lag.run(),
        EngineAlerts(
            queue=services.queue,
            messenger=services.messenger,
            look=partial(trouble_of, services.engine_loop, services.host),
        ).run(),
        ClockWatch(
            services.queue, longest_pause=max(NO_ACCESS_BACKOFF, services.settings.post_backoff_last)
        ).run(),
        HealthFile(services.settings.data_dir, lambda: state_of(services)).run(),
    ]
    starting = asyncio.create_task(_start_engine(services.host), name="engine start")
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        for task in [starting, *tasks]:
            task.cancel()
        for result in await asyncio.gather(starting, *tasks, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("a loop stopped early: %s", result, exc_info=result)


async def _start_engine(host: EngineHost) -> None:
    """Start it; where the disk does not let it, again and again. Jobs wait meanwhile."""
    while True:
        try:
            await host.start()
        except OSError as error:
            log.error("could not prepare the engine's work folder: %s", error)  # noqa: TRY400 - says it all
            await asyncio.sleep(ENGINE_START_PAUSE)
        except EngineError as error:
            log.error("the engine did not start: %s", error)  # noqa: TRY400 - the host has logged it, and goes on
            return
        else:
            return


async def _finish(services: Services) -> None:
    """Claim nothing more, give the running job and the running posts a moment, and say so in public."""
    await asyncio.gather(services.engine_loop.stop(services.settings.stop_grace), services.submissions.stop())
    await services.deliverer.stop()
    await services.board.stop()


async def _end(task: asyncio.Task[None]) -> BaseException | None:
    """Cancel a task and return the error that it had ended with before, if any."""
    if task.done():
        return task.exception()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return None


def _listen_for_signals(stop: asyncio.Event) -> None:
    """The first signal asks for an orderly end; the second does not wait for it."""

    def heard() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, heard)
