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

from bot.buttons import job_buttons
from bot.buttons.clicks import Clicks
from bot.clips.clip_actions import ClipDeeds
from bot.clips.replay import Replays
from bot.config import policies
from bot.config.paths import BACKUPS, BLOBS, DATABASE
from bot.config.settings import Settings
from bot.discord_io.messenger import Channels
from bot.forecast import Waits
from bot.intake.clip_intake import ClipIntake
from bot.intake.picture_intake import Intake
from bot.intake.reception import Reception
from bot.loops.clip_post import Parcels
from bot.loops.delivery import NO_ACCESS_BACKOFF, Deliverer
from bot.loops.engine_loop import Studio
from bot.loops.status import StatusBoard
from bot.moderation.case_board import CardBoard
from bot.moderation.decisions import Verdicts
from bot.moderation.screening import Screening
from bot.moderation.word_lists import WordLists
from bot.ops.clock_watch import ClockWatch
from bot.ops.engine_alerts import EngineNews, trouble_of
from bot.ops.health import HealthFile
from bot.ops.housekeeping import Housekeeping
from bot.ops.loop_lag import Pulse
from bot.privacy.erasing import Erasing
from bot.privacy.forgetting import RecipeWords
from bot.privacy.rights import Rights
from bot.reconnect import stay_connected
from bot.requests.inventory import Inventory
from bot.requests.submission import Desk
from bot.services import Parts, how_it_is
from db.audit.log import Audit
from db.files import Blobs
from db.jobs.states import Job
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
async def assemble(settings: Settings) -> AsyncIterator[Parts]:
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
) -> Parts:
    channels = Channels(on_attach=lambda: deliverer.discord_is_back())  # noqa: PLW0108 - made below
    outbox = settings.data_dir / "outbox"
    waits = Waits(queue)
    audit = Audit(database)
    eraser = Eraser(pseudonyms=Pseudonyms(settings.data_dir), words=RecipeWords())
    personal = Personal(database, eraser=eraser)
    backups = settings.data_dir / BACKUPS
    inventory = Inventory(
        policies.store_of(settings), lambda: host.device, slow=policies.allows_slow_models(settings)
    )

    async def limits_for(job: Job) -> RenderLimits:
        limit = int(channels.known_upload_limit(job.guild_id) * LIMIT_MARGIN)
        return policies.for_render(settings, min(settings.max_clip_bytes, limit))

    screening = Screening(
        queue=queue,
        channels=channels,
        words=WordLists(settings.word_languages),
        nudity_score=settings.nudity_score,
    )
    # The parts tell each other of changes; the lambdas let them be made one after the other.
    studio = Studio(
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
        channels=channels,
        studio=studio,
        waits=waits,
        dress=job_buttons.for_status,
        sealer=sealer,
        may_show=screening.may_show_first_look,
        interval=settings.status_interval,
    )
    deliverer = Deliverer(
        queue=queue,
        blobs=blobs,
        outlet=channels,
        work=outbox,
        limits=policies.for_delivery(settings),
        parcels=Parcels(work=outbox, sealer=sealer, dress=job_buttons.for_clip),
        on_change=board.touch,
        screen=screening.before_posting,
    )
    desk = Desk(
        queue=queue,
        blobs=blobs,
        reception=reception,
        waits=waits,
        board=board,
        studio=studio,
        screening=screening,
        rules=policies.for_desk(settings),
        means=inventory.means,
    )
    deeds = ClipDeeds(queue=queue, desk=desk, blobs=blobs, rules=policies.for_deeds(settings))
    cards = CardBoard(queue=queue, channels=channels, blobs=blobs, sealer=sealer, work=outbox)
    verdicts = Verdicts(
        queue=queue,
        blobs=blobs,
        cards=cards,
        board=board,
        studio=studio,
        deliverer=deliverer,
        moderator_roles=settings.moderator_roles,
    )
    clicks = Clicks(
        queue=queue,
        desk=desk,
        studio=studio,
        board=board,
        channels=channels,
        waits=waits,
        deeds=deeds,
        verdicts=verdicts,
        moderator_roles=settings.moderator_roles,
    )
    erasing = Erasing(
        personal=personal,
        copies=Copies(database.path, backups, eraser=eraser),
        blobs=blobs,
        channels=channels,
        board=board,
        outbox=outbox,
        cancel=clicks.cancel,
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
    return Parts(
        settings=settings,
        database=database,
        queue=queue,
        blobs=blobs,
        audit=audit,
        channels=channels,
        waits=waits,
        studio=studio,
        deliverer=deliverer,
        board=board,
        desk=desk,
        replays=Replays(
            queue=queue,
            blobs=blobs,
            desk=desk,
            reception=reception,
            flagged_clip=screening.flagged_clip,
            max_seconds=settings.max_extended_seconds,
        ),
        clicks=clicks,
        cards=cards,
        verdicts=verdicts,
        host=host,
        housekeeping=housekeeping,
        guilds=guilds,
        erasing=erasing,
        rights=Rights(personal=personal, erasing=erasing, blobs=blobs, sealer=sealer),
        pulse=Pulse(),
    )


async def run(settings: Settings) -> None:
    """Be the bot until a signal says stop.

    Raises:
        TokenRefused: Discord does not know the token.
    """
    stop = asyncio.Event()
    _listen_for_signals(stop)
    async with assemble(settings) as parts:
        recovery = await parts.queue.recover(time.time(), settings.restart_limit)
        log.info(
            "welcome back: %d jobs go on, %d are set aside, %d may have been posted",
            len(recovery.requeued),
            len(recovery.quarantined),
            len(recovery.posting),
        )
        await parts.erasing.begin()
        async with _running(parts):
            connection = asyncio.create_task(stay_connected(parts), name="discord")
            stopping = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({connection, stopping}, return_when=asyncio.FIRST_COMPLETED)
            log.info("closing")
            stopping.cancel()
            try:
                await _finish(parts)
            finally:
                connection_error = await _end(connection)
            if connection_error is not None:
                raise connection_error


@asynccontextmanager
async def _running(parts: Parts) -> AsyncIterator[None]:
    """Keep the loops running for as long as the block lasts."""
    loops: list[Coroutine[Any, Any, None]] = [
        parts.studio.run(),
        parts.deliverer.run(),
        parts.board.run(),
        parts.cards.run(),
        parts.housekeeping.run(),
        parts.erasing.run(),
        parts.pulse.run(),
        EngineNews(
            queue=parts.queue, channels=parts.channels, look=partial(trouble_of, parts.studio, parts.host)
        ).run(),
        ClockWatch(parts.queue, longest_pause=max(NO_ACCESS_BACKOFF, parts.settings.post_backoff_last)).run(),
        HealthFile(parts.settings.data_dir, lambda: how_it_is(parts)).run(),
    ]
    starting = asyncio.create_task(_start_engine(parts.host), name="engine start")
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        for task in [starting, *tasks]:
            task.cancel()
        for result in await asyncio.gather(starting, *tasks, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("a loop had ended: %s", result, exc_info=result)


async def _start_engine(host: EngineHost) -> None:
    """Start it; where the disk does not let it, again and again. Jobs wait meanwhile."""
    while True:
        try:
            await host.start()
        except OSError as error:
            log.error("the engine's work folder cannot be made ready: %s", error)  # noqa: TRY400 - says it all
            await asyncio.sleep(ENGINE_START_PAUSE)
        except EngineError as error:
            log.error("the engine did not start: %s", error)  # noqa: TRY400 - the host has logged it, and goes on
            return
        else:
            return


async def _finish(parts: Parts) -> None:
    """Claim nothing more, give the running job and the running posts a moment, and say so in public."""
    await asyncio.gather(parts.studio.stop(parts.settings.stop_grace), parts.desk.stop())
    await parts.deliverer.stop()
    await parts.board.stop()


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
