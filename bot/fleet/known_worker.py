"""A worker that was heard of since the bot's start, and what the fleet works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.fleet.account import Account
from bot.fleet.blame import Blame
from bot.fleet.first_looks import Looks
from bot.fleet.orders import Orders
from bot.fleet.others_first import OthersFirst
from bot.fleet.own_weights import OwnWeights
from bot.fleet.places import Places, WorkerPlace
from bot.fleet.results import Results
from bot.fleet.transfers import Transfers
from bot.loops.discards import Discards
from bot.loops.outcomes import Outcomes
from bot.signals import JobSignals
from db.files import Blobs
from db.fleet.worker_claims import Claim, WorkerClaims
from db.fleet.workers import Workers


class PutOut(Exception):
    """A worker did what no honest one does; the text says what."""


@dataclass(kw_only=True, eq=False)
class Helper:
    """A worker that was heard of since the bot's start.

    Attributes:
        heard_at: seconds of a clock that only moves on.
        rests_until: it is given no job before; likewise.
        resident: the engine whose model it has loaded, as it said when it last asked; "": none.
        bad: jobs in a row of which no clip could be taken.
        given: claims that it has had.
        strange: claims that it named, and was never given as far as is known.
    """

    place: WorkerPlace
    account: Account
    heard_at: float
    rests_until: float = 0.0
    resident: str = ""
    bad: int = 0
    given: set[Claim] = field(default_factory=set)
    strange: set[Claim] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True)
class FleetParts:
    """What the fleet works with.

    Attributes:
        own_weights: may be passed on to workers.
        others_first: knows who is to try a job in which a machine has failed.
        blame: tells whether what ends in a worker is held against the job.
        outcomes_of: makes what records the ends of a worker's claims, by its name.
        may_claim: asked before each claim; False: no job is begun.
        removed: tells the broker that somebody may not come any more.
    """

    claims: WorkerClaims
    workers: Workers
    blobs: Blobs
    signals: JobSignals
    places: Places
    orders: Orders
    transfers: Transfers
    results: Results
    looks: Looks
    discards: Discards
    own_weights: OwnWeights
    others_first: OthersFirst
    blame: Blame
    outcomes_of: Callable[[str], Outcomes]
    may_claim: Callable[[], bool]
    removed: Callable[[], None]
