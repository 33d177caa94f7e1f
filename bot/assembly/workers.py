"""Making what has clips drawn on other machines: the broker, and the bot's side of workers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import version

from bot import drawing_policies, elsewhere_policies, intake_policies, serving_policies
from bot.assembly.base import Base
from bot.broker.broker import Broker
from bot.broker.store import BrokerStore
from bot.config.paths import CALIBRATION, SPOOL
from bot.fleet.assembled import AssembledFleet, assembled_fleet
from bot.fleet.checking import Checking
from bot.fleet.own_weights import OwnWeights
from bot.intake.clip_intake import ClipIntake
from bot.intake.decoder import Decoder
from bot.intake.sound_intake import SoundIntake
from bot.loops.outcomes import Outcomes
from bot.loops.render_tally import RenderTally
from db.jobs.job import Job
from engine.rendering.limits import RenderLimits


def broker_of(base: Base) -> Broker:
    """The broker; it runs only if the owner wants workers."""

    async def keys() -> dict[str, str]:
        return {worker.id: worker.key for worker in await base.queue.workers.all()}

    store = BrokerStore(base.settings.data_dir)
    return Broker(store, serving_policies.for_broker(base.settings), keys=keys)


def _checks(base: Base) -> Checking:
    settings = base.settings
    return Checking(
        elsewhere_policies.for_checks(settings),
        clips=ClipIntake(intake_policies.for_checked_clips(settings), folder=settings.data_dir),
        sounds=SoundIntake(intake_policies.to_hear(settings), folder=settings.data_dir),
        pictures=Decoder(
            intake_policies.for_intake(settings), wall_seconds=settings.decode_seconds, at_once=1
        ),
        blobs=base.blobs,
        store=drawing_policies.store_of(settings),
        calibration=settings.data_dir / CALIBRATION,
        work=settings.data_dir / SPOOL / "workers",
    )


def fleet_of(
    base: Base,
    tally: RenderTally,
    broker: Broker,
    *,
    outcomes_of: Callable[[str], Outcomes],
    limits_for: Callable[[Job], Awaitable[RenderLimits]],
) -> AssembledFleet:
    """The bot's side of workers; it dials whenever there is a broker.

    Args:
        base: what was made first.
        tally: counts what was drawn.
        broker: over which workers are spoken with.
        outcomes_of: makes what records the ends of a worker's claims, by its name.
        limits_for: what a job may spend.
    """
    settings, queue = base.settings, base.queue
    wanted = BrokerStore(settings.data_dir).wants
    fleet = assembled_fleet(
        elsewhere_policies.for_fleet(settings),
        claims=queue.claims,
        worker_claims=queue.worker_claims,
        workers=queue.workers,
        sheets=queue.sheets,
        retention=queue.retention,
        blobs=base.blobs,
        signals=base.signals,
        places=base.places,
        tally=tally,
        checks=_checks(base),
        own_weights=OwnWeights(
            base.own_files,
            elsewhere_policies.for_sharing(settings),
            wanted=wanted,
            waiting=queue.worker_claims.abilities_for,
        ),
        others_first=base.others_first,
        outcomes_of=outcomes_of,
        limits_for=limits_for,
        may_claim=base.data_watch.is_there,
        wanted=wanted,
        removed=broker.wake,
        folder=settings.data_dir / SPOOL / "workers",
        calibration=settings.data_dir / CALIBRATION,
        release=version("framekiln"),
        clock=base.clock,
    )
    broker.on_change(fleet.hub.dial)
    broker.before_removal(fleet.hub.dismiss)
    broker.told_by(fleet.hub.pass_on)
    return fleet
