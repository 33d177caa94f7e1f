"""Everything on the bot's side of workers, made and tied together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.fleet.blame import Blame
from bot.fleet.first_looks import Looks
from bot.fleet.fleet import Fleet
from bot.fleet.hub import Hub, new_epoch
from bot.fleet.known_worker import FleetParts
from bot.fleet.maintenance import Upkeep
from bot.fleet.orders import Orders
from bot.fleet.others_first import OthersFirst
from bot.fleet.own_weights import OwnWeights
from bot.fleet.places import Places
from bot.fleet.policy import FleetPolicy
from bot.fleet.results import Checks, Results
from bot.fleet.transfers import Transfers
from bot.loops.discards import Discards
from bot.loops.finished_clip import HandingIn
from bot.loops.outcomes import Outcomes
from bot.loops.render_tally import RenderTally
from bot.signals import JobSignals
from bot.supervisor import Loop
from db.files import Blobs
from db.fleet.worker_claims import WorkerClaims
from db.fleet.workers import Workers
from db.jobs.claims import Claims
from db.jobs.job import Job
from db.jobs.retention import Retention
from db.jobs.sheets import Sheets
from engine.rendering.limits import RenderLimits


@dataclass(frozen=True, kw_only=True)
class AssembledFleet:
    """The workers' side of the bot.

    Attributes:
        hub: the bot's end of the line; it dials once it is given a broker's login.
        fleet: all workers.
        own_weights: what is passed on to them.
    """

    hub: Hub
    fleet: Fleet
    own_weights: OwnWeights

    @property
    def loops(self) -> tuple[Loop, ...]:
        """What runs as long as the bot does."""
        return self.hub.loop, self.fleet.asks.loop, self.own_weights.loop

    async def stop(self) -> None:
        """Begin nothing more. What workers draw, they draw on; the next start takes it up."""
        await self.fleet.holdings.stop()


def assembled_fleet(
    policy: FleetPolicy,
    *,
    claims: Claims,
    worker_claims: WorkerClaims,
    workers: Workers,
    sheets: Sheets,
    retention: Retention,
    blobs: Blobs,
    signals: JobSignals,
    places: Places,
    tally: RenderTally,
    checks: Checks | None,
    own_weights: OwnWeights,
    others_first: OthersFirst,
    outcomes_of: Callable[[str], Outcomes],
    limits_for: Callable[[Job], Awaitable[RenderLimits]],
    may_claim: Callable[[], bool],
    wanted: Callable[[], bool],
    removed: Callable[[], None],
    folder: Path,
    calibration: Path,
    release: str,
    clock: Callable[[], float],
) -> AssembledFleet:
    """Make it.

    Args:
        policy: how workers are dealt with.
        claims: take what became of a claim.
        worker_claims: give workers claims.
        workers: who may come.
        sheets: keep pictures of discarded takes.
        retention: knows which files rows name.
        blobs: where jobs' files and clips are.
        signals: say what has happened to jobs, and are told.
        places: what the other parts see of workers.
        tally: counts what was drawn.
        checks: look at what strangers' machines drew; None: only the owner's may draw.
        own_weights: the owner's checkpoints and styles, and who may have a copy.
        others_first: knows who is to try a job in which a machine has failed.
        outcomes_of: makes what records the ends of a worker's claims, by its name.
        limits_for: what a job may spend.
        may_claim: asked before each claim; False: no job is begun.
        wanted: whether the owner wants workers; it may wait for the disk.
        removed: tells the broker that somebody may not come any more.
        folder: for what is fetched.
        calibration: what this house's gate has learnt, if it has.
        release: of this program.
        clock: returns Unix seconds.
    """
    transfers, blame = Transfers(folder, at_once=policy.transfers), Blame()
    discards = Discards(sheets=sheets, retention=retention, blobs=blobs)
    results = Results(
        claims=worker_claims,
        workers=workers,
        transfers=transfers,
        handing_in=HandingIn(claims=claims, retention=retention, blobs=blobs, signals=signals),
        discards=discards,
        tally=tally,
        checks=checks,
        blame=blame,
        clock=clock,
    )
    parts = FleetParts(
        claims=worker_claims,
        workers=workers,
        blobs=blobs,
        signals=signals,
        places=places,
        orders=Orders(blobs=blobs, limits_for=limits_for, policy=policy, calibration=calibration),
        transfers=transfers,
        results=results,
        looks=Looks(transfers=transfers, discards=discards, signals=signals, checks=checks),
        discards=discards,
        own_weights=own_weights,
        others_first=others_first,
        blame=blame,
        outcomes_of=outcomes_of,
        may_claim=may_claim,
        removed=removed,
    )
    fleet = Fleet(parts, policy, epoch=new_epoch())
    hub = Hub(fleet, Upkeep(fleet, parts, wanted=wanted, clock=clock), release=release)
    transfers.request = hub.request
    return AssembledFleet(hub=hub, fleet=fleet, own_weights=own_weights)
