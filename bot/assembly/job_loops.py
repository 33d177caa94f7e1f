"""Making the loops that take a job from the queue to its channel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot import policies
from bot.assembly.base import Base
from bot.buttons import rows
from bot.config.choices import Containers
from bot.config.settings import Settings
from bot.discord_io.containers import contained
from bot.job_documents import recipe_of
from bot.loops.clip_post import ClipPosts
from bot.loops.delivery import Deliverer
from bot.loops.engine_loop import EngineLoop
from bot.loops.engines import Engines
from bot.loops.outcomes import Outcomes
from bot.loops.render_tally import RenderTally
from bot.loops.status import StatusBoard
from bot.moderation.case_board import CaseBoard
from bot.moderation.screening import Screening
from bot.seats import HERE, Seat
from db.jobs.job import Job
from engine.core.services import service_of
from engine.rendering.limits import RenderLimits

LIMIT_MARGIN = 0.97
"""The share of a server's upload limit that a clip may take: the rest of the request needs room too."""


@dataclass(frozen=True, kw_only=True)
class JobLoops:
    """The loops that take a job from the queue to its channel."""

    engines: Engines
    board: StatusBoard
    deliverer: Deliverer
    cases: CaseBoard


def job_loops(base: Base, screening: Screening, tally: RenderTally) -> JobLoops:
    """Make them; the parts that they share exist already."""
    settings, queue, signals = base.settings, base.queue, base.signals
    engines = _engines(base, tally)
    board = StatusBoard(
        delivery=queue.delivery,
        jobs=queue.jobs,
        moderation=queue.moderation,
        signals=signals,
        messenger=base.messenger,
        engines=engines,
        forecaster=base.forecaster,
        dress=rows.for_status,
        sealer=base.sealer,
        owed=queue.owed,
        shortages=base.shortages,
        may_show=screening.may_show_first_look,
        interval=settings.status_interval,
        give_up_after=policies.for_delivery(settings).give_up_after,
        clock=base.clock,
    )
    deliverer = Deliverer(
        delivery=queue.delivery,
        jobs=queue.jobs,
        claims=queue.claims,
        blobs=base.blobs,
        outlet=base.messenger,
        work=base.outbox,
        limits=policies.for_delivery(settings),
        clip_posts=ClipPosts(
            work=base.outbox,
            sealer=base.sealer,
            dress=rows.for_clip,
            here=base.inventory.at_once,
            contain=contained if settings.components_v2 is Containers.ALL else None,
        ),
        signals=signals,
        shortages=base.shortages,
        clock=base.clock,
        screen=screening.before_posting,
        answer_with=base.messenger.answer_with,
    )
    cases = CaseBoard(
        cases=queue.cases,
        reviews=queue.reviews,
        signals=signals,
        messenger=base.messenger,
        blobs=base.blobs,
        sealer=base.sealer,
        work=base.outbox,
    )
    return JobLoops(engines=engines, board=board, deliverer=deliverer, cases=cases)


def _engines(base: Base, tally: RenderTally) -> Engines:
    """A loop for each seat, and the workers."""
    seats = base.seating.seats
    names = [f"engine loop, {seat.name}" if len(seats) > 1 else "engine loop" for seat in seats]
    loops = [_engine_loop(base, seat, name, tally) for seat, name in zip(seats, names, strict=True)]
    return Engines(
        loops, tally, watches=base.seating.watches, workers=base.places, absent=base.abilities.absent
    )


def _engine_loop(base: Base, seat: Seat, name: str, tally: RenderTally) -> EngineLoop:
    if seat.lane == HERE:
        seat.unable = base.abilities.unable
    return EngineLoop(
        claims=base.queue.claims,
        sheets=base.queue.sheets,
        retention=base.queue.retention,
        blobs=base.blobs,
        seat=seat,
        others=base.places.beside(base.seating.seats),
        name=name,
        limits_for=limits_for(base),
        outcomes=outcomes_of(base, seat.name),
        signals=base.signals,
        tally=tally,
        may_claim=base.data_watch.is_there,
        left_to_others=base.others_first.left_by,
    )


def outcomes_of(base: Base, seat: str) -> Outcomes:
    """What records how a seat's claims end."""
    return Outcomes(
        seat,
        claims=base.queue.claims,
        jobs=base.queue.jobs,
        stumbles=policies.for_stumbles(base.settings),
        shortages=base.shortages,
        absences=policies.for_absences(base.settings),
        others=base.others_first.are_there,
        signals=base.signals,
        clock=base.clock,
    )


def limits_for(base: Base) -> Callable[[Job], Awaitable[RenderLimits]]:
    """What a job may spend."""

    async def of_job(job: Job) -> RenderLimits:
        limits = render_limits(base.settings, base.messenger.known_upload_limit(job.guild_id))
        if not service_of(recipe_of(job).engine):
            return limits
        return replace(limits, max_takes=min(limits.max_takes, base.settings.hosted_takes))

    return of_job


def render_limits(settings: Settings, upload_limit: int) -> RenderLimits:
    """What a render may spend.

    Args:
        settings: the owner's.
        upload_limit: bytes that a file may have in the job's server, as Discord says now.
    """
    limit = int(upload_limit * LIMIT_MARGIN)
    return policies.for_render(settings, min(settings.max_clip_bytes, limit))
