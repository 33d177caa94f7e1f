"""The composition root: makes settings, database, engine and client, and hands them to each other.

The modules beside it make the parts that need more than a line. :mod:`bot.reconnect` makes the client, anew
for each try, and ``framekiln demo`` a small bot of its own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from bot import drawing_policies, intake_policies, policies, serving_policies
from bot.app import App
from bot.assembly.accounts import accounts_for, hosted_service
from bot.assembly.base import Base, base_of
from bot.assembly.job_loops import job_loops, limits_for, outcomes_of
from bot.assembly.seating import seated
from bot.assembly.workers import broker_of, fleet_of
from bot.broker.broker import Broker
from bot.clips.contest_announcements import ContestAnnouncements
from bot.clips.replay import Replays
from bot.clips.sticker import Stickers
from bot.clips.takes import TakesToChoose
from bot.concurrency import Turns
from bot.config.choices import Containers
from bot.config.paths import BACKUPS, BLOBS, DATABASE
from bot.config.settings import Settings
from bot.discord_io.door import Door
from bot.discord_io.member_language import Speakers
from bot.discord_io.members import Members
from bot.discord_io.whereabouts import Whereabouts
from bot.fleet.assembled import AssembledFleet
from bot.hosted.service import HostedService
from bot.intake.clip_intake import ClipIntake
from bot.intake.picture_intake import Intake
from bot.intake.reception import Reception
from bot.intake.sound_intake import SoundIntake
from bot.loops.answers import Answers
from bot.loops.reels import ReelPoster
from bot.loops.render_tally import RenderTally
from bot.loops.status import StatusBoard
from bot.moderation.case_board import CaseBoard
from bot.moderation.decisions import Decisions
from bot.moderation.screening import Screening
from bot.moderation.word_lists import WordLists
from bot.ops.file_modes import close_to_others, private_files
from bot.ops.housekeeping import Housekeeping
from bot.ops.loop_lag import LoopLag
from bot.privacy.erasing import Erasing
from bot.privacy.rights import Rights
from bot.prompt_helper.asking import PromptHelper
from bot.requests.cancelling import Cancelling
from bot.requests.preferring import Preferring
from bot.requests.server_effects import ServerEffects
from bot.requests.submission import Submissions
from bot.requests.taking import Parts
from bot.requests.used_words import UsedWords
from bot.requests.word_help import WordHelp
from bot.webhooks.key_sender import KeyWebhookSender
from bot.webhooks.sender import WebhookSender
from db.audit.log import Audit
from db.files import Blobs
from db.moderation.standing import Standing
from db.privacy.backup_erasure import Copies
from db.privacy.departed_guilds import Guilds
from db.privacy.personal import Personal
from db.sqlite.connection import Database
from engine.provenance.identity import load_or_make_identity
from engine.provenance.seal import Sealer

log = logging.getLogger(__name__)


@asynccontextmanager
async def assemble(settings: Settings, *, clock: Callable[[], float] = time.time) -> AsyncIterator[App]:
    """Make every part, and close what must be closed at the end.

    Args:
        settings: the owner's.
        clock: the one clock that every part reads; it returns Unix seconds.

    Raises:
        DatabaseBusy: another bot works in this folder.
        NewerDatabase: it was written by a newer program.
    """
    with private_files():
        async with _assembled(settings, clock) as app:
            yield app


@asynccontextmanager
async def _assembled(settings: Settings, clock: Callable[[], float]) -> AsyncIterator[App]:
    data = settings.data_dir
    data.mkdir(parents=True, exist_ok=True)
    opening = Database.open(
        data / DATABASE, backup_dir=data / BACKUPS, mend=True, reserve=settings.reserve_bytes
    )
    async with await opening as database:
        await asyncio.to_thread(close_to_others, data)
        if database.rescued is not None:
            log.error("the database was damaged (%s): %s", database.rescued.reason, database.rescued)
        sealer = Sealer(load_or_make_identity(data))
        accounts = accounts_for(settings, database, clock)
        devices = await asyncio.to_thread(drawing_policies.local_devices_of, settings)
        services_here = dict.fromkeys(accounts.takes.providers, accounts.takes)
        seating = seated(settings, devices, database, clock, services=services_here)
        try:
            blobs = Blobs(data / BLOBS)
            async with _reception(settings, blobs) as reception:
                base = base_of(settings, clock, database, blobs, seating, reception, sealer, accounts)
                app = _app(base)
                await app.door.open()
                try:
                    yield app
                finally:
                    await app.broker.close()
        finally:
            await seating.close()


@asynccontextmanager
async def _reception(settings: Settings, blobs: Blobs) -> AsyncIterator[Reception]:
    folder = settings.data_dir
    pictures_in = Intake(
        intake_policies.for_intake(settings), store=drawing_policies.store_of(settings), folder=folder
    )
    clips_in = ClipIntake(intake_policies.for_clips(settings), folder=folder)
    sounds_in = SoundIntake(intake_policies.for_sounds(settings), folder=folder)
    async with pictures_in as pictures, clips_in as clips, sounds_in as sounds:
        yield Reception(pictures=pictures, clips=clips, sounds=sounds, blobs=blobs)


def _app(base: Base) -> App:
    settings, queue, signals = base.settings, base.queue, base.signals
    screening = _screening(base)
    tally, broker = RenderTally(), broker_of(base)
    loops = job_loops(base, screening, tally)
    submissions = _submissions(base, loops.board, screening)
    personal = Personal(base.database, eraser=base.eraser, clock=base.clock)
    erasing = _erasing(base, personal, submissions)
    guilds = Guilds(base.database, clock=base.clock)
    return App(
        settings=settings,
        clock=base.clock,
        database=base.database,
        queue=queue,
        blobs=base.blobs,
        audit=Audit(base.database, clock=base.clock),
        signals=signals,
        messenger=base.messenger,
        speakers=Speakers(languages=queue.member_languages, chosen=base.settings.language),
        forecaster=base.forecaster,
        shortages=base.shortages,
        data_watch=base.data_watch,
        engines=loops.engines,
        deliverer=loops.deliverer,
        board=loops.board,
        preferring=Preferring(queue.preferences),
        takes=_takes(base),
        stickers=_stickers(base),
        screening=screening,
        submissions=submissions,
        word_help=_word_help(base, submissions, screening),
        replays=_replays(base, submissions, screening),
        effects=_effects(base, submissions),
        reel_poster=_reel_poster(base),
        contest_announcements=ContestAnnouncements(contests=base.queue.contests, messenger=base.messenger),
        cancelling=Cancelling(claims=queue.claims, signals=signals),
        clip_rules=policies.for_finished_clips(settings),
        cases=loops.cases,
        answers=_answers(base),
        decisions=_decisions(base, loops.cases),
        housekeeping=_housekeeping(base, personal, guilds),
        guilds=guilds,
        erasing=erasing,
        rights=_rights(base, personal, erasing),
        webhooks=_webhooks(base),
        hosted=_hosted(base),
        fleet=_fleet(base, tally, broker),
        broker=broker,
        key_webhooks=_key_webhooks(base),
        sealer=base.sealer,
        loop_lag=LoopLag(),
        door=_door(base),
    )


def _door(base: Base) -> Door:
    settings = base.settings
    return Door(
        standing=Standing(base.database, pseudonym_of=base.eraser.pseudonyms.of),
        whereabouts=Whereabouts(
            who=settings.direct_messages, jobs=base.queue.jobs, members=Members(base.messenger)
        ),
        limits=policies.for_door(settings),
    )


def _effects(base: Base, submissions: Submissions) -> ServerEffects:
    return ServerEffects(
        own=base.queue.effects,
        submissions=submissions,
        forecaster=base.forecaster,
        folder=base.settings.data_dir,
        most=base.settings.max_effects,
    )


def _fleet(base: Base, tally: RenderTally, broker: Broker) -> AssembledFleet:
    return fleet_of(base, tally, broker, outcomes_of=partial(outcomes_of, base), limits_for=limits_for(base))


def _decisions(base: Base, cases: CaseBoard) -> Decisions:
    return Decisions(
        cases=base.queue.cases,
        reviews=base.queue.reviews,
        retention=base.queue.retention,
        policy=policies.for_retention(base.settings),
        blobs=base.blobs,
        case_board=cases,
        signals=base.signals,
        most_reports=base.settings.max_reports,
    )


def _reel_poster(base: Base) -> ReelPoster:
    return ReelPoster(
        reels=base.queue.reels,
        contests=base.queue.contests,
        blobs=base.blobs,
        sealer=base.sealer,
        messenger=base.messenger,
        folder=base.settings.data_dir,
        most=base.settings.reel_clips,
        clock=base.clock,
    )


def _screening(base: Base) -> Screening:
    return Screening(
        reviews=base.queue.reviews,
        delivery=base.queue.delivery,
        cases=base.queue.cases,
        messenger=base.messenger,
        words=WordLists(base.settings.word_languages),
        nudity_score=base.settings.nudity_score,
        clock=base.clock,
    )


def _stickers(base: Base) -> Stickers:
    return Stickers(blobs=base.blobs, turns=Turns(at_once=1, waiting=base.settings.exports_waiting))


def _takes(base: Base) -> TakesToChoose:
    queue = base.queue
    return TakesToChoose(
        choices=queue.choices,
        jobs=queue.jobs,
        claims=queue.claims,
        blobs=base.blobs,
        messenger=base.messenger,
        sealer=base.sealer,
        signals=base.signals,
        policy=policies.for_drafts(base.settings),
        plan=policies.for_plan(base.settings),
        capabilities=base.inventory.capabilities,
        containers=base.settings.components_v2 is not Containers.OFF,
        work=base.outbox,
        clock=base.clock,
    )


def _webhooks(base: Base) -> WebhookSender:
    queue = base.queue
    return WebhookSender(
        serving_policies.for_webhooks(base.settings),
        events=queue.webhooks,
        meta=queue.meta,
        signals=base.signals,
        clock=base.clock,
    )


def _hosted(base: Base) -> HostedService:
    return hosted_service(
        base.accounts,
        purchases=base.queue.purchases,
        reviews=base.queue.reviews,
        meta=base.queue.meta,
        messenger=base.messenger,
        clock=base.clock,
    )


def _key_webhooks(base: Base) -> KeyWebhookSender:
    return KeyWebhookSender(
        serving_policies.for_key_webhooks(base.settings),
        events=base.queue.webhooks,
        hooks=base.queue.api_webhooks,
        signals=base.signals,
        clock=base.clock,
    )


def _answers(base: Base) -> Answers:
    queue = base.queue
    return Answers(
        asked=queue.asked,
        owed=queue.owed,
        delivery=queue.delivery,
        messenger=base.messenger,
        signals=base.signals,
        clock=base.clock,
    )


def _submissions(base: Base, board: StatusBoard, screening: Screening) -> Submissions:
    settings = base.settings
    parts = Parts(
        entry=base.queue.entry,
        retention=base.queue.retention,
        blobs=base.blobs,
        reception=base.reception,
        signals=base.signals,
        screening=screening,
        shortages=base.shortages,
        data_watch=base.data_watch,
        rules=policies.for_submissions(settings),
        hosting=base.accounts.hosting,
        waits=base.forecaster,
        capabilities=base.inventory.capabilities,
        at_once=base.inventory.at_once,
        families=base.inventory.families,
        lanes=base.seating.lanes,
        abilities=base.abilities,
    )
    return Submissions(parts, moderation=base.queue.moderation, forecaster=base.forecaster, board=board)


def _word_help(base: Base, submissions: Submissions, screening: Screening) -> WordHelp:
    return WordHelp(
        helper=PromptHelper(serving_policies.for_prompt_helper(base.settings)),
        offers=base.queue.prompt_help,
        submissions=submissions,
        screening=screening,
        closing=UsedWords(offers=base.queue.prompt_help, messenger=base.messenger),
    )


def _replays(base: Base, submissions: Submissions, screening: Screening) -> Replays:
    return Replays(
        ownership=base.queue.ownership,
        blobs=base.blobs,
        submissions=submissions,
        reception=base.reception,
        flagged_clip=screening.flagged_clip,
        max_seconds=base.settings.max_extended_seconds,
        moderator_roles=base.settings.moderator_roles,
    )


def _erasing(base: Base, personal: Personal, submissions: Submissions) -> Erasing:
    backups = base.settings.data_dir / BACKUPS
    return Erasing(
        personal=personal,
        retention=base.queue.retention,
        fold=base.database.fold,
        copies=Copies(base.database.path, backups, eraser=base.eraser, clock=base.clock),
        blobs=base.blobs,
        messenger=base.messenger,
        signals=base.signals,
        outbox=base.outbox,
        drop_requests=submissions.drop,
        clock=base.clock,
    )


def _rights(base: Base, personal: Personal, erasing: Erasing) -> Rights:
    settings = base.settings
    return Rights(
        personal=personal,
        erasing=erasing,
        blobs=base.blobs,
        sealer=base.sealer,
        exports=Turns(at_once=1, waiting=settings.exports_waiting),
        work=settings.data_dir,
        clock=base.clock,
    )


def _housekeeping(base: Base, personal: Personal, guilds: Guilds) -> Housekeeping:
    return Housekeeping(
        database=base.database,
        retention=base.queue.retention,
        meta=base.queue.meta,
        blobs=base.blobs,
        personal=personal,
        guilds=guilds,
        prompt_help=base.queue.prompt_help,
        backup_dir=base.settings.data_dir / BACKUPS,
        shortages=base.shortages,
        policy=policies.for_retention(base.settings),
        clock=base.clock,
    )
